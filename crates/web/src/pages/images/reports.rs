//! POST /images/{id}/reports

use poem::{Response, handler, http::StatusCode};
use shop::{
    ids::ImageId,
    images::{self, REPORT_WORDS_MAX, Report, ReportError, ReportReason, short_id},
};

use super::hung_at;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    limits,
    pages::{
        gallery::show::{self, ReportForm, Show},
        unverified,
    },
};

/// Tells staff that a picture should not hang in the gallery.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    let Some(page) = hung_at(&visit, id).await? else {
        return Ok(visit.see_other_with("/gallery", Flash::NotInTheGallery));
    };
    if !visit.is_verified() {
        return unverified::answer(&visit, None, page);
    }
    let report = match read(&form) {
        Ok(report) => report,
        Err(errors) => {
            let again = again(&visit, id, &form, errors).await?;
            return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    if let Err(too_often) = limits::take(&visit, &limits::REPORT, &visit.account_id.to_string()).await? {
        let again = again(&visit, id, &form, vec![too_often.error()]).await?;
        return too_often.page(&visit, &again);
    }
    let told = images::report(&visit.site.db, &visit.cause, visit.account_id, id, &report).await?;
    Ok(match told {
        Ok(()) => visit.see_other_with(&page, Flash::Reported),
        Err(ReportError::Again) => visit.see_other_with(&page, Flash::ReportedAlready),
        Err(ReportError::Stale(_)) => visit.see_other_with("/gallery", Flash::NotInTheGallery),
    })
}

/// The page of the picture, with what was typed.
async fn again(
    visit: &Member,
    id: ImageId,
    form: &CheckedForm,
    errors: Vec<FieldError>,
) -> Result<Show, Problem> {
    let typed = ReportForm::new(form.text("reason"), form.text("words"), errors);
    let hung = images::hung(&visit.site.db, Some(visit.account_id), &short_id(id)).await?;
    Ok(show::page(visit, hung.ok_or(Problem::NotFound)?, typed))
}

fn read(form: &CheckedForm) -> Result<Report, Vec<FieldError>> {
    let mut errors = Vec::new();
    let reason = form
        .text("reason")
        .parse::<ReportReason>()
        .map_err(|_| errors.push(FieldError::new("reason", "Please choose what is wrong with it.")));
    let words = form.text("words").replace("\r\n", "\n");
    let words = words.trim();
    if words.chars().count() > REPORT_WORDS_MAX {
        let text = format!("Please say it in at most {REPORT_WORDS_MAX} characters.");
        errors.push(FieldError::new("words", text));
    } else if words.contains('\0') {
        errors.push(FieldError::new(
            "words",
            "There is something in it that is no text. Please type it again.",
        ));
    }
    match reason {
        Ok(reason) if errors.is_empty() => Ok(Report { reason, words: words.to_owned() }),
        _ => Err(errors),
    }
}
