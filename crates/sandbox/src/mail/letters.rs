//! A mail as a person reads it.

use mail_parser::{HeaderValue, MessageParser};
use serde::Serialize;

/// A mail, decoded.
#[derive(Serialize)]
pub(crate) struct Letter {
    pub id: String,
    pub received_ms: u64,
    /// The envelope's sender and recipients, blind copies too.
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    pub attachments: Vec<String>,
    pub size: usize,
}

impl Letter {
    pub(super) fn read(id: &str, raw: &[u8]) -> Letter {
        let message = MessageParser::default().parse(raw).unwrap_or_default();
        let own = |name: &str| -> Vec<String> {
            let values = message.header_values(name);
            values
                .filter_map(HeaderValue::as_text)
                .map(|value| value.trim_matches(['<', '>']).to_owned())
                .collect()
        };
        let recipients = message.headers_raw().filter(|(name, _)| name.eq_ignore_ascii_case("Delivered-To"));
        Letter {
            id: id.to_owned(),
            received_ms: id.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0),
            from: own("Return-Path").into_iter().next().unwrap_or_default(),
            to: recipients.map(|(_, value)| value.trim().to_owned()).collect(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: (!message.text_body.is_empty()).then(|| message.body_text(0)).flatten().map(Into::into),
            html: message
                .html_bodies()
                .find(|part| part.is_text_html())
                .and(message.body_html(0))
                .map(Into::into),
            attachments: message
                .attachments()
                .map(|part| mail_parser::MimeHeaders::attachment_name(part).unwrap_or("unnamed").to_owned())
                .collect(),
            size: raw.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_with_two_bodies() {
        let raw = b"Return-Path: <shop@example.org>\r\nDelivered-To: a@example.org\r\nDelivered-To: b@example.org\r\n\
            From: Shop <shop@example.org>\r\nTo: a@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\
            Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n--x\r\nContent-Type: text/html\r\n\r\n\
            <p>Hello</p>\r\n--x--\r\n";
        let letter = Letter::read("0000000000042-0000", raw);
        assert_eq!(letter.from, "shop@example.org");
        assert_eq!(letter.to, ["a@example.org", "b@example.org"]);
        assert_eq!(letter.subject, "Grüße");
        assert_eq!(letter.text.as_deref().map(str::trim), Some("Hello"));
        assert_eq!(letter.html.as_deref().map(str::trim), Some("<p>Hello</p>"));
        assert_eq!(letter.received_ms, 42);
    }

    #[test]
    fn a_plain_letter_has_no_html() {
        let letter =
            Letter::read("1-0", b"Return-Path: <>\r\nDelivered-To: a@b.c\r\nSubject: x\r\n\r\nhi\r\n");
        assert_eq!((letter.from.as_str(), letter.html), ("", None));
    }
}
