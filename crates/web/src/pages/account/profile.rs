//! GET and POST /account/profile

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts::{self, NAME_MAX, NameError};

use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    views::Page,
};

/// templates/account/profile.html
#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    form: ProfileForm,
    name_max: usize,
}

#[derive(Debug, Clone, Serialize)]
struct ProfileForm {
    name: String,
    mail_when_ready: bool,
    errors: Vec<FieldError>,
}

impl Profile {
    fn new(name: &str, mail_when_ready: bool, errors: Vec<FieldError>) -> Self {
        Self { form: ProfileForm { name: name.to_owned(), mail_when_ready, errors }, name_max: NAME_MAX }
    }
}

impl Page for Profile {
    const TEMPLATE: &'static str = "account/profile.html";

    fn title(&self) -> Cow<'_, str> {
        "Your profile".into()
    }

    fn samples() -> Vec<Self> {
        let errors = vec![FieldError::new("name", "Please look at this <again>.")];
        vec![Self::new("", true, vec![]), Self::new("A \"<b>fox", false, errors)]
    }
}

/// The form, with what is known.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let known = accounts::profile(&visit.site.db, visit.account_id).await?;
    visit.page(&Profile::new(&known.name, known.mail_when_ready, vec![]))
}

/// Saves it.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let mail_when_ready = form.text("mail_when_ready") == "yes";
    match accounts::check_name(form.text("name")) {
        Ok(name) => {
            let profile = accounts::Profile { name: name.to_owned(), mail_when_ready };
            accounts::change_profile(&visit.site.db, visit.account_id, &profile).await?;
            Ok(visit.see_other_with("/account", Flash::ProfileSaved))
        }
        Err(error) => {
            let errors = vec![FieldError::new("name", words(error))];
            let page = Profile::new(form.text("name"), mail_when_ready, errors);
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn words(error: NameError) -> Cow<'static, str> {
    match error {
        NameError::TooLong => {
            format!("The name has more than {NAME_MAX} characters. Please shorten it.").into()
        }
        NameError::Control => {
            "The name has an invisible control character in it. Please type it anew.".into()
        }
    }
}
