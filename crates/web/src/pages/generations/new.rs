//! GET /generations/new and POST /generations

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{Method, StatusCode},
};
use serde::Serialize;
use shop::{
    credits::{self, Balance},
    generations::{self, COUNT_MAX, PROMPT_MAX, Quality, Refusal, Size, Style},
    ids::{AccountId, GenerationId, ImageId},
    images,
    sources::SourceImage,
};
use uuid::Uuid;

use super::{
    carrying,
    choices::{self, QualityChoice, SizeChoice, StyleChoice},
    starting::{self, Start},
    surprises,
    wishing::{Refused, wish},
};
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError, Form},
    limits,
    pages::{doors, unverified},
    random,
    uploads::FILE_MAX,
    views::Page,
    visit::{Visit, see_other},
};

/// How many of the customer's last sentences are offered again.
const RECENT: i64 = 6;

/// templates/generations/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    form: WishForm,
    styles: Vec<StyleChoice>,
    sizes: Vec<SizeChoice>,
    qualities: Vec<QualityChoice>,
    counts: Vec<i16>,
    /// What is chosen costs so many credits, as far as it is chosen.
    price: Option<i32>,
    balance: Balance,
    limits: Limits,
    /// The place of the surprise that is shown, so that it is not the next one.
    surprise: String,
    recent: Vec<Recent>,
}

#[derive(Debug, Clone, Serialize)]
struct WishForm {
    prompt: String,
    style: String,
    size: String,
    quality: String,
    count: Option<i16>,
    /// What it starts from, if not from words alone.
    start: Option<Start>,
    client_key: Uuid,
    errors: Vec<FieldError>,
    /// The very same, when it is being drawn already.
    under_way: Option<GenerationId>,
}

#[derive(Debug, Clone, Serialize)]
struct Limits {
    prompt: usize,
    file_megabytes: usize,
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
        let errors = ["prompt", "style", "size", "quality", "count", starting::FIELD, ""]
            .map(|field| FieldError::new(field, "Please look <again>."));
        let wrong = WishForm {
            prompt: "</textarea><script>alert(1)</script>".to_owned(),
            style: "unknown".to_owned(),
            count: None,
            errors: errors.to_vec(),
            ..empty.clone()
        };
        let under_way = WishForm { under_way: Some(GenerationId(Uuid::nil())), ..empty.clone() };
        let recent =
            Recent { prompt: "A \"quoted\" <fox>".to_owned(), href: "/generations/new?from=0".to_owned() };
        let (rich, poor) = (Balance { available: 20, held: 2 }, Balance { available: 0, held: 0 });
        let begun =
            Start::samples().into_iter().map(|start| WishForm { start: Some(start), ..empty.clone() });
        let mut samples: Vec<_> = begun.map(|form| Self::with(form, rich, vec![])).collect();
        samples.push(Self::with(wrong, poor, vec![recent]));
        samples.push(Self::with(under_way, rich, vec![]));
        samples.push(Self { surprise: "3".to_owned(), ..Self::with(empty, rich, vec![]) });
        samples
    }
}

impl New {
    fn with(form: WishForm, balance: Balance, recent: Vec<Recent>) -> Self {
        let quality: Option<Quality> = form.quality.parse().ok();
        let price = quality.zip(form.count).map(|(quality, count)| quality.credits() * i32::from(count));
        Self {
            form,
            styles: choices::styles(),
            sizes: choices::sizes(),
            qualities: choices::qualities(),
            counts: (1..=COUNT_MAX).collect(),
            price,
            balance,
            limits: Limits { prompt: PROMPT_MAX, file_megabytes: FILE_MAX / (1024 * 1024) },
            surprise: "me".to_owned(),
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
            start: None,
            client_key,
            errors: vec![],
            under_way: None,
        }
    }

    /// What the address says: a sentence from another page, or all that somebody took along through a door.
    async fn choose(&mut self, visit: &Visit, account_id: AccountId) -> Result<(), Problem> {
        let text = |name| visit.query(name).unwrap_or_default();
        let prompt = visit.query("draft").and_then(|draft| carrying::unpack(&draft));
        if let Some(prompt) = prompt.or_else(|| visit.query("prompt")) {
            self.prompt = prompt.replace('\0', "");
        }
        if let Ok(style) = text("style").parse::<Style>() {
            style.key().clone_into(&mut self.style);
        }
        if let Ok(size) = text("size").parse::<Size>() {
            size.key().clone_into(&mut self.size);
        }
        if let Ok(quality) = text("quality").parse::<Quality>() {
            quality.key().clone_into(&mut self.quality);
        }
        if let Some(count) = number(&text("count")) {
            self.count = Some(count);
        }
        if let Ok(starting::Key(source)) = text("source").parse() {
            self.start = Start::find(visit, account_id, source).await?;
        }
        if text("cut") == "yes" {
            let text = "The end of your sentence got lost while you signed in. Please look whether all that matters is there.";
            self.errors.push(FieldError::new("prompt", text));
        }
        Ok(())
    }
}

/// How many pictures, if it is one of the numbers that may be chosen.
fn number(text: &str) -> Option<i16> {
    text.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count))
}

