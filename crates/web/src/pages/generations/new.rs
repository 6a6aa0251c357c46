//! GET /generations/new and POST /generations

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shop::{
    credits::{self, Balance},
    generations::{self, COUNT_MAX, PROMPT_MAX, PromptError, Quality, Refusal, Size, Style, Wish},
    ids::{GenerationId, ImageId},
    images,
};
use strum::VariantArray;
use url::form_urlencoded;
use uuid::Uuid;

use super::ratio;
use crate::{
    admission::{Guest, Member},
    error::Problem,
    forms::{CheckedForm, FieldError, Form},
    random,
    views::Page,
    visit::see_other,
};

/// How many of the customer's last sentences are offered again.
const RECENT: i64 = 6;

/// Sentences to begin with.
const IDEAS: [&str; 4] = [
    "A lighthouse made of folded paper, at dawn",
    "Two herons in a green river, seen from a small bridge",
    "The inside of a greenhouse on a rainy evening",
    "A city of bookshelves, seen from a small balloon",
];

/// templates/generations/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    form: WishForm,
    styles: Vec<StyleChoice>,
    sizes: Vec<SizeChoice>,
    qualities: Vec<QualityChoice>,
    counts: Vec<i16>,
    balance: Balance,
    limits: Limits,
    ideas: [&'static str; 4],
    recent: Vec<Recent>,
}

#[derive(Debug, Clone, Serialize)]
struct WishForm {
    prompt: String,
    style: String,
    size: String,
    quality: String,
    count: Option<i16>,
    client_key: Uuid,
    errors: Vec<FieldError>,
    /// The very same, when it is being drawn already.
    under_way: Option<GenerationId>,
}

#[derive(Debug, Clone, Serialize)]
struct StyleChoice {
    key: &'static str,
    name: &'static str,
    hint: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct SizeChoice {
    key: &'static str,
    name: &'static str,
    ratio_w: u32,
    ratio_h: u32,
    hint: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct QualityChoice {
    key: &'static str,
    name: &'static str,
    hint: &'static str,
    credits: i32,
}

#[derive(Debug, Clone, Serialize)]
struct Limits {
    prompt: usize,
}

#[derive(Debug, Clone, Serialize)]
struct Recent {
    prompt: String,
    href: String,
}

impl Page for New {
    const TEMPLATE: &'static str = "generations/new.html";
    const HAS_FORM: bool = true;
    // Also where the form came back, whose address is that of My pictures.
    const PLACE: Option<&'static str> = Some("/generations/new");

    fn title(&self) -> Cow<'_, str> {
        "Create a picture".into()
    }

    fn samples() -> Vec<Self> {
        let empty = WishForm::blank(Uuid::nil());
        let errors = ["prompt", "style", "size", "quality", "count", ""]
            .map(|field| FieldError::new(field, "Please look <again>."));
        let wrong = WishForm {
            prompt: "</textarea><script>alert(1)</script>".to_owned(),
            style: "unknown".to_owned(),
            count: None,
            errors: errors.to_vec(),
            under_way: Some(GenerationId(Uuid::nil())),
            ..empty.clone()
        };
        let recent =
            Recent { prompt: "A \"quoted\" <fox>".to_owned(), href: "/generations/new?from=0".to_owned() };
        let (rich, poor) = (Balance { available: 20, held: 2 }, Balance { available: 0, held: 0 });
        vec![Self::with(empty, rich, vec![]), Self::with(wrong, poor, vec![recent])]
    }
}

impl New {
    fn with(form: WishForm, balance: Balance, recent: Vec<Recent>) -> Self {
        let style = |style: &Style| StyleChoice { key: style.key(), name: style.name(), hint: style.hint() };
        let size = |size: &Size| {
            let (ratio_w, ratio_h) = ratio(*size);
            SizeChoice { key: size.key(), name: size.name(), ratio_w, ratio_h, hint: size.hint() }
        };
        let quality = |quality: &Quality| QualityChoice {
            key: quality.key(),
            name: quality.name(),
            hint: quality.hint(),
            credits: quality.credits(),
        };
        Self {
            form,
            qualities: Quality::VARIANTS.iter().map(quality).collect(),
            balance,
            styles: Style::VARIANTS.iter().map(style).collect(),
            sizes: Size::VARIANTS.iter().map(size).collect(),
            counts: (1..=COUNT_MAX).collect(),
            limits: Limits { prompt: PROMPT_MAX },
            ideas: IDEAS,
            recent,
        }
    }
}

impl WishForm {
    fn blank(client_key: Uuid) -> Self {
        Self {
            prompt: String::new(),
            style: Style::AsWritten.key().to_owned(),
            size: Size::Square.key().to_owned(),
            quality: Quality::Standard.key().to_owned(),
            count: Some(1),
            client_key,
            errors: vec![],
            under_way: None,
        }
    }
}

/// The form: empty, with a sentence from the address, or with everything as it was another time.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let mut form = match visit.query("from") {
        Some(from) => like(&visit, &from).await?.ok_or(Problem::NotFound)?,
        None => WishForm::blank(random::id(visit.at())),
    };
    if let Some(prompt) = visit.query("prompt") {
        form.prompt = prompt.replace('\0', "");
    }
    let balance = credits::balance(&visit.site.db, visit.account_id).await?;
    let recent = recent(&visit).await?;
    visit.page(&New::with(form, balance, recent))
}

