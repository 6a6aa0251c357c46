//! What mails say: `templates/mails/<kind>.txt`, with the subject, and `<kind>.html` beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::mails::{Letter, MailKind, Outgoing};
use strum::VariantArray;
use tera::{Context, Tera};
use url::Url;

/// All letters, parsed.
#[derive(Clone)]
pub struct Letters {
    folder: PathBuf,
    /// Where browsers reach the shop, without a slash at its end.
    shop: String,
    /// Whether somebody works on the words here, so that they are read again for each letter.
    watched: bool,
    engine: Arc<Tera>,
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Complete in itself, for whoever reads plain text.
    pub text: String,
    /// The same, for everybody else.
    pub html: String,
    /// The link that turns news off, if it is news.
    pub unsubscribe: Option<String>,
}

/// What the templates are given.
#[derive(Serialize)]
struct Words<'a> {
    /// The address of the shop.
    shop: &'a str,
    /// How to call whom it is for; empty if we do not know.
    name: String,
    /// Where to go on.
    link: String,
    /// Where news are turned off.
    unsubscribe: Option<&'a str>,
    /// The other address of an account that moves.
    new_email: &'a str,
    /// The new role.
    role: &'a str,
    /// Whether one-time codes are asked for now.
    on: bool,
    /// The moment that the letter is about.
    moment: String,
    /// Dollars that were spent.
    spent: String,
    /// Dollars that may be spent.
    cap: String,
    /// All that the letter is about, as it is stored.
    letter: &'a Letter,
}

impl Letters {
    /// Parses the templates for mails in a folder of templates.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn open(templates: &Path, shop: &Url, watched: bool) -> anyhow::Result<Self> {
        let folder = templates.join("mails");
        let engine = Arc::new(parse(&folder)?);
        Ok(Self { folder, shop: shop.as_str().trim_end_matches('/').to_owned(), watched, engine })
    }

    /// Puts a mail in words. `token` is what the link in it carries, if it lets somebody in.
    ///
    /// # Errors
    /// What a template lacks.
    pub fn render(&self, mail: &Outgoing, token: Option<&str>) -> anyhow::Result<Rendered> {
        let engine = if self.watched { Arc::new(parse(&self.folder)?) } else { self.engine.clone() };
        let unsubscribe =
            mail.unsubscribe_token.map(|token| format!("{}/mail-preferences/{token}", self.shop));
        let words = self.words(mail, token, unsubscribe.as_deref());
        let mut context = Context::from_serialize(&words)?;
        let [plain, rich] = files(MailKind::from(&mail.letter));
        let text = engine.render(&plain, &context)?;
        let (subject, text) = text.trim_start().split_once('\n').context("a letter has no subject")?;
        context.insert("subject", subject);
        let html = engine.render(&rich, &context)?;
        Ok(Rendered { subject: subject.to_owned(), text: text.trim_start().to_owned(), html, unsubscribe })
    }

    fn words<'a>(
        &'a self,
        mail: &'a Outgoing,
        token: Option<&str>,
        unsubscribe: Option<&'a str>,
    ) -> Words<'a> {
        let mut words = Words {
            shop: &self.shop,
            // On one line, whatever it was made of.
            name: mail.name.split_whitespace().collect::<Vec<_>>().join(" "),
            link: String::new(),
            unsubscribe,
            new_email: "",
            role: "",
            on: false,
            moment: String::new(),
            spent: String::new(),
            cap: String::new(),
            letter: &mail.letter,
        };
        let token = token.unwrap_or_default();
        let path = match &mail.letter {
            Letter::VerifyEmail { .. } => format!("/verifications/{token}"),
            Letter::ResetPassword => format!("/password-resets/{token}"),
            Letter::ConfirmNewEmail => format!("/email-changes/{token}"),
            Letter::AccountExists => "/sign-in".to_owned(),
            Letter::PasswordChanged => "/password-resets/new".to_owned(),
            Letter::EmailChangeAsked { new_email } => {
                words.new_email = new_email;
                "/account/password".to_owned()
            }
            Letter::EmailChanged { new_email } => {
                words.new_email = new_email;
                String::new()
            }
            Letter::SecondFactorChanged { on } => {
                words.on = *on;
                "/account/second-factor".to_owned()
            }
            Letter::RoleChanged { role } => {
                words.role = role;
                "/account".to_owned()
            }
            Letter::ExportReady { .. } => "/account/exports".to_owned(),
            Letter::ErasureScheduled { erase_at } => {
                words.moment = day(*erase_at);
                "/account/deletion".to_owned()
            }
            Letter::ErasureCalledOff => "/account".to_owned(),
            Letter::Erased => String::new(),
            Letter::PicturesReady { generation_id } | Letter::PicturesFailed { generation_id } => {
                format!("/generations/{generation_id}")
            }
            Letter::PictureReviewed { image_id, .. } => format!("/images/{image_id}"),
            Letter::ProviderPaused { .. } | Letter::RequestRejected { .. } | Letter::ModelRetires { .. } => {
                "/admin/providers".to_owned()
            }
            Letter::SpendingNearCap { spent_microdollars, cap_microdollars, .. } => {
                words.spent = dollars(*spent_microdollars);
                words.cap = dollars(*cap_microdollars);
                "/admin/providers".to_owned()
            }
            Letter::AccountInReview { account_id } => format!("/admin/accounts/{account_id}"),
        };
        words.link = format!("{}{path}", self.shop);
        words
    }
}

/// `8 December 2026, 09:05 UTC`: a mail does not know its reader's clock.
fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// `$12.50`, of millionths of a dollar.
fn dollars(micro: i64) -> String {
    format!("${}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000)
}

fn parse(folder: &Path) -> anyhow::Result<Tera> {
    let mut sources = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("no templates in {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            sources.push((
                name.to_owned(),
                fs::read_to_string(&path).with_context(|| path.display().to_string())?,
            ));
        }
    }
    // Tera escapes what stands in templates whose names end in `.html`, and nothing in plain text.
    let mut engine = Tera::new();
    engine.add_raw_templates(sources)?;
    for kind in MailKind::VARIANTS {
        for name in files(*kind) {
            ensure!(engine.contains_template(&name), "there is no {name} in {}", folder.display());
        }
    }
    Ok(engine)
}

/// The templates of a kind: plain text, and markup.
fn files(kind: MailKind) -> [String; 2] {
    let kind: &str = kind.into();
    [format!("{kind}.txt"), format!("{kind}.html")]
}
