//! The form: what was typed, what is wrong with it, and how it looks.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::dashboard::escape;
use crate::stripe::cards::bare;
use crate::stripe::money;
use crate::stripe::payments::Means;
use crate::stripe::sessions::{Customer, Session};

/// The fields as typed, and what to say about them.
#[derive(Default)]
pub(super) struct Typed {
    fields: BTreeMap<String, String>,
    errors: BTreeMap<&'static str, &'static str>,
    /// The bank's words.
    pub declined: Option<&'static str>,
}

/// A form without mistakes.
pub(super) struct Attempt {
    pub means: Means,
    pub customer: Customer,
    pub shipping: Option<usize>,
}

impl Typed {
    /// Before anything is typed.
    pub fn of(session: &Session) -> Typed {
        let method = session.methods.first().cloned().unwrap_or_default();
        Typed { fields: BTreeMap::from([("method".to_owned(), method)]), ..Typed::default() }
    }

    pub fn read(session: &Session, body: &[u8]) -> Typed {
        let mut typed = Typed::of(session);
        typed.fields.extend(
            form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.trim().to_owned())),
        );
        typed
    }

    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn wrong_number(&mut self) {
        if self.field("method") == "sepa_debit" {
            self.errors.insert("iban", "This is not one of the test accounts that are listed below.");
        } else {
            self.errors.insert("card_number", "Your card number is not valid.");
        }
    }

    /// What the customer wants, or none with the mistakes noted.
    pub fn check(&mut self, session: &Session, now: u64) -> Option<Attempt> {
        self.errors.clear();
        let email = session.customer_email.clone().unwrap_or_else(|| self.field("email").to_owned());
        if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
            self.errors.insert("email", "Please give your e-mail address, such as ada@example.org.");
        }
        let means = if session.total() == 0 {
            Means::Nothing
        } else if self.field("method") == "sepa_debit" {
            self.check_name("iban_name");
            if bare(self.field("iban")).len() < 15 {
                self.errors.insert("iban", "Please give the whole IBAN.");
            }
            Means::Iban(self.field("iban").to_owned())
        } else {
            self.check_card(now);
            Means::Card(self.field("card_number").to_owned())
        };
        let name = if self.field("method") == "sepa_debit" { "iban_name" } else { "name" };
        let name = Some(self.field(name).to_owned()).filter(|name| !name.is_empty());
        let attempt = Attempt {
            means,
            customer: Customer { email: Some(email), name },
            shipping: self.field("shipping").parse().ok(),
        };
        self.errors.is_empty().then_some(attempt)
    }

    fn check_card(&mut self, now: u64) {
        let number = bare(self.field("card_number"));
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            self.errors.insert("card_number", "Your card number is incomplete.");
        }
        match expiry(self.field("expiry")) {
            None => {
                self.errors.insert("expiry", "Please give month and year as on the card, such as 12/30.");
            }
            Some(month) if month < month_of(now) => {
                self.errors.insert("expiry", "Your card's expiry date is in the past.");
            }
            Some(_) => {}
        }
        let cvc = self.field("cvc");
        if !(3..=4).contains(&cvc.len()) || !cvc.bytes().all(|digit| digit.is_ascii_digit()) {
            self.errors.insert("cvc", "Please give the three or four digits of the security code.");
        }
        self.check_name("name");
    }

    fn check_name(&mut self, name: &'static str) {
        if self.field(name).is_empty() {
            self.errors.insert(name, "Please give the name of whoever pays.");
        }
    }
}

/// `12/30` in months since the year 0.
fn expiry(text: &str) -> Option<u64> {
    let (month, year) = text.split_once('/')?;
    let (month, year): (u64, u64) = (month.trim().parse().ok()?, year.trim().parse().ok()?);
    let year = if year < 100 { 2_000 + year } else { year };
    (1..=12).contains(&month).then_some(year * 12 + month - 1)
}

/// About the month of a time in seconds since 1970: at the turn of a month it may be a day off.
fn month_of(now: u64) -> u64 {
    const AVERAGE_MONTH: u64 = 2_629_746;
    1_970 * 12 + now / AVERAGE_MONTH
}

