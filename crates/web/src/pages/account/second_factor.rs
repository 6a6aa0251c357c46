//! GET and POST /account/second-factor

pub mod confirmation;
pub mod recovery_codes;
pub mod removal;

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    second_factors::{self, Factor},
    sessions::Visitor,
};

use crate::{
    admission::{self, Member},
    error::Problem,
    forms::{CheckedForm, FieldError},
    one_time_codes::{Drawn, Secret},
    views::{self, Page},
    visit::see_other,
};

/// Where it is.
pub const PATH: &str = "/account/second-factor";

/// templates/account/second_factor.html
#[derive(Debug, Clone, Serialize)]
pub struct SecondFactor {
    is_staff: bool,
    on: Option<On>,
    setup: Option<Setup>,
    errors: Vec<FieldError>,
}

/// Codes are asked for.
#[derive(Debug, Clone, Serialize)]
struct On {
    since: String,
    codes_left: i64,
}

/// An authenticator is to learn the secret.
#[derive(Debug, Clone, Serialize)]
struct Setup {
    drawn: Drawn,
    groups: Vec<String>,
    link: String,
}

impl Page for SecondFactor {
    const TEMPLATE: &'static str = "account/second_factor.html";

    fn title(&self) -> Cow<'_, str> {
        "One-time codes".into()
    }

    fn samples() -> Vec<Self> {
        let setup = || Setup {
            drawn: Drawn { side: 9, path: "M4 4h1v1h-1z".to_owned() },
            groups: vec!["GEZD".to_owned(), "GNBV".to_owned()],
            link: "otpauth://totp/AI%20Gallery:mira?secret=GEZDGNBV&issuer=AI%20Gallery".to_owned(),
        };
        let on = |codes_left| Some(On { since: "2026-11-24T05:30:12Z".to_owned(), codes_left });
        let errors = ["first_code", "code", "password"]
            .map(|field| FieldError::new(field, "Please look at this <again>."))
            .to_vec();
        vec![
            Self { is_staff: false, on: None, setup: None, errors: vec![] },
            Self { is_staff: true, on: None, setup: None, errors: vec![] },
            Self { is_staff: true, on: None, setup: Some(setup()), errors: errors.clone() },
            Self { is_staff: false, on: on(10), setup: None, errors: errors.clone() },
            Self { is_staff: true, on: on(0), setup: Some(setup()), errors },
        ]
    }
}

/// How the account stands to one-time codes, and what can be done about it.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let visitor = me(&visit).await?;
    page(&visit, visitor, StatusCode::OK, vec![]).await
}

/// Begins: makes a secret that an authenticator is to learn.
#[handler]
pub async fn create(visit: Member, _form: CheckedForm) -> Result<Response, Problem> {
    let visitor = fresh(&visit).await?;
    let sealed = Secret::fresh().seal(&visit.site.data_key, visitor.account_id).map_err(Problem::Broken)?;
    second_factors::begin(&visit.site.db, visitor.account_id, &sealed).await?;
    Ok(see_other(&format!("{PATH}#setup")))
}

async fn page(
    visit: &Member,
    visitor: &Visitor,
    status: StatusCode,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let factor = second_factors::find(&visit.site.db, visitor.account_id).await?;
    // A secret is shown to whoever was there a moment ago, and to nobody who finds an open browser.
    let pending = factor.as_ref().and_then(|factor| factor.pending_secret.as_deref());
    let setup = match pending.filter(|_| admission::is_fresh(visit, visitor)) {
        Some(sealed) => Some(setup(visit, visitor, sealed).map_err(Problem::Broken)?),
        None => None,
    };
    let on = factor.and_then(|Factor { confirmed_at, recovery_codes_left, .. }| {
        let since = views::moment(confirmed_at?);
        Some(On { since, codes_left: recovery_codes_left })
    });
    visit.page_with(status, &SecondFactor { is_staff: visitor.role.is_staff(), on, setup, errors })
}

fn setup(visit: &Member, visitor: &Visitor, sealed: &[u8]) -> anyhow::Result<Setup> {
    let secret = Secret::open(&visit.site.data_key, visitor.account_id, sealed)?;
    Ok(Setup {
        drawn: secret.drawn(&visitor.email)?,
        groups: secret.groups(),
        link: secret.link(&visitor.email)?,
    })
}

async fn me(visit: &Member) -> Result<&Visitor, Problem> {
    visit.visitor().await?.ok_or(Problem::SignedOut)
}

/// Who proved a moment ago to be there: an open browser alone does not change how one gets in.
async fn fresh(visit: &Member) -> Result<&Visitor, Problem> {
    let visitor = me(visit).await?;
    if admission::is_fresh(visit, visitor) {
        Ok(visitor)
    } else {
        Err(Problem::ConfirmFirst(PATH.to_owned()))
    }
}
