//! What mails say: `templates/mails/<kind>.txt`, with the subject, and `<kind>.html` beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::{
    ids::OrderId,
    mails::{Letter, MailKind, Outgoing},
    money::Money,
    orders::{self, Hold, Order, SumRow},
};
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
    /// Money that went one way or the other.
    money: String,
    /// Why an order is held.
    hold: &'static str,
    /// The order that it is about.
    order: Option<Ordered<'a>>,
    /// Whether what pictures are called stands in it, and where the parcel goes: customers' own words, which go to nobody but
    /// whoever paid (`shop::orders`).
    captions: bool,
    /// All that the letter is about, as it is stored.
    letter: &'a Letter,
}

/// An order in words.
#[derive(Serialize)]
struct Ordered<'a> {
    number: i64,
    placed_on: String,
    paid_on: String,
    total: String,
    lines: Vec<Line<'a>>,
    sums: Vec<SumRow>,
    address: Vec<String>,
    shipping: Option<&'static str>,
    is_sent: bool,
    /// `4 to 8`, or `5`.
    days: String,
}

#[derive(Serialize)]
struct Line<'a> {
    quantity: i32,
    title: &'a str,
    choices: String,
    caption: String,
    total: String,
}

impl<'a> From<&'a Order> for Ordered<'a> {
    fn from(order: &'a Order) -> Self {
        let line = |line: &'a orders::Line| Line {
            quantity: line.quantity,
            title: &line.product_title,
            choices: line.choices(),
            caption: line.caption.split_whitespace().collect::<Vec<_>>().join(" "),
            // As the sums go on from it: the discount has a row of its own, and so has a tax on top.
            total: order.sums.money(line.subtotal).to_string(),
        };
        Self {
            number: order.number,
            placed_on: date(order.placed_at),
            paid_on: date(order.paid_at.unwrap_or(order.placed_at)),
            total: order.sums.due().to_string(),
            lines: order.lines.iter().map(line).collect(),
            sums: order.sum_rows(),
            address: order.address_lines(),
            shipping: order.shipping_title(),
            is_sent: order.shipping_method.is_some() && order.days.is_some(),
            days: order.days.map(span).unwrap_or_default(),
        }
    }
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
            money: String::new(),
            hold: "",
            order: mail.order.as_ref().map(Ordered::from),
            captions: false,
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
            Letter::OrderPaid { order_id } => {
                words.captions = true;
                order_path(*order_id, token)
            }
            Letter::OrderReceived { order_id }
            | Letter::OrderPaymentFailed { order_id }
            | Letter::OrderExpired { order_id }
            | Letter::OrderCalledOff { order_id, .. }
            | Letter::OrderLink { order_id } => order_path(*order_id, token),
            Letter::OrderRefunded { order_id, amount, currency } => {
                words.money = Money::new(*amount, *currency).to_string();
                order_path(*order_id, token)
            }
            Letter::OrderHeld { order_id, hold } => {
                words.hold = hold_text(*hold);
                format!("/admin/orders/{order_id}")
            }
            Letter::OrderDisputed { order_id, amount, currency }
            | Letter::OrderRefundFailed { order_id, amount, currency } => {
                words.money = Money::new(*amount, *currency).to_string();
                format!("/admin/orders/{order_id}")
            }
        };
        words.link = format!("{}{path}", self.shop);
        words
    }
}

/// Where an order is seen: by the link itself, if it lets somebody in, else by who is signed in.
fn order_path(id: OrderId, token: &str) -> String {
    if token.is_empty() { format!("/orders/{id}") } else { format!("/orders/{id}/access/{token}") }
}

/// What staff read of why an order is held.
fn hold_text(hold: Hold) -> &'static str {
    match hold {
        Hold::Dispute => "The customer's bank wants the money back.",
        Hold::AmountMismatch => "Another amount came than was asked for.",
        Hold::CurrencyMismatch => "Another currency came than was asked for.",
        Hold::PaidTwice => "It was paid more than once.",
        Hold::PaidAfterEnd => "It was paid after it had ended.",
    }
}

/// `4 to 8`, or `5`.
fn span((least, most): (i16, i16)) -> String {
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

/// `8 December 2026`.
fn date(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
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