pub(super) fn render(session: &Session, typed: &Typed) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write!(page, "<div class=\"columns\"><section class=\"summary\">{}</section>", summary(session));
    let _ = write!(page, "<section><form method=\"post\" novalidate>{}", alert(typed));
    match &session.customer_email {
        Some(email) => {
            let _ = write!(page, "<p>E-mail <strong>{}</strong></p>", escape(email));
        }
        None => page.push_str(&input(
            typed,
            "email",
            "E-mail",
            "email",
            "autocomplete=\"email\" inputmode=\"email\"",
        )),
    }
    page.push_str(&shipping(session, typed));
    if session.total() > 0 {
        page.push_str(&ways(session, typed));
    }
    let verb = match session.submit_type.as_deref() {
        Some("book") => "Book",
        Some("donate") => "Donate",
        Some(_) | None if session.total() == 0 => "Complete the order",
        Some(_) | None => "Pay",
    };
    let _ = write!(page, "<button>{verb}{}</button></form>", sum_on_button(session));
    if let Some(url) = &session.cancel_url {
        let _ = write!(page, "<p><a href=\"{}\" class=\"back\">Back to the shop</a></p>", escape(url));
    }
    page.push_str("</section></div>");
    page.push_str(HINTS);
    page
}

const HINTS: &str = "<section class=\"hints\"><h2>Numbers to try</h2><dl>\
    <dt>4242 4242 4242 4242</dt><dd>pays</dd>\
    <dt>4000 0000 0000 0002</dt><dd>is declined</dd>\
    <dt>4000 0000 0000 9995</dt><dd>has insufficient funds</dd>\
    <dt>4000 0025 0000 3155</dt><dd>asks the bank (3-D Secure)</dd>\
    <dt>4000 0000 0000 0259</dt><dd>pays and is disputed soon after</dd>\
    <dt>4000 0000 0000 7726</dt><dd>pays; refunds take a while</dd>\
    <dt>4000 0000 0000 5126</dt><dd>pays; refunds fail</dd>\
    <dt>AT61 1904 3002 3457 3201</dt><dd>pays a little later</dd>\
    <dt>AT86 1904 3002 3547 3202</dt><dd>fails a little later</dd></dl>\
    <p class=\"quiet\">Any expiry date to come, such as 12/30, and any security code, such as 123.</p></section>";

fn sum_on_button(session: &Session) -> String {
    if session.total() == 0 || session.shipping.len() > 1 {
        return String::new();
    }
    format!(" {}", escape(&money::written(session.total(), &session.currency)))
}

fn summary(session: &Session) -> String {
    let written = |amount| escape(&money::written(amount, &session.currency));
    let mut rows = String::new();
    for line in &session.lines {
        let picture = line
            .images
            .first()
            .map(|url| format!("<img src=\"{}\" alt=\"\" width=\"56\" height=\"56\">", escape(url)));
        let about = line
            .description
            .as_ref()
            .map(|text| format!("<br><span class=\"quiet\">{}</span>", escape(text)));
        // As on the real page, one of a thing is not counted.
        let several = (line.quantity > 1).then(|| {
            format!("<br><span class=\"quiet\">{} × {}</span>", line.quantity, written(line.unit_amount))
        });
        let _ = write!(
            rows,
            "<li>{}<span class=\"what\">{}{}{}</span><span>{}</span></li>",
            picture.unwrap_or_default(),
            escape(&line.name),
            about.unwrap_or_default(),
            several.unwrap_or_default(),
            written(line.total()),
        );
    }
    if let [only] = session.shipping.as_slice() {
        let _ = write!(
            rows,
            "<li><span class=\"what\">{}</span><span>{}</span></li>",
            escape(&only.name),
            written(only.amount)
        );
    }
    let total = written(session.total());
    format!(
        "<h1>{total}</h1><ul class=\"lines\">{rows}\
         <li class=\"total\"><span class=\"what\">Total</span><span>{total}</span></li></ul>"
    )
}

