//! POST /account/second-factor/recovery-codes

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    StaleTransition,
    second_factors::{self, CodeHash},
    sessions::Visitor,
};

use crate::{
    admission::Member, error::Problem, flash::Flash, forms::CheckedForm, one_time_codes, views::Page,
};

/// templates/account/second_factor/recovery_codes.html
#[derive(Debug, Clone, Serialize)]
pub struct RecoveryCodes {
    codes: Vec<String>,
    email: String,
    just_turned_on: bool,
    is_staff: bool,
}

impl Page for RecoveryCodes {
    const TEMPLATE: &'static str = "account/second_factor/recovery_codes.html";

    fn title(&self) -> Cow<'_, str> {
        "Your recovery codes".into()
    }

    fn samples() -> Vec<Self> {
        let sample = |just_turned_on| Self {
            codes: vec!["0123-4567-89AB".to_owned(); 10],
            email: "<mira>@example.org".to_owned(),
            just_turned_on,
            is_staff: just_turned_on,
        };
        vec![sample(true), sample(false)]
    }
}

/// Makes other recovery codes, and shows them this one time.
#[handler]
pub async fn create(visit: Member, _form: CheckedForm) -> Result<Response, Problem> {
    let visitor = super::fresh(&visit).await?;
    let (codes, hashes) = fresh(&visit);
    let renewed =
        second_factors::renew_recovery_codes(&visit.site.db, &visit.cause, visitor.account_id, &hashes);
    match renewed.await? {
        Ok(()) => page(&visit, visitor, codes, false),
        Err(StaleTransition) => Ok(visit.see_other_with(super::PATH, Flash::NothingToDo)),
    }
}

/// New codes for this member, and what the database is to know them by.
pub(super) fn fresh(visit: &Member) -> (Vec<String>, Vec<CodeHash>) {
    let codes = one_time_codes::fresh_recovery_codes();
    let hash = |code: &String| one_time_codes::recovery_hash(&visit.site.data_key, visit.account_id, code);
    let hashes = codes.iter().map(hash).collect();
    (codes, hashes)
}

/// Shows them. They are in no other answer: nobody knows them any more once this page is closed.
pub(super) fn page(
    visit: &Member,
    visitor: &Visitor,
    codes: Vec<String>,
    just_turned_on: bool,
) -> Result<Response, Problem> {
    let page = RecoveryCodes {
        codes,
        email: visitor.email.clone(),
        just_turned_on,
        is_staff: visitor.role.is_staff(),
    };
    visit.page(&page)
}