/// Asks for the pictures, and goes on to where one sees them come.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let Some(account_id) = visit.account_id() else {
        // The session ran out while they were writing: the sentence is kept.
        let prompt: String = form_urlencoded::byte_serialize(form.text("prompt").as_bytes()).collect();
        return Err(Problem::SignInFirst(format!("/generations/new?prompt={prompt}")));
    };
    let refused = match wish(&form) {
        Ok(wish) => {
            let limits = visit.site.generation_limits;
            match generations::request(&visit.site.db, &visit.cause, account_id, &wish, limits).await? {
                Ok(id) => return Ok(see_other(&format!("/generations/{id}"))),
                Err(refusal) => Refused::by(&refusal),
            }
        }
        Err(errors) => Refused { errors, under_way: None },
    };
    let text = |field| form.text(field).to_owned();
    let filled = WishForm {
        prompt: text("prompt"),
        style: text("style"),
        size: text("size"),
        quality: text("quality"),
        count: form.text("count").parse().ok(),
        client_key: random::id(visit.at()),
        errors: refused.errors,
        under_way: refused.under_way,
    };
    let balance = credits::balance(&visit.site.db, account_id).await?;
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &New::with(filled, balance, vec![]))
}

struct Refused {
    errors: Vec<FieldError>,
    under_way: Option<GenerationId>,
}

impl Refused {
    fn by(refusal: &Refusal) -> Self {
        let (text, under_way): (Cow<'static, str>, _) = match *refusal {
            Refusal::UnderWay(id) => {
                ("The very same is being drawn for you right now. You can look at it, or have another one drawn.".into(), Some(id))
            }
            Refusal::Credits { needed, balance } => (
                format!(
                    "This needs {needed} credits, and you have {}. Ask for fewer pictures or a draft. Every order in the shop brings new credits.",
                    balance.available.max(0)
                )
                .into(),
                None,
            ),
            Refusal::Active(most) => (
                format!("{most} of your requests are under way, which is the most at once. Please wait until one of them is ready.").into(),
                None,
            ),
            Refusal::Hourly(most) => (
                format!("You have asked for {most} pictures within an hour, which is the most. Please go on a little later.").into(),
                None,
            ),
            Refusal::InReview => (
                "Several of your sentences were turned down, so that somebody of the shop looks at them before more is drawn. This takes a day at most. What you have stays yours.".into(),
                None,
            ),
            Refusal::Daily(most) => (
                format!("You have asked for {most} pictures within a day, which is the most. Please go on tomorrow.").into(),
                None,
            ),
        };
        Self { errors: vec![FieldError::new("", text)], under_way }
    }
}

