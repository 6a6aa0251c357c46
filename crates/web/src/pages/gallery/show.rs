//! GET /gallery/{name}

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;
use serde_json::json;
use shop::{
    ids::ImageId,
    images::{Format, Hung, ReportReason, suggested_title},
};
use strum::VariantArray;
use tera::Value;
use uuid::Uuid;

use super::{CARD, Name, Shared};
use crate::{
    admission::Guest,
    error::Problem,
    forms::FieldError,
    pages::{doors, sign_in},
    pictures::{Picture, hung_path},
    views::{self, Page, in_script},
    visit::{Visit, see_other},
};

/// templates/gallery/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    picture: Picture,
    image: Shown,
    card: Card,
    /// What machines read about the picture (schema.org, as JSON-LD).
    facts: Value,
    reasons: Vec<Reason>,
    report: ReportForm,
}

#[derive(Debug, Clone, Serialize)]
struct Shown {
    id: ImageId,
    path: String,
    title: String,
    prompt: String,
    style_name: &'static str,
    size_text: String,
    published_at: String,
    loves: i32,
    loved: bool,
    mine: bool,
    /// Whether a photograph that somebody brought along is in it.
    from_photograph: bool,
    /// Where somebody signs in who wants to say something about it, and comes back.
    sign_in: String,
}

/// What shows the picture where a link to it is shared.
#[derive(Debug, Clone, Serialize)]
struct Card {
    url: String,
    media_type: &'static str,
    width: i32,
    height: i32,
    alt: String,
}

#[derive(Debug, Clone, Serialize)]
struct Reason {
    key: &'static str,
    name: &'static str,
}

/// What somebody says against a picture, as they typed it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReportForm {
    reason: String,
    words: String,
    errors: Vec<FieldError>,
}

impl ReportForm {
    /// With what was typed, and what is wrong with it.
    pub fn new(reason: &str, words: &str, errors: Vec<FieldError>) -> Self {
        Self { reason: reason.to_owned(), words: words.to_owned(), errors }
    }
}

impl Page for Show {
    const TEMPLATE: &'static str = "gallery/show.html";

    fn title(&self) -> Cow<'_, str> {
        (&self.image.title).into()
    }

    fn description(&self) -> Cow<'_, str> {
        described(&self.image.prompt).into()
    }

    fn canonical(&self) -> Option<String> {
        Some(self.image.path.clone())
    }

    fn samples() -> Vec<Self> {
        let shown = |loves, loved, mine| Shown {
            id: ImageId(Uuid::nil()),
            path: "/gallery/a-fox-0123456789abcdef".to_owned(),
            title: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
            prompt: "</script><script>alert(1)</script> asleep ".repeat(5),
            style_name: "Linocut",
            size_text: "1536 × 1024 px".to_owned(),
            published_at: "2026-11-24T05:30:12Z".to_owned(),
            loves,
            loved,
            mine,
            from_photograph: mine,
            sign_in: "/sign-in?next=%2Fgallery".to_owned(),
        };
        let errors = ["reason", "words"].map(|field| FieldError::new(field, "Please look <again>."));
        let wrong = ReportForm::new("unknown", "<script>alert(1)</script>", errors.to_vec());
        let images = [shown(0, false, false), shown(1, true, false), shown(1_200, false, true)];
        let reports = [ReportForm::default(), wrong, ReportForm::default()];
        let sample = |((image, report), picture): ((Shown, ReportForm), Picture)| {
            let shared = Shared { key: None, format: Format::Jpeg, width: CARD.0, height: CARD.1 };
            Self::new("https://shop.example", &shared, image, picture, report)
        };
        images.into_iter().zip(reports).zip(Picture::samples().into_iter().cycle()).map(sample).collect()
    }
}

impl Show {
    fn new(origin: &str, shared: &Shared, image: Shown, picture: Picture, report: ReportForm) -> Self {
        let card = Card {
            url: format!("{origin}{}/card.jpg", image.path),
            media_type: shared.format.media_type(),
            width: shared.width,
            height: shared.height,
            alt: format!("AI-generated picture: {}", image.title),
        };
        let facts = json!({
            "@context": "https://schema.org",
            "@type": "ImageObject",
            "name": image.title,
            "caption": image.prompt,
            "description": described(&image.prompt),
            "url": format!("{origin}{}", image.path),
            "contentUrl": card.url,
            "thumbnailUrl": card.url,
            "encodingFormat": card.media_type,
            "width": { "@type": "QuantitativeValue", "value": card.width, "unitText": "px" },
            "height": { "@type": "QuantitativeValue", "value": card.height, "unitText": "px" },
            "datePublished": image.published_at,
            "representativeOfPage": true,
            // Of the IPTC's list of sources (http://cv.iptc.org/newscodes/digitalsourcetype/), as schema.org names it.
            "digitalSourceType": if image.from_photograph {
                "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource"
            } else {
                "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
            },
            "creditText": "AI-generated, AI Gallery",
            "creator": { "@type": "Organization", "name": "AI Gallery", "url": origin },
            "isPartOf": { "@type": "ImageGallery", "name": "AI Gallery", "url": format!("{origin}/gallery") },
            "interactionStatistic": {
                "@type": "InteractionCounter",
                "interactionType": "https://schema.org/LikeAction",
                "userInteractionCount": image.loves,
            },
        });
        let reasons = ReportReason::VARIANTS.iter();
        Self {
            picture,
            image,
            card,
            facts: in_script(&facts),
            reasons: reasons.map(|reason| Reason { key: reason.key(), name: reason.name() }).collect(),
            report,
        }
    }
}

fn described(prompt: &str) -> String {
    format!("AI-generated picture of the sentence “{}”", suggested_title(prompt))
}

/// A picture of the gallery, for everybody.
#[handler]
pub async fn show(visit: Guest, name: Name) -> Result<Response, Problem> {
    let hung = name.find(&visit).await?;
    if !name.is_of(&hung) {
        let mut response = see_other(&hung_path(&hung.card.caption, hung.card.id));
        response.set_status(StatusCode::MOVED_PERMANENTLY);
        // A browser that kept it would go round in circles when the title is changed back.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        return Ok(response);
    }
    visit.page(&page(&visit, hung, ReportForm::default()))
}

/// The page of a picture, with what somebody wanted to say against it.
pub fn page(visit: &Visit, hung: Hung, report: ReportForm) -> Show {
    let path = hung_path(&hung.card.caption, hung.card.id);
    let picture = visit.hung(&hung.card);
    let shared = Shared::of(&hung);
    let (width, height) = (hung.card.width, hung.card.height);
    let image = Shown {
        id: hung.card.id,
        sign_in: doors::door(sign_in::PATH, &path),
        path,
        title: hung.card.caption,
        prompt: hung.prompt,
        style_name: hung.style.name(),
        size_text: format!("{width} × {height} px"),
        published_at: views::moment(hung.published_at),
        loves: hung.card.loves,
        loved: hung.loved,
        mine: visit.account_id() == Some(hung.account_id),
        from_photograph: hung.from_photograph,
    };
    Show::new(&visit.site.origin, &shared, image, picture, report)
}
