//! templates/mockups/_look.html: what a thing will look like, on the product's page and on its own.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::{
    crops::{Crop, Orientation, WHOLE},
    ids::{ImageId, MockupId, VariantId},
    images::{Card, Format, ImageState, original_key, suggested_title, thumbnail_key},
    mockups::{Mockup, MockupState, Subject, mockup_key},
};
use url::form_urlencoded;
use uuid::Uuid;

use crate::visit::Visit;

/// How often a page asks whether a mock-up is drawn, in seconds: it takes about two.
pub const POLL: u64 = 2;

/// What stands where the mock-up is, or will be.
#[derive(Debug, Clone, Serialize)]
pub struct Look {
    id: Option<MockupId>,
    /// Nothing, if nobody ever wanted it.
    state: Option<MockupState>,
    /// Whether it is asked for without a press of a button.
    by_itself: bool,
    alt: String,
    webp: String,
    jpeg: String,
    /// The picture alone, for as long as there is no mock-up.
    plain: Plain,
    fields: Fields,
    slug: String,
    poll_s: u64,
}

/// A part of a picture, as SVG shows it without any style.
#[derive(Debug, Clone, Serialize)]
struct Plain {
    src: String,
    width: i32,
    height: i32,
    /// The part, in the picture's own pixels, with a decimal.
    left: String,
    top: String,
    part_width: String,
    part_height: String,
}

impl Plain {
    fn new(src: String, (width, height): (i32, i32), crop: Crop) -> Self {
        let of =
            |side: i32, part: i32| format!("{:.1}", f64::from(side) * f64::from(part) / f64::from(WHOLE));
        Self {
            src,
            width,
            height,
            left: of(width, crop.left),
            top: of(height, crop.top),
            part_width: of(width, crop.width),
            part_height: of(height, crop.height),
        }
    }
}

/// What says which mock-up it is, in a form or an address.
#[derive(Debug, Clone, Serialize)]
pub struct Fields {
    image: ImageId,
    variant: VariantId,
    orientation: Orientation,
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

impl Fields {
    /// Of a subject.
    pub fn new(subject: &Subject) -> Self {
        let Crop { left, top, width, height } = subject.crop;
        Self {
            image: subject.image_id,
            variant: subject.variant_id,
            orientation: subject.orientation,
            left,
            top,
            width,
            height,
        }
    }

    /// The picture.
    pub fn image(&self) -> ImageId {
        self.image
    }

    /// The page of a product with exactly this on it.
    pub fn address(&self, slug: &str) -> String {
        let orientation: &str = self.orientation.into();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("image", &self.image.to_string())
            .append_pair("variant", &self.variant.to_string())
            .append_pair("orientation", orientation)
            .append_pair("left", &self.left.to_string())
            .append_pair("top", &self.top.to_string())
            .append_pair("width", &self.width.to_string())
            .append_pair("height", &self.height.to_string())
            .finish();
        format!("/products/{slug}?{query}")
    }
}

impl Look {
    /// Of a picture on a product.
    pub fn new(
        visit: &Visit,
        card: &Card,
        (title, slug): (&str, &str),
        subject: &Subject,
        mockup: Option<Mockup>,
        by_itself: bool,
    ) -> Self {
        let link = |id, format| visit.site.storage.link(visit.at(), &mockup_key(id, format));
        let made = mockup.filter(|mockup| mockup.state == MockupState::Made).map(|mockup| mockup.id);
        let linked = |format| made.map(|id| link(id, format)).unwrap_or_default();
        Self {
            id: mockup.map(|mockup| mockup.id),
            state: mockup.map(|mockup| mockup.state),
            by_itself: by_itself && mockup.is_none(),
            alt: format!("{title} with the AI-generated picture: {}", suggested_title(&card.caption)),
            webp: linked(Format::Webp),
            jpeg: linked(Format::Jpeg),
            plain: Plain::new(source(visit, visit.at(), card), (card.width, card.height), subject.crop),
            fields: Fields::new(subject),
            slug: slug.to_owned(),
            poll_s: POLL,
        }
    }

    /// What says which one it is.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// One of every kind.
    pub fn samples() -> Vec<Self> {
        let states = [None, Some(MockupState::Wanted), Some(MockupState::Made), Some(MockupState::Failed)];
        let sample = |state: Option<MockupState>| Self {
            id: state.map(|_| MockupId(Uuid::nil())),
            state,
            by_itself: state.is_none(),
            alt: "Poster with the AI-generated picture: A <b>fox</b> & \"friends\"".to_owned(),
            webp: "https://pictures.example/mockups/0.webp?a=1&b=2".to_owned(),
            jpeg: "https://pictures.example/mockups/0.jpg?a=1&b=2".to_owned(),
            plain: Plain::new(
                "https://pictures.example/640.jpg?a=1&b=2".to_owned(),
                (1536, 1024),
                Crop { left: 10, top: 20, width: 3_000, height: 4_000 },
            ),
            fields: Fields {
                image: ImageId(Uuid::nil()),
                variant: VariantId(Uuid::nil()),
                orientation: Orientation::Portrait,
                left: 0,
                top: 1,
                width: 2,
                height: 3,
            },
            slug: "poster".to_owned(),
            poll_s: POLL,
        };
        states.map(sample).into()
    }
}

/// The largest small version, or the picture itself while there is none.
pub fn source(visit: &Visit, at: DateTime<Utc>, card: &Card) -> String {
    let storage = &visit.site.storage;
    match (card.state, card.thumbnail_widths.last()) {
        (ImageState::Staged, _) => format!("/images/{}/staged", card.id),
        (ImageState::Stored, Some(width)) => storage.link(at, &thumbnail_key(card.id, *width, Format::Jpeg)),
        (ImageState::Stored, None) => storage.link(at, &original_key(card.id, card.format)),
    }
}
