//! POST /admin/reviews/{id}/verdict

use chrono::DateTime;
use poem::{Response, handler, http::StatusCode};
use shop::{
    StaleTransition,
    ids::ImageId,
    images::{self, NOTE_MAX, Verdict},
};

use super::index::{self, PATH, Wrong};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
};

/// Decides about a picture.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    let list = form.text("list");
    let typed = form.text("note").trim();
    let note = || note(typed);
    let verdict = match form.text("decision") {
        "publish" => Ok((Verdict::Publish, Flash::PictureHung)),
        "send_back" => note().map(|note| (Verdict::SendBack { note }, Flash::PictureSentBack)),
        "hide" => note().map(|note| (Verdict::Hide { note }, Flash::PictureTakenDown)),
        _ => return Err(Problem::Unreadable),
    };
    let seen = form.text("seen").parse().ok().and_then(DateTime::from_timestamp_micros);
    let seen = seen.ok_or(Problem::Unreadable)?;
    let (verdict, flash) = match verdict {
        Ok(verdict) => verdict,
        Err(error) => {
            let wrong = Wrong::new(id, typed, vec![error]);
            let page = index::page(&visit, index::list(list)?, Some(wrong)).await?;
            return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let back = if list.is_empty() { PATH.to_owned() } else { format!("{PATH}?list={list}") };
    index::list(list)?;
    let decided = images::review(&visit.site.db, &visit.cause, &visit.actor, id, seen, verdict).await?;
    Ok(visit.see_other_with(
        &back,
        match decided {
            Ok(()) => flash,
            Err(StaleTransition) => Flash::NothingToDo,
        },
    ))
}

/// Why: the owner reads it.
fn note(typed: &str) -> Result<&str, FieldError> {
    if typed.is_empty() {
        return Err(FieldError::new("note", "Please say why. The owner of the picture reads it."));
    }
    if typed.chars().count() > NOTE_MAX {
        return Err(FieldError::new("note", format!("Please say it in at most {NOTE_MAX} characters.")));
    }
    if typed.contains('\0') {
        return Err(FieldError::new(
            "note",
            "The note holds something that is no text. Please type it again.",
        ));
    }
    Ok(typed)
}