/// The form: empty, with a sentence from the address, with everything as it was another time, with a picture to start from, or
/// with a surprise.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let Some(account_id) = visit.account_id() else {
        let way_back = visit.way_back(&Method::GET);
        let carried = || carrying::address(|name| visit.query(name).unwrap_or_default());
        return Err(Problem::SignInFirst(if doors::fits(&way_back) { way_back } else { carried() }));
    };
    let mut form = match (visit.query("from"), visit.query("edit")) {
        (Some(from), _) => like(&visit, account_id, &from).await?.ok_or(Problem::NotFound)?,
        (None, Some(edit)) => edited(&visit, account_id, &edit).await?.ok_or(Problem::NotFound)?,
        (None, None) => WishForm::blank(random::id(visit.at())),
    };
    form.choose(&visit, account_id).await?;
    let surprise = visit.query("surprise").map(|last| surprises::another(last.parse().ok()));
    if let Some((_, surprise)) = surprise {
        surprise.prompt.clone_into(&mut form.prompt);
        surprise.style.key().clone_into(&mut form.style);
        surprise.size.key().clone_into(&mut form.size);
    }
    let balance = credits::balance(&visit.site.db, account_id).await?;
    let recent = recent(&visit, account_id).await?;
    let mut page = New::with(form, balance, recent);
    if let Some((place, _)) = surprise {
        page.surprise = place.to_string();
    }
    visit.page(&page)
}

/// Asks for the pictures, and goes on to where one sees them come.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let carried = || carrying::address(|name| form.text(name).to_owned());
    let Some(account_id) = visit.account_id() else {
        // The session ran out while they were writing: all that they wrote and chose is kept.
        return Err(Problem::SignInFirst(carried()));
    };
    let (source, wrong_file) = starting::of_form(&visit, account_id, &form).await?;
    let mut refused = Refused::default();
    match wish(&form, source) {
        Ok(wish) if !visit.is_verified() => return unverified::answer(&visit, Some(&wish.prompt), carried()),
        Ok(wish) if wrong_file.is_none() => {
            if let Err(too_often) = limits::take(&visit, &limits::GENERATION, &account_id.to_string()).await?
            {
                let refused = Refused { errors: vec![too_often.error()], under_way: None };
                let page = again(&visit, account_id, &form, source, refused).await?;
                return too_often.page(&visit, &page);
            }
            let limits = visit.site.generation_limits;
            match generations::request(&visit.site.db, &visit.cause, account_id, &wish, limits).await? {
                Ok(id) => return Ok(see_other(&format!("/generations/{id}"))),
                Err(Refusal::Unverified) => return unverified::answer(&visit, Some(&wish.prompt), carried()),
                Err(refusal) => refused = Refused::by(&refusal),
            }
        }
        Ok(_) => {}
        Err(errors) => refused.errors = errors,
    }
    refused.errors.extend(wrong_file);
    let page = again(&visit, account_id, &form, source, refused).await?;
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The form as it was sent, with what is wrong with it.
async fn again(
    visit: &Visit,
    account_id: AccountId,
    form: &Form,
    source: Option<SourceImage>,
    refused: Refused,
) -> Result<New, Problem> {
    let text = |field| form.text(field).to_owned();
    let start = match source {
        Some(source) => Start::find(visit, account_id, source).await?,
        None => None,
    };
    let filled = WishForm {
        prompt: text("prompt"),
        style: text("style"),
        size: text("size"),
        quality: text("quality"),
        count: number(form.text("count")),
        start,
        client_key: random::id(visit.at()),
        errors: refused.errors,
        under_way: refused.under_way,
    };
    let balance = credits::balance(&visit.site.db, account_id).await?;
    Ok(New::with(filled, balance, recent(visit, account_id).await?))
}

/// A form like an earlier request of this customer, or like a picture that they may see.
async fn like(visit: &Visit, account_id: AccountId, from: &str) -> Result<Option<WishForm>, Problem> {
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
    if let Some(known) = generations::find(db, account_id, GenerationId(id)).await? {
        let form = filled(known.prompt, known.style, known.size, known.quality, known.count);
        return begun(visit, account_id, known.id, form).await.map(Some);
    }
    let Some(image) = images::find(db, Some(account_id), ImageId(id)).await? else { return Ok(None) };
    // Of one's own picture the whole request is known.
    let own = generations::find(db, account_id, image.card.generation_id).await?;
    let (quality, count) = own.map_or((Quality::Standard, 1), |own| (own.quality, own.count));
    let form = filled(image.prompt, image.style, image.size, quality, count);
    begun(visit, account_id, image.card.generation_id, form).await.map(Some)
}

/// With the picture that the earlier request started from, if this customer made it and the picture is still there.
async fn begun(
    visit: &Visit,
    account_id: AccountId,
    from: GenerationId,
    mut form: WishForm,
) -> Result<WishForm, Problem> {
    let source = generations::source(&visit.site.db, account_id, from).await?;
    if let Some(source) = source {
        form.start = Start::find(visit, account_id, source).await?;
        if form.start.is_none() {
            let text = "The picture that this started from is not kept any more. Please choose it again, or go on without it.";
            form.errors.push(FieldError::new(starting::FIELD, text));
        }
    }
    Ok(form)
}

/// A form that starts from a picture that was drawn for this customer, in its shape.
async fn edited(visit: &Visit, account_id: AccountId, edit: &str) -> Result<Option<WishForm>, Problem> {
    let Ok(id) = edit.parse::<ImageId>() else { return Ok(None) };
    let Some(start) = Start::find(visit, account_id, SourceImage::Drawn(id)).await? else {
        return Ok(None);
    };
    let size = start.size().key().to_owned();
    Ok(Some(WishForm { start: Some(start), size, ..WishForm::blank(random::id(visit.at())) }))
}

async fn recent(visit: &Visit, account_id: AccountId) -> Result<Vec<Recent>, Problem> {
    let found = generations::recent_prompts(&visit.site.db, account_id, RECENT).await?;
    let offered = |one: generations::Recent| Recent {
        href: format!("/generations/new?from={}", one.id),
        prompt: one.prompt,
    };
    Ok(found.into_iter().map(offered).collect())
}
