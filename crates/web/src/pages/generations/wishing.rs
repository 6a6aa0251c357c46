//! From the fields of the form to a wish, or to what is wrong with them.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use shop::{
    generations::{self, COUNT_MAX, PROMPT_MAX, PromptError, Quality, Refusal, Size, Style, Wish},
    ids::GenerationId,
    sources::SourceImage,
};
use uuid::Uuid;

use super::starting::{self, Key};
use crate::forms::{FieldError, Form};

/// Why a form did not become a request.
#[derive(Default)]
pub struct Refused {
    pub errors: Vec<FieldError>,
    /// The very same, when it is being drawn already.
    pub under_way: Option<GenerationId>,
}

impl Refused {
    /// By the shop.
    pub fn by(refusal: &Refusal) -> Self {
        let (field, text): (_, Cow<'static, str>) = match *refusal {
            Refusal::UnderWay(id) => return Self { errors: vec![], under_way: Some(id) },
            Refusal::SourceGone => (
                starting::FIELD,
                "The picture that you started from is not there any more. Please choose it again, or do without it.".into(),
            ),
            Refusal::Unverified => (
                "",
                "Please open the link in our mail first: it proves that the address is yours.".into(),
            ),
            Refusal::Credits { needed, balance } => (
                "",
                format!(
                    "This needs {needed} credit{}, and you have {}. Please ask for fewer pictures, or for a draft.",
                    if needed == 1 { "" } else { "s" },
                    balance.available.max(0)
                )
                .into(),
            ),
            Refusal::Active(most) => (
                "",
                format!("{most} of your requests are under way, which is the most at once. Please wait until one of them is ready.").into(),
            ),
            Refusal::Hourly(most) => (
                "",
                format!("You have asked for {most} pictures within an hour, which is the most. Please go on a little later.").into(),
            ),
            Refusal::InReview => (
                "",
                "Several of your sentences were turned down, so that somebody of the shop looks at them before more is drawn. What you have stays yours.".into(),
            ),
            Refusal::Daily(most) => (
                "",
                format!("You have asked for {most} pictures within a day, which is the most. Please go on tomorrow.").into(),
            ),
        };
        Self { errors: vec![FieldError::new(field, text)], under_way: None }
    }
}

/// What somebody wishes for, or what is wrong with it.
pub fn wish(form: &Form, source: Option<SourceImage>) -> Result<Wish, Vec<FieldError>> {
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
            let source_key = source.map(|source| Key(source).to_string()).unwrap_or_default();
            let choices = [style.key(), size.key(), quality.key(), &source_key];
            let client_key = intent(key, &prompt, &choices, count);
            let again = form.text("again") == "yes";
            Ok(Wish { prompt, style, size, quality, count, source, client_key, again })
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
        PromptError::Blank => "Please write a sentence first: it is what we draw from.".into(),
        PromptError::TooLong(length) => format!(
            "The sentence has {length} characters, and {PROMPT_MAX} are the most that we can draw from. Please shorten it."
        )
        .into(),
        PromptError::Control => {
            "The sentence has an invisible control character in it. Please delete it, or type the sentence anew.".into()
        }
    }
}
