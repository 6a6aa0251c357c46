//! A mail server that speaks SMTP: a relay of the operator's, or a provider's submission port.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::extension::ClientId,
};
use secrecy::ExposeSecret;
use shop::ids::MailId;

use crate::{config::Config, letters::Rendered};

/// Connecting, and each answer of the server's, take no longer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Why a mail was not taken, in the server's words: for staff.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may be taken later: no server answered, it is busy, or it does not know us.
    #[error("{0}")]
    Later(String),
    /// This mail will never be taken.
    #[error("{0}")]
    Never(String),
}

/// A mail on its way.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Names it: a second copy, sent because the answer to the first one got lost, is recognised by this.
    pub id: MailId,
    /// When it is sent.
    pub at: DateTime<Utc>,
    /// The address it goes to.
    pub recipient: &'a str,
    /// What it says.
    pub rendered: &'a Rendered,
}

/// The client.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// As configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If `SMTP_URL` or `MAIL_FROM` cannot be read. What stands in the URL is not repeated: it holds a password.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let from: Mailbox = config.mail_from.parse()?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(config.smtp_url.expose_secret())
            .map_err(|_| anyhow::anyhow!("SMTP_URL cannot be read"))?
            .timeout(Some(TIMEOUT))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .build();
        Ok(Self { transport, from })
    }

    /// Sends a mail, once.
    ///
    /// # Errors
    /// Whether it may be taken later.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error, mail.recipient)),
        }
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, MailError> {
        let never = |error: &dyn std::error::Error| MailError::Never(format!("not a mail: {error}"));
        let to: Address = mail.recipient.parse().map_err(|error| never(&error))?;
        let rendered = mail.rendered;
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(mail.at.into())
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(rendered.subject.clone())
            // No out-of-office message comes back (RFC 3834 §5.1).
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
        if let Some(url) = &rendered.unsubscribe {
            // RFC 2369 §3.2, and RFC 8058 for the button that mail programs show.
            message = message
                .raw_header(header("List-Unsubscribe", format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        message
            .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
            .map_err(|error| never(&error))
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// Words in which an address does not stand any more, however it was written.
fn without(words: &str, address: &str) -> String {
    let (folded, address) = (words.to_ascii_lowercase(), address.to_ascii_lowercase());
    let mut left = String::with_capacity(words.len());
    let mut from = 0;
    while let Some(at) = folded[from..].find(&address).filter(|_| !address.is_empty()) {
        left.push_str(&words[from..from + at]);
        left.push_str("(recipient)");
        from += at + address.len();
    }
    left.push_str(&words[from..]);
    left
}

fn judge(error: &lettre::transport::smtp::Error, recipient: &str) -> MailError {
    // Servers like to repeat whom they did not find. What is written down of a failure outlives the address.
    let words = without(&error.to_string(), recipient);
    // A server that does not know us (RFC 4954 §6) will take the same mail once the operator has mended that.
    let unknown_to_it =
        error.status().is_some_and(|code| ["530", "534", "535", "538"].contains(&&*code.to_string()));
    // The server knows no addresses outside of ASCII (RFC 6531), and no other one is asked.
    let unspeakable = error.is_client() && !recipient.is_ascii();
    if (error.is_permanent() && !unknown_to_it) || unspeakable {
        MailError::Never(words)
    } else {
        MailError::Later(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_does_not_stand_in_what_is_written_down() {
        let words = "550 5.1.1 <Mira@Example.org>: unknown; mira@example.org ü";
        assert_eq!(without(words, "mira@example.org"), "550 5.1.1 <(recipient)>: unknown; (recipient) ü");
        assert_eq!(without("421 busy", "mira@example.org"), "421 busy");
    }
}