fn alert(typed: &Typed) -> String {
    if let Some(words) = typed.declined {
        let more = "Nothing was charged. You can try again, or pay in another way.";
        return format!("<p class=\"alert\" role=\"alert\">{} {more}</p>", escape(words));
    }
    if typed.errors.is_empty() {
        return String::new();
    }
    "<p class=\"alert\" role=\"alert\">Something is missing or not right yet. Please look at the marked fields.</p>"
        .to_owned()
}

fn shipping(session: &Session, typed: &Typed) -> String {
    if session.shipping.len() < 2 {
        return String::new();
    }
    let chosen = typed.field("shipping").parse().unwrap_or(session.chosen);
    let mut options = String::new();
    for (index, option) in session.shipping.iter().enumerate() {
        let checked = if index == chosen { " checked" } else { "" };
        let _ = write!(
            options,
            "<label class=\"way\"><input type=\"radio\" name=\"shipping\" value=\"{index}\"{checked}> {}, {}</label>",
            escape(&option.name),
            escape(&money::written(option.amount, &session.currency))
        );
    }
    format!("<fieldset><legend>Shipping</legend>{options}</fieldset>")
}

fn ways(session: &Session, typed: &Typed) -> String {
    let mut ways = String::new();
    let offers = |method: &str| session.methods.iter().any(|offered| offered == method);
    let way = |method: &str, name: &str| {
        let checked = if typed.field("method") == method { " checked" } else { "" };
        let kind = if session.methods.len() > 1 { "radio" } else { "hidden" };
        let input = format!("<input type=\"{kind}\" name=\"method\" value=\"{method}\"{checked}>");
        if kind == "hidden" { input } else { format!("<label class=\"way\">{input} {name}</label>") }
    };
    if offers("card") {
        let number = "inputmode=\"numeric\" autocomplete=\"cc-number\" placeholder=\"4242 4242 4242 4242\"";
        let _ = write!(
            ways,
            "{}<div class=\"card\">{}{}{}{}</div>",
            way("card", "Card"),
            input(typed, "card_number", "Card number", "text", number),
            input(typed, "expiry", "Expiry date", "text", "autocomplete=\"cc-exp\" placeholder=\"12/30\""),
            input(
                typed,
                "cvc",
                "Security code",
                "text",
                "inputmode=\"numeric\" autocomplete=\"cc-csc\" placeholder=\"123\""
            ),
            input(typed, "name", "Name on the card", "text", "autocomplete=\"cc-name\""),
        );
    }
    if offers("sepa_debit") {
        let _ = write!(
            ways,
            "{}<div class=\"sepa\">{}{}<p class=\"quiet\">The money is taken from your account in a few days. The order is \
             paid when it arrives.</p></div>",
            way("sepa_debit", "SEPA Direct Debit"),
            input(
                typed,
                "iban",
                "IBAN",
                "text",
                "autocomplete=\"off\" placeholder=\"AT61 1904 3002 3457 3201\""
            ),
            input(typed, "iban_name", "Account holder", "text", "autocomplete=\"name\""),
        );
    }
    format!("<fieldset class=\"ways\"><legend>Payment method</legend>{ways}</fieldset>")
}

fn input(typed: &Typed, name: &'static str, label: &str, kind: &str, more: &str) -> String {
    // The security code is typed anew each time.
    let value = if name == "cvc" { String::new() } else { escape(typed.field(name)) };
    let (mark, words) = match typed.errors.get(name) {
        Some(words) => (
            format!(" aria-invalid=\"true\" aria-describedby=\"{name}-error\""),
            format!("<span class=\"error\" id=\"{name}-error\">{}</span>", escape(words)),
        ),
        None => (String::new(), String::new()),
    };
    format!(
        "<div class=\"field {name}\"><label for=\"{name}\">{label}</label>\
         <input id=\"{name}\" name=\"{name}\" type=\"{kind}\" value=\"{value}\" {more}{mark}>{words}</div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_date_is_read_as_cards_have_it() {
        assert_eq!(expiry("12/30"), expiry(" 12 / 2030 "));
        assert!(expiry("13/30").is_none() && expiry("1230").is_none());
        // 24 November 2026.
        let now = month_of(1_795_500_000);
        assert!(expiry("10/26").is_some_and(|month| month < now));
        assert!(expiry("12/26").is_some_and(|month| month >= now));
    }
}
