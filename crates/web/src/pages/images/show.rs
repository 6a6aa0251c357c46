//! GET /images/{id}

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use serde::Serialize;
use shop::{
    ids::ImageId,
    images::{self, Image, RESTORABLE_FOR, TITLE_MAX, Visibility, first_words, suggested_title},
};
use strum::VariantArray;
use uuid::Uuid;

use crate::{
    admission::{Guest, Id},
    error::Problem,
    forms::FieldError,
    pages::generations::show::HEADING_MAX,
    pictures::{Picture, hung_path},
    views::{self, Page},
    visit::{Visit, see_other},
};

/// templates/images/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    picture: Picture,
    image: Shown,
    form: TitleForm,
}

#[derive(Debug, Clone, Serialize)]
struct Shown {
    id: ImageId,
    /// As the browser's tab has it.
    title: String,
    /// As the page has it.
    heading: String,
    prompt: String,
    style_name: &'static str,
    size_text: String,
    created_at: String,
    visibility: Visibility,
    /// Its page in the gallery, if it hangs there.
    hung_href: Option<String>,
    loves: i32,
    favourite: bool,
    /// Why staff sent it back or took it down.
    note: String,
    deleted: bool,
    purge_at: Option<String>,
    problem: Option<String>,
}

/// What the picture is to be called in the gallery.
#[derive(Debug, Clone, Serialize)]
struct TitleForm {
    title: String,
    longest: usize,
    /// Whether staff look at it first.
    reviewed: bool,
    errors: Vec<FieldError>,
}

impl Page for Show {
    const TEMPLATE: &'static str = "images/show.html";

    fn title(&self) -> Cow<'_, str> {
        (&self.image.title).into()
    }

    fn samples() -> Vec<Self> {
        let shown = |visibility: Visibility, deleted: bool| Shown {
            id: ImageId(Uuid::nil()),
            title: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
            heading: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
            prompt: "A <b>fox</b> & \"friends\" 🦊 ".repeat(if deleted { 1 } else { 8 }),
            style_name: "Linocut",
            size_text: "1536 × 1024 px".to_owned(),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            visibility,
            hung_href: (visibility == Visibility::Published).then(|| "/gallery/0".to_owned()),
            loves: 2,
            favourite: deleted,
            note: "It shows <somebody>.".to_owned(),
            deleted,
            purge_at: Some("2026-11-24T06:30:12Z".to_owned()).filter(|_| deleted),
            problem: Some("We <could not> prepare it.".to_owned()).filter(|_| !deleted),
        };
        let form = |reviewed, errors| TitleForm {
            title: "A \"quoted\" <b>fox</b>".to_owned(),
            longest: TITLE_MAX,
            reviewed,
            errors,
        };
        let wrong = vec![FieldError::new("title", "Please look <again>.")];
        let images = Visibility::VARIANTS.iter().map(|visibility| shown(*visibility, false));
        let pictures = Picture::samples().into_iter().cycle();
        images
            .chain([shown(Visibility::Private, true), shown(Visibility::Private, false)])
            .zip(pictures)
            .zip([form(true, vec![]), form(false, wrong)].into_iter().cycle())
            .map(|((image, picture), form)| Self { picture, image, form })
            .collect()
    }
}

/// A picture on the page where its owner decides about it. Others are led to its page in the gallery, if it hangs there.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<ImageId>) -> Result<Response, Problem> {
    let viewer = visit.account_id();
    let image = images::find(&visit.site.db, viewer, id).await?.ok_or(Problem::NotFound)?;
    if viewer != Some(image.account_id) {
        let mut response = see_other(&hung_path(&image.title, id));
        // Its owner is led nowhere by the same address.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        return Ok(response);
    }
    let title = image.card.caption.clone();
    visit.page(&page(&visit, image, &suggested_title(&title), vec![]))
}

/// The page of a picture for its owner, with a title as they typed it.
pub fn page(visit: &Visit, image: Image, title: &str, errors: Vec<FieldError>) -> Show {
    let form = TitleForm {
        title: title.to_owned(),
        longest: TITLE_MAX,
        reviewed: visit.site.gallery_is_reviewed,
        errors,
    };
    let id = image.card.id;
    let shown = Shown {
        id,
        heading: first_words(&image.card.caption, HEADING_MAX),
        title: suggested_title(&image.card.caption),
        style_name: image.style.name(),
        size_text: format!("{} × {} px", image.card.width, image.card.height),
        created_at: views::moment(image.created_at),
        visibility: image.visibility,
        hung_href: (image.visibility == Visibility::Published).then(|| hung_path(&image.title, id)),
        loves: image.card.loves,
        favourite: image.card.favourite,
        note: image.review_note,
        deleted: image.deleted_at.is_some(),
        purge_at: image.deleted_at.map(|at| views::moment(at + RESTORABLE_FOR)),
        problem: image.problem,
        prompt: image.prompt,
    };
    Show { picture: visit.picture(&image.card), image: shown, form }
}
