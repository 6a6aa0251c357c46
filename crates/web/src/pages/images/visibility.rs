//! POST /images/{id}/visibility

use poem::{Response, handler, http::StatusCode};
use shop::{
    StaleTransition,
    ids::ImageId,
    images::{self, Image, SubmissionError, TITLE_MAX, TitleError, Visibility, check_title, suggested_title},
};

use super::{own, show};
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
};

/// Hands a picture in for the gallery under a title, or takes it out.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    let image = own(&visit, id).await?;
    let page = format!("/images/{id}");
    let flash = match form.text("visibility") {
        "published" => match submit(&visit, &image, form.text("title")).await? {
            Ok(flash) => flash,
            Err(error) => {
                let page = show::page(&visit, image, form.text("title"), vec![error]);
                return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
            }
        },
        "private" => match images::withdraw(&visit.site.db, visit.account_id, id).await? {
            Ok(()) => Flash::Unpublished,
            Err(StaleTransition) => stale(&image),
        },
        _ => return Err(Problem::Unreadable),
    };
    Ok(visit.see_other_with(&page, flash))
}

async fn submit(visit: &Member, image: &Image, typed: &str) -> Result<Result<Flash, FieldError>, Problem> {
    let wrong = |text: String| Ok(Err(FieldError::new("title", text)));
    let title = match check_title(typed) {
        Ok(title) => title.unwrap_or_else(|| suggested_title(&image.prompt)),
        Err(TitleError::TooLong(length)) => {
            return wrong(format!(
                "The title has {length} characters, and {TITLE_MAX} are the most that fit below a picture. Please shorten it."
            ));
        }
        Err(TitleError::Control) => {
            return wrong(
                "There is an invisible control character in the title. Please type it anew.".to_owned(),
            );
        }
    };
    let site = &visit.site;
    let reviewed = site.gallery_is_reviewed;
    let id = image.card.id;
    Ok(match images::submit(&site.db, &visit.cause, visit.account_id, id, &title, reviewed).await? {
        Ok(()) => Ok(if reviewed { Flash::Submitted } else { Flash::Published }),
        Err(SubmissionError::Blocked) => Err(FieldError::new(
            "title",
            "There is a word in this title that we do not hang up. Please choose other words.",
        )),
        Err(SubmissionError::BlockedSentence) => Err(FieldError::new(
            "title",
            "There is a word in the sentence of this picture that we do not hang up any more. The picture stays yours.",
        )),
        Err(SubmissionError::Stale(_)) => Ok(stale(image)),
    })
}

/// What to say when things stood otherwise than the form was made for.
fn stale(image: &Image) -> Flash {
    match image.visibility {
        Visibility::Hidden => Flash::NotForTheGallery,
        _ if image.deleted_at.is_some() => Flash::NotForTheGallery,
        Visibility::Private | Visibility::Submitted | Visibility::Published => Flash::NothingToDo,
    }
}
