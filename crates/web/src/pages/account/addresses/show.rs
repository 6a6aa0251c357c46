//! GET and POST /account/addresses/{id}

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{StaleTransition, addresses, ids::AddressId};

use super::{
    PATH,
    form::{self, AddressForm},
};
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    views::Page,
};

/// templates/account/addresses/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    form: AddressForm,
}

impl Page for Show {
    const TEMPLATE: &'static str = "account/addresses/show.html";

    fn title(&self) -> Cow<'_, str> {
        "Change an address".into()
    }

    fn samples() -> Vec<Self> {
        AddressForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// The address in its form, perhaps in that of another country.
#[handler]
pub async fn show(visit: Member, Id(id): Id<AddressId>) -> Result<Response, Problem> {
    let known = addresses::find(&visit.site.db, visit.account_id, id).await?.ok_or(Problem::NotFound)?;
    let mut texts = known.texts;
    if let Some(country) = visit.query("country") {
        texts.country = country;
    }
    visit.page(&Show { form: AddressForm::new(&texts, vec![]) })
}

/// Writes it anew.
#[handler]
pub async fn create(visit: Member, Id(id): Id<AddressId>, form: CheckedForm) -> Result<Response, Problem> {
    addresses::find(&visit.site.db, visit.account_id, id).await?.ok_or(Problem::NotFound)?;
    let texts = form::typed(&form);
    let place = match form::checked(&texts) {
        Ok(place) => place,
        Err(errors) => {
            let page = Show { form: AddressForm::new(&texts, errors) };
            return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    match addresses::change(&visit.site.db, visit.account_id, id, &place).await? {
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::AddressSaved)),
        Err(StaleTransition) => Err(Problem::NotFound),
    }
}
