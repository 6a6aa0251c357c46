//! What can be asked for: the sentence, and the choices beside it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Size;
use crate::sources::SourceImage;

/// Longest sentence in Unicode scalar values: the form, the page and `generations_prompt_length` share it.
pub const PROMPT_MAX: usize = 1_000;
/// Most pictures of one request; `generations_count_range`.
pub const COUNT_MAX: i16 = 4;

/// A request for pictures that was checked.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The sentence, as [`check_prompt`] returns it.
    pub prompt: String,
    /// How it is to look.
    pub style: Style,
    /// Its shape.
    pub size: Size,
    /// How much work goes into it.
    pub quality: Quality,
    /// How many pictures, 1 to [`COUNT_MAX`].
    pub count: i16,
    /// The picture that it starts from, if not from words alone.
    pub source: Option<SourceImage>,
    /// Made by the form, one per intended request.
    pub client_key: Uuid,
    /// Also if the very same is being drawn already.
    pub again: bool,
}

impl Wish {
    /// What it costs the customer when all of it comes, in credits.
    pub fn credits(&self) -> i32 {
        self.quality.credits().saturating_mul(i32::from(self.count))
    }
}

/// Why a sentence is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Nothing, or only blanks.
    #[error("the sentence is empty")]
    Blank,
    /// More than [`PROMPT_MAX`] characters.
    #[error("the sentence has {0} characters")]
    TooLong(usize),
    /// A character that cannot be stored or seen: NUL or another control character.
    #[error("the sentence has a control character")]
    Control,
}

/// A sentence as it is stored: trimmed, its line ends as a browser counts them. Refuses what cannot be drawn.
pub fn check_prompt(raw: &str) -> Result<String, PromptError> {
    let prompt = raw.replace("\r\n", "\n");
    let prompt = prompt.trim();
    let visible =
        |c: char| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    if !prompt.chars().any(visible) {
        return Err(PromptError::Blank);
    }
    if prompt.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(PromptError::Control);
    }
    let length = prompt.chars().count();
    if length > PROMPT_MAX {
        return Err(PromptError::TooLong(length));
    }
    Ok(prompt.to_owned())
}

/// How a picture is to look: a few words that are added to the sentence.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Style {
    /// Nothing is added.
    AsWritten,
    /// A photograph.
    Photograph,
    /// A watercolour.
    Watercolour,
    /// An oil painting.
    OilPainting,
    /// A linocut.
    Linocut,
    /// A line drawing.
    LineDrawing,
    /// A travel poster.
    TravelPoster,
    /// Night and neon.
    NightNeon,
}

impl Style {
    /// Its key in forms and in the database.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// What a customer calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsWritten => "As written",
            Self::Photograph => "Photograph",
            Self::Watercolour => "Watercolour",
            Self::OilPainting => "Oil painting",
            Self::Linocut => "Linocut",
            Self::LineDrawing => "Line drawing",
            Self::TravelPoster => "Travel poster",
            Self::NightNeon => "Night and neon",
        }
    }

    /// What it does to a picture, in a few words for a customer.
    pub fn hint(self) -> &'static str {
        match self {
            Self::AsWritten => "Only your words",
            Self::Photograph => "Natural light, real lens",
            Self::Watercolour => "Soft washes on rough paper",
            Self::OilPainting => "Thick paint, visible brush",
            Self::Linocut => "Bold cuts, two or three inks",
            Self::LineDrawing => "Fine ink lines, much white",
            Self::TravelPoster => "Flat shapes, warm colours",
            Self::NightNeon => "Dark streets, bright signs",
        }
    }

    /// The words that are added to the sentence for the provider.
    pub fn direction(self) -> Option<&'static str> {
        match self {
            Self::AsWritten => None,
            Self::Photograph => {
                Some("As a photograph in natural light, shot with a fast prime lens, fine grain.")
            }
            Self::Watercolour => Some("As a watercolour painting with soft washes on rough paper."),
            Self::OilPainting => Some("As an oil painting with thick paint and visible brush strokes."),
            Self::Linocut => Some("As a linocut print with bold cuts in two or three inks."),
            Self::LineDrawing => Some("As a fine ink line drawing with much white space."),
            Self::TravelPoster => {
                Some("As a vintage travel poster with flat shapes and warm colours, without any lettering.")
            }
            Self::NightNeon => Some("At night, lit by neon signs, with reflections on wet streets."),
        }
    }
}

/// How much work goes into a picture.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Quality {
    /// To try an idea.
    Draft,
    /// For most prints.
    Standard,
    /// For large prints.
    High,
}

impl Quality {
    /// Its key in forms and in the database.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// What a customer calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Standard => "Standard",
            Self::High => "Fine",
        }
    }

    /// What it is good for, in a few words for a customer.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Draft => "To try an idea",
            Self::Standard => "For most prints",
            Self::High => "Every detail, for large prints",
        }
    }

    /// What a picture costs a customer, in credits.
    pub fn credits(self) -> i32 {
        match self {
            Self::Draft => 1,
            Self::Standard => 2,
            Self::High => 5,
        }
    }

    /// The provider's word for it (OpenAI images API, `quality`).
    pub fn for_provider(self) -> &'static str {
        match self {
            Self::Draft => "low",
            Self::Standard => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_every_kind_are_kept_as_they_are() {
        for prompt in [
            "a",
            "🦊 im Schnee",
            "מגדלור בלילה",
            r#""quotes" and \backslashes\"#,
            "<b>html</b> & more",
            "two\nlines",
        ] {
            assert_eq!(check_prompt(prompt).as_deref(), Ok(prompt));
        }
        assert_eq!(check_prompt("  a\r\nb ").as_deref(), Ok("a\nb"));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for blank in ["", "   ", "\r\n\t", "\u{200b}\u{feff}"] {
            assert_eq!(check_prompt(blank), Err(PromptError::Blank));
        }
        assert_eq!(check_prompt("a\0b"), Err(PromptError::Control));
        assert_eq!(check_prompt(&"é".repeat(PROMPT_MAX)).map(|p| p.chars().count()), Ok(PROMPT_MAX));
        assert_eq!(check_prompt(&"é".repeat(PROMPT_MAX + 1)), Err(PromptError::TooLong(PROMPT_MAX + 1)));
    }
}
