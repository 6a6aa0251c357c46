//! A wish in the address of the form, so that it survives signing in and proving an address.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use url::form_urlencoded::Serializer;

use crate::pages::doors;

/// What is chosen beside the sentence.
const CHOICES: [&str; 5] = ["style", "size", "quality", "count", "source"];
/// Most of a sentence that is carried, in units of UTF-16: a thousand characters of every script. Of a sentence of emoji,
/// which take two each, the end may be left behind.
const CARRIED_MAX: usize = 1_000;

/// The form, filled in with what the fields say.
pub fn address(text: impl Fn(&str) -> String) -> String {
    let choices: Vec<_> = CHOICES.into_iter().map(|name| (name, text(name))).collect();
    let filled = |sentence: &[(&str, &str)]| {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(sentence);
        let chosen = choices.iter().filter(|(name, value)| {
            !value.is_empty() && value.len() <= 64 && (*name != "source" || text("without_source") != "yes")
        });
        query.extend_pairs(chosen);
        format!("/generations/new?{}", query.finish())
    };
    let prompt = text("prompt");
    let plain = filled(&[("prompt", &prompt)]);
    if doors::fits(&plain) {
        return plain;
    }
    // Percent-encoded, a letter of most scripts would take ten bytes in the address of a door, where it is encoded twice.
    let (draft, is_whole) = pack(&prompt);
    if is_whole { filled(&[("draft", &draft)]) } else { filled(&[("draft", &draft), ("cut", "yes")]) }
}

/// As much of a sentence as is carried, and whether that is all of it.
fn pack(prompt: &str) -> (String, bool) {
    let mut end = 0;
    let mut units = 0;
    for (at, c) in prompt.char_indices() {
        units += c.len_utf16();
        if units > CARRIED_MAX {
            break;
        }
        end = at + c.len_utf8();
    }
    let bytes: Vec<u8> = prompt[..end].encode_utf16().flat_map(u16::to_be_bytes).collect();
    (BASE64_URL_SAFE_NO_PAD.encode(bytes), end == prompt.len())
}

/// The sentence that was carried.
pub fn unpack(draft: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(draft).ok()?;
    let (units, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
    String::from_utf16(&units).ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(prompt: &str) -> String {
        address(|name| match name {
            "prompt" => prompt.to_owned(),
            "source" => "brought:0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".to_owned(),
            "without_source" => String::new(),
            name => format!("a long {name}"),
        })
    }

    #[test]
    fn a_thousand_characters_of_every_script_go_through_a_door() {
        assert!(carried("a fox").starts_with("/generations/new?prompt=a+fox&style=a+long+style&size="));
        for c in ['x', '%', 'ж', '狐', 'क', '🦊'] {
            let prompt = c.to_string().repeat(1_000);
            let address = carried(&prompt);
            assert!(doors::fits(&address), "{c}: {} bytes", address.len());
            assert!(address.contains("&count=") && address.contains("&source=brought"), "{address}");
            let Some((_, draft)) = address.split_once("?draft=") else {
                assert_eq!(c, 'x');
                continue;
            };
            let draft = unpack(draft.split('&').next().expect("a value")).expect("a sentence");
            let kept = if c == '🦊' { 500 } else { 1_000 };
            assert_eq!(draft, c.to_string().repeat(kept));
            assert_eq!(address.contains("&cut=yes"), kept < 1_000);
        }
    }

    #[test]
    fn what_is_no_sentence_is_none() {
        for text in ["%", "AA", "2AA", "AAAA"] {
            assert_eq!(unpack(text), None, "{text}");
        }
        assert_eq!(unpack("").as_deref(), Some(""));
    }
}
