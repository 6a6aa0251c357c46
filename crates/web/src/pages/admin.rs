//! The office: what staff see and do. Whom each page is for stands in `routes`; what is linked to is what one may open.

pub mod accounts;
pub mod audit;
pub mod blocklist;
pub mod coupons;
pub mod index;
pub mod mails;
pub mod orders;
pub mod prices;
pub mod providers;
pub mod reviews;
pub mod strikes;
pub mod upkeep;

use serde::Serialize;
use shop::{
    accounts::{Duty, Role},
    money::Currency,
};
use strum::VariantArray;
use url::form_urlencoded;

use crate::{admission::Staff, error::Problem};

/// How many rows a page has.
const SHOWN: usize = 30;

/// `office` in templates/admin/_office.html
#[derive(Debug, Clone, Serialize)]
pub struct Office {
    links: Vec<Link>,
    role: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Link {
    href: &'static str,
    label: &'static str,
}

/// The pages, for whom they are, and what is found there.
const PAGES: [(&str, &str, Duty); 12] = [
    (index::PATH, "Overview", Duty::EnterOffice),
    (orders::PATH, "Orders", Duty::SeeOrders),
    (reviews::index::PATH, "Pictures", Duty::ReviewPictures),
    (prices::PATH, "Prices", Duty::ChangePrices),
    (coupons::PATH, "Coupons", Duty::ChangeCoupons),
    (accounts::PATH, "Accounts", Duty::SeeAccounts),
    (strikes::PATH, "Turned down", Duty::JudgeStrikes),
    (blocklist::PATH, "Blocklist", Duty::ChangeBlocklist),
    (providers::PATH, "Providers", Duty::SeeProviders),
    (upkeep::PATH, "Upkeep", Duty::SeeProviders),
    (mails::PATH, "Mails", Duty::SeeMails),
    (audit::PATH, "Audit log", Duty::SeeAudit),
];

impl Office {
    /// As somebody with this role finds it.
    pub fn new(role: Role) -> Self {
        let links = PAGES
            .iter()
            .filter(|(_, _, duty)| role.may(*duty))
            .map(|(href, label, _)| Link { href, label })
            .collect();
        Self { links, role: role_text(role) }
    }
}

/// One of several, in a list to choose from.
#[derive(Debug, Clone, Serialize)]
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// All currencies to choose from, the one with this code chosen.
fn currency_choices(chosen: &str) -> Vec<Choice> {
    let choice = |currency: &Currency| Choice {
        value: currency.code().to_owned(),
        text: format!("{} ({currency})", currency.name()),
        chosen: currency.code() == chosen,
    };
    Currency::VARIANTS.iter().map(choice).collect()
}

/// A state, as a word with a dot before it.
#[derive(Debug, Clone, Copy, Serialize)]
struct Badge {
    class: &'static str,
    text: &'static str,
}

/// A role as people say it.
pub fn role_text(role: Role) -> &'static str {
    match role {
        Role::Customer => "Customer",
        Role::Support => "Support",
        Role::Production => "Production",
        Role::Manager => "Manager",
        Role::Owner => "Owner",
    }
}

/// A word that the code knows, such as `verify_email`, as people read it.
fn words(known: &str) -> String {
    let spaced = known.replace(['_', '.'], " ");
    let mut chars = spaced.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What the address asks for under a name: an id or a state. An empty one asks for nothing, another text names nothing.
fn asked<T: std::str::FromStr>(visit: &Staff, name: &str) -> Result<Option<T>, Problem> {
    let text = visit.query(name).filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| Problem::NotFound)).transpose()
}

/// A page's rows, one more of which was asked for than is shown: whether there are others tells that one.
fn paged<T>(mut rows: Vec<T>) -> (Vec<T>, bool) {
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    (rows, more)
}

fn limit() -> i64 {
    i64::try_from(SHOWN + 1).unwrap_or(i64::MAX)
}

/// The address of a page with these words behind the `?`; empty ones are left out.
fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
    let text = text.finish();
    if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
}
