//! GET and POST /checkout/address

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    StaleTransition, accounts,
    addresses::{self, ADDRESSES_MAX, Address, Country, Full, Texts},
    carts::Owner,
    checkouts::{self, Plan, Step},
    ids::{AccountId, AddressId},
};
use uuid::Uuid;

use super::{Stage, begun, path, progress};
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError},
    pages::{
        account::addresses::form::{self, AddressForm},
        doors,
    },
    views::Page,
    visit::{Visit, see_other},
};

/// templates/checkout/address.html
#[derive(Debug, Clone, Serialize)]
pub struct AddressPage {
    progress: Vec<Stage>,
    /// Whether anything is sent. For files the country is enough.
    is_sent: bool,
    /// A guest's, as it was typed; nothing for whoever is signed in.
    email: Option<String>,
    /// Those of whoever is signed in.
    book: Vec<Entry>,
    /// Whether one more fits in there.
    can_save: bool,
    save: bool,
    form: AddressForm,
    /// Of the summary: those of the form, and of the e-mail address.
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Entry {
    id: AddressId,
    lines: Vec<String>,
    is_default: bool,
}

impl Page for AddressPage {
    const TEMPLATE: &'static str = "checkout/address.html";
    const HAS_FORM: bool = true;
    const PLACE: Option<&'static str> = Some("/cart");

    fn title(&self) -> Cow<'_, str> {
        if self.is_sent { "Where it goes".into() } else { "Your details".into() }
    }

    fn samples() -> Vec<Self> {
        let entry = |n: u128| Entry {
            id: AddressId(Uuid::from_u128(n)),
            lines: vec!["Mira <b>fox".to_owned(), "Gartenstraße 3".to_owned(), "Germany".to_owned()],
            is_default: n == 0,
        };
        let errors = vec![
            FieldError::new("email", "Please look at this <again>."),
            FieldError::new("", "Please look at all of it <again>."),
        ];
        let page = |form: AddressForm, is_sent, is_guest: bool| Self {
            progress: progress(Step::Address, is_sent),
            is_sent,
            email: is_guest.then(|| "\"mira\"@".to_owned()),
            book: if is_guest { vec![] } else { vec![entry(0), entry(1)] },
            can_save: !is_guest,
            save: !is_guest,
            form,
            errors: errors.clone(),
        };
        let forms = AddressForm::samples().into_iter();
        forms
            .flat_map(|form| {
                [page(form.clone(), true, true), page(form.clone(), true, false), page(form, false, true)]
            })
            .collect()
    }
}

impl AddressPage {
    fn new(
        plan: &Plan,
        email: Option<String>,
        book: Vec<Address>,
        texts: &Texts,
        save: bool,
        errors: Vec<FieldError>,
    ) -> Self {
        let is_guest = email.is_some();
        let can_save = !is_guest && i64::try_from(book.len()).is_ok_and(|count| count < ADDRESSES_MAX);
        let entry = |address: Address| Entry {
            id: address.id,
            lines: address.lines(),
            is_default: address.is_default,
        };
        Self {
            progress: progress(Step::Address, plan.is_sent()),
            is_sent: plan.is_sent(),
            email,
            book: if plan.is_sent() { book.into_iter().map(entry).collect() } else { vec![] },
            can_save,
            save,
            form: AddressForm::new(texts, errors.clone()),
            errors,
        }
    }
}

/// Asks where it goes: with what was said before, or what the account says, perhaps in another country.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let (owner, plan) = match begun(&visit, Step::Address).await? {
        Ok(begun) => begun,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let book = book(&visit, &owner).await?;
    let said = plan.checkout.as_ref().and_then(|checkout| checkout.address.clone());
    let default = book.iter().find(|address| address.is_default).map(|address| address.texts.clone());
    let mut texts = said.or(default).unwrap_or_default();
    if let Some(country) = visit.query("country") {
        texts.country = country;
    }
    if let (Some(id), true) = (owner.account_id(), texts.name.is_empty()) {
        texts.name = accounts::profile(&visit.site.db, id).await?.name;
    }
    let known = plan.checkout.as_ref().map(|checkout| checkout.email.clone()).unwrap_or_default();
    let email = owner.account_id().is_none().then_some(known);
    visit.page(&AddressPage::new(&plan, email, book, &texts, false, vec![]))
}

/// Keeps where it goes, and goes on.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let (owner, plan) = match begun(&visit, Step::Address).await? {
        Ok(begun) => begun,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let book = book(&visit, &owner).await?;
    let mut errors = Vec::new();
    let chosen = form.text("address");
    let (texts, checked) = if chosen.is_empty() {
        let texts = form::typed(&form);
        let checked = if plan.is_sent() {
            form::checked(&texts).map(|place| place.texts().clone())
        } else {
            country_alone(&texts)
        };
        (texts, checked)
    } else {
        let id: AddressId = chosen.parse().map_err(|_| Problem::NotFound)?;
        let known = book.iter().find(|address| address.id == id).ok_or(Problem::NotFound)?;
        // Kept before its country asked for something more, perhaps.
        (known.texts.clone(), form::checked(&known.texts).map(|place| place.texts().clone()))
    };
    let email = match owner.account_id() {
        Some(_) => visit.known_visitor().map(|visitor| visitor.email.clone()),
        None => doors::email(form.text("email")).map(str::to_owned),
    };
    if email.is_none() {
        errors.push(FieldError::new("email", doors::MALFORMED));
    }
    let save = form.text("save") == "yes";
    match (checked, email) {
        (Ok(address), Some(email)) => {
            if let (Some(account_id), true) = (owner.account_id(), save && plan.is_sent()) {
                keep(&visit, account_id, &book, &address).await?;
            }
            let (db, cart_id) = (&visit.site.db, plan.snapshot.cart.id);
            match checkouts::set_address(db, &visit.cause, cart_id, &email, &address).await? {
                Ok(()) if plan.is_sent() => Ok(see_other(path(Step::Shipping))),
                Ok(()) => Ok(see_other(path(Step::Review))),
                Err(StaleTransition) => Ok(see_other(path(Step::Cart))),
            }
        }
        (checked, _) => {
            errors.extend(checked.err().unwrap_or_default());
            let typed = owner.account_id().is_none().then(|| form.text("email").to_owned());
            let page = AddressPage::new(&plan, typed, book, &texts, save, errors);
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

async fn book(visit: &Visit, owner: &Owner) -> Result<Vec<Address>, Problem> {
    Ok(match owner {
        Owner::Account(id) => addresses::list(&visit.site.db, *id).await?,
        Owner::Guest(_) => vec![],
    })
}

/// What is enough where nothing is sent: whose tax is taken.
fn country_alone(texts: &Texts) -> Result<Texts, Vec<FieldError>> {
    match Country::find(texts.country.trim()) {
        Some(country) => Ok(Texts { country: country.code.clone(), ..Texts::default() }),
        None => Err(vec![FieldError::new("country", "Please choose a country from the list.")]),
    }
}

/// Puts an address into the book, unless it is there already. A full book keeps nobody from ordering: the page says that it is full.
async fn keep(
    visit: &Visit,
    account_id: AccountId,
    book: &[Address],
    address: &Texts,
) -> Result<(), Problem> {
    let is_new = book.iter().all(|known| known.texts != *address);
    if let (true, Ok(place)) = (is_new, addresses::check(address)) {
        match addresses::add(&visit.site.db, &visit.cause, account_id, &place).await? {
            Ok(_) | Err(Full) => {}
        }
    }
    Ok(())
}
