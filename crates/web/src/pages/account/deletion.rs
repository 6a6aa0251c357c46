//! GET and POST /account/deletion

pub mod withdrawal;

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts::{self, ErasureError, REGRET};

use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::doors::{self, WRONG_PASSWORD},
    views::{Page, moment},
    visit::see_other,
};

/// Where it is.
const PATH: &str = "/account/deletion";

/// templates/account/deletion.html
#[derive(Debug, Clone, Serialize)]
pub struct Deletion {
    regret_days: i64,
    erase_at: Option<String>,
    is_staff: bool,
    form: DeletionForm,
}

#[derive(Debug, Clone, Serialize)]
struct DeletionForm {
    keeps_published: bool,
    errors: Vec<FieldError>,
}

impl Deletion {
    fn new(erase_at: Option<String>, is_staff: bool, form: DeletionForm) -> Self {
        Self { regret_days: REGRET.num_days(), erase_at, is_staff, form }
    }
}

impl Page for Deletion {
    const TEMPLATE: &'static str = "account/deletion.html";

    fn title(&self) -> Cow<'_, str> {
        "Delete your account".into()
    }

    fn samples() -> Vec<Self> {
        let form = DeletionForm { keeps_published: false, errors: vec![] };
        let wrong = DeletionForm {
            keeps_published: true,
            errors: vec![FieldError::new("current_password", "Please look at this <again>.")],
        };
        vec![
            Self::new(None, false, form.clone()),
            Self::new(None, false, wrong),
            Self::new(None, true, form.clone()),
            Self::new(Some("2026-12-08T05:30:12Z".to_owned()), false, form),
        ]
    }
}

/// What would happen, or what is going to happen.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    let form = DeletionForm { keeps_published: false, errors: vec![] };
    visit.page(&Deletion::new(visitor.erase_at.map(moment), visitor.role.is_staff(), form))
}

/// Has the account erased after a while in which it can be called off.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    let keeps_published = form.text("published") == "stay";
    if doors::known_password(&visit, visit.account_id, form.text("current_password")).await?.is_none() {
        let errors = vec![FieldError::new("current_password", WRONG_PASSWORD)];
        let form = DeletionForm { keeps_published, errors };
        let page = Deletion::new(visitor.erase_at.map(moment), visitor.role.is_staff(), form);
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (db, cause) = (&visit.site.db, &visit.cause);
    match accounts::schedule_erasure(db, cause, visit.account_id, keeps_published, visitor.session_id).await {
        // The page itself says when.
        Ok(_) | Err(ErasureError::IsStaff) => Ok(see_other(PATH)),
        Err(ErasureError::Stale(_)) => Ok(visit.see_other_with(PATH, Flash::NothingToDo)),
        Err(ErasureError::Database(error)) => Err(error.into()),
    }
}
