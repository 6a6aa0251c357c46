//! What pictures are called in the gallery.

/// Longest title in Unicode scalar values; `images_title_length`.
pub const TITLE_MAX: usize = 80;

/// Why a title is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TitleError {
    /// More than [`TITLE_MAX`] characters.
    #[error("the title has {0} characters")]
    TooLong(usize),
    /// A character that cannot be stored or seen.
    #[error("the title has a control character")]
    Control,
}

/// A title as it is stored: on one line, without blanks at its ends. Nothing if there is only nothing to see in it.
pub fn check_title(raw: &str) -> Result<Option<String>, TitleError> {
    let title = on_one_line(raw);
    if title.chars().any(char::is_control) {
        return Err(TitleError::Control);
    }
    let visible =
        |c: char| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    if !title.chars().any(visible) {
        return Ok(None);
    }
    let length = title.chars().count();
    if length > TITLE_MAX { Err(TitleError::TooLong(length)) } else { Ok(Some(title)) }
}

/// A title that is made of the sentence: all of it, or its first words.
pub fn suggested_title(prompt: &str) -> String {
    first_words(prompt, TITLE_MAX)
}

/// A text on one line, or its first words and an ellipsis: at most so many characters.
pub fn first_words(text: &str, most: usize) -> String {
    let whole = on_one_line(text);
    let Some((cut, _)) = whole.char_indices().nth(most) else { return whole };
    // One character less, for the ellipsis.
    let room = whole[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
    let end = whole[..room].rfind(' ').filter(|end| *end > room / 2).unwrap_or(room);
    format!("{}…", whole[..end].trim_end_matches([' ', ',', ';', ':', '.']))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_put_on_one_line() {
        assert_eq!(check_title("  A fox\r\n asleep "), Ok(Some("A fox asleep".to_owned())));
        assert_eq!(check_title("🦊"), Ok(Some("🦊".to_owned())));
        for nothing in ["", " \n", "\u{200b}"] {
            assert_eq!(check_title(nothing), Ok(None));
        }
        assert_eq!(check_title("a\u{7}b"), Err(TitleError::Control));
        assert_eq!(check_title(&"é".repeat(TITLE_MAX)).map(|title| title.is_some()), Ok(true));
        assert_eq!(check_title(&"é".repeat(TITLE_MAX + 1)), Err(TitleError::TooLong(TITLE_MAX + 1)));
    }

    #[test]
    fn a_long_sentence_gives_its_first_words() {
        assert_eq!(suggested_title("A fox\nasleep"), "A fox asleep");
        let long = suggested_title(&"A small house by a canal, ".repeat(10));
        assert_eq!(long, "A small house by a canal, A small house by a canal, A small house by a canal…");
        for prompt in ["x".repeat(200), "夜".repeat(200), format!("{} end", "x".repeat(79))] {
            let title = suggested_title(&prompt);
            assert!(title.chars().count() <= TITLE_MAX && title.ends_with('…'), "{title}");
            assert_eq!(check_title(&title), Ok(Some(title.clone())));
        }
    }
}
