//! GET /account/addresses/new and POST /account/addresses

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts,
    addresses::{self, ADDRESSES_MAX, Full, Texts},
};

use super::{
    PATH,
    form::{self, AddressForm},
};
use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    views::Page,
};

/// templates/account/addresses/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    form: AddressForm,
}

impl Page for New {
    const TEMPLATE: &'static str = "account/addresses/new.html";

    fn title(&self) -> Cow<'_, str> {
        "Add an address".into()
    }

    fn samples() -> Vec<Self> {
        AddressForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// Asks for the country, and then for what its post needs.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let name = accounts::profile(&visit.site.db, visit.account_id).await?.name;
    let country = visit.query("country").unwrap_or_default();
    visit.page(&New { form: AddressForm::new(&Texts { country, name, ..Texts::default() }, vec![]) })
}

/// Adds it.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let texts = form::typed(&form);
    let errors = match form::checked(&texts) {
        Ok(place) => {
            let added = addresses::add(&visit.site.db, &visit.cause, visit.account_id, &place).await?;
            let Err(Full) = added else { return Ok(visit.see_other_with(PATH, Flash::AddressSaved)) };
            let text = format!(
                "There are {ADDRESSES_MAX} addresses already, which is as many as we keep. Please delete one that you do not need."
            );
            vec![FieldError::new("", text)]
        }
        Err(errors) => errors,
    };
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &New { form: AddressForm::new(&texts, errors) })
}