/// What somebody wishes for, or what is wrong with it.
fn wish(form: &Form) -> Result<Wish, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field, text: Cow<'static, str>| errors.push(FieldError::new(field, text));
    let prompt =
        generations::check_prompt(form.text("prompt")).map_err(|error| wrong("prompt", words(error)));
    let style = form
        .text("style")
        .parse::<Style>()
        .map_err(|_| wrong("style", "Please choose one of the styles.".into()));
    let size = form
        .text("size")
        .parse::<Size>()
        .map_err(|_| wrong("size", "Please choose one of the shapes.".into()));
    let quality = form
        .text("quality")
        .parse::<Quality>()
        .map_err(|_| wrong("quality", "Please choose one of the qualities.".into()));
    let count =
        form.text("count").parse().ok().filter(|count| (1..=COUNT_MAX).contains(count)).ok_or_else(|| {
            wrong("count", format!("Please choose how many pictures, from 1 to {COUNT_MAX}.").into());
        });
    let key = form.text("client_key").parse::<Uuid>().map_err(|_| {
        wrong("", "The form was not complete. Please send it once more.".into());
    });
    match (prompt, style, size, quality, count, key) {
        (Ok(prompt), Ok(style), Ok(size), Ok(quality), Ok(count), Ok(key)) => {
            let client_key = intent(key, &prompt, &[style.key(), size.key(), quality.key()], count);
            let again = form.text("again") == "yes";
            Ok(Wish { prompt, style, size, quality, count, client_key, again })
        }
        _ => Err(errors),
    }
}

/// One per intended request: a double click sends the same form with the same content. Somebody who goes back, changes
/// the sentence and sends the form again may still send the old key, and means another picture.
fn intent(key: Uuid, prompt: &str, choices: &[&str], count: i16) -> Uuid {
    let content = Sha256::new()
        .chain_update(key)
        .chain_update(format!("{}\n{count}\n", choices.join("\n")))
        .chain_update(prompt)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&content[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn words(error: PromptError) -> Cow<'static, str> {
    match error {
        PromptError::Blank => "Please write a sentence first: it is all that we draw from.".into(),
        PromptError::TooLong(length) => format!(
            "The sentence has {length} characters, and {PROMPT_MAX} are the most that we can draw from. Please shorten it."
        )
        .into(),
        PromptError::Control => {
            "The sentence has an invisible control character in it. Please delete it, or type the sentence anew.".into()
        }
    }
}

/// A form like an earlier request of this customer, or like a picture that they may see.
async fn like(visit: &Member, from: &str) -> Result<Option<WishForm>, Problem> {
    let filled = |prompt: String, style: Style, size: Size, quality: Quality, count: i16| WishForm {
        prompt,
        style: style.key().to_owned(),
        size: size.key().to_owned(),
        quality: quality.key().to_owned(),
        count: Some(count),
        ..WishForm::blank(random::id(visit.at()))
    };
    let Ok(id) = from.parse::<Uuid>() else { return Ok(None) };
    let db = &visit.site.db;
    if let Some(known) = generations::find(db, visit.account_id, GenerationId(id)).await? {
        return Ok(Some(filled(known.prompt, known.style, known.size, known.quality, known.count)));
    }
    let image = images::find(db, Some(visit.account_id), ImageId(id)).await?;
    Ok(image.map(|image| filled(image.prompt, image.style, image.size, Quality::Standard, 1)))
}

async fn recent(visit: &Member) -> Result<Vec<Recent>, Problem> {
    let found = generations::recent_prompts(&visit.site.db, visit.account_id, RECENT).await?;
    let offered = |one: generations::Recent| Recent {
        href: format!("/generations/new?from={}", one.id),
        prompt: one.prompt,
    };
    Ok(found.into_iter().map(offered).collect())
}
