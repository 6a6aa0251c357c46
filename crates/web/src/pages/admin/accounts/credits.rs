//! POST /admin/accounts/{id}/credits

use poem::{Response, handler, http::StatusCode};
use sha2::{Digest, Sha256};
use shop::{
    credits::{self, GIVE_MAX, GiveError, NOTE_MAX},
    ids::AccountId,
};
use uuid::Uuid;

use super::show::{self, Typed};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError, Form, note},
};

/// What staff want to give; negative is to take.
struct Gift<'f> {
    amount: i32,
    note: &'f str,
    key: String,
}

/// Gives credits or takes some away, with a note.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, form: CheckedForm) -> Result<Response, Problem> {
    let gift = match gift(&form) {
        Ok(gift) => gift,
        Err(errors) => return refused(&visit, id, &form, errors).await,
    };
    let (db, Gift { amount, note, key }) = (&visit.site.db, gift);
    match credits::give(db, &visit.cause, &visit.actor, id, amount, note, &key).await? {
        Ok(()) => Ok(visit.see_other_with(&show::path(id), Flash::CreditsGiven)),
        Err(GiveError::Stale(_)) => Ok(visit.see_other_with(&show::path(id), Flash::NothingToDo)),
        Err(GiveError::Short(available)) => {
            let text = format!("There are only {} credits to take.", available.max(0));
            refused(&visit, id, &form, vec![FieldError::new("amount", text)]).await
        }
    }
}

fn gift(form: &Form) -> Result<Gift<'_>, Vec<FieldError>> {
    let sign = match form.text("way") {
        "give" => Ok(1),
        "take" => Ok(-1),
        _ => Err(FieldError::new("way", "Please choose whether you give or take.")),
    };
    let amount =
        form.text("amount").trim().parse::<i32>().ok().filter(|amount| (1..=GIVE_MAX).contains(amount));
    let amount = amount.ok_or_else(|| {
        FieldError::new("amount", format!("Please write a whole number, from 1 to {GIVE_MAX}."))
    });
    let note = note(form, "note", NOTE_MAX);
    let key = form.text("client_key").parse::<Uuid>();
    let key = key.map_err(|_| FieldError::new("", "The form was not complete. Please send it once more."));
    match (sign, amount, note, key) {
        (Ok(sign), Ok(amount), Ok(note), Ok(key)) => {
            Ok(Gift { amount: sign * amount, note, key: intent(key, sign * amount, note) })
        }
        (sign, amount, note, key) => {
            let errors = [sign.err(), amount.err(), note.err(), key.err()];
            Err(errors.into_iter().flatten().collect())
        }
    }
}

/// One per intended gift: a double click sends the same form with the same content. Whoever goes back and writes another
/// number into the same form means another gift.
fn intent(key: Uuid, amount: i32, note: &str) -> String {
    let content = Sha256::new().chain_update(key).chain_update(format!("{amount}\n{note}")).finalize();
    hex::encode(&content[..16])
}

async fn refused(
    visit: &Staff,
    id: AccountId,
    form: &Form,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let text = |field| form.text(field).to_owned();
    let typed = Typed { way: text("way"), amount: text("amount"), note: text("note"), ..Typed::default() };
    show::page(visit, id, StatusCode::UNPROCESSABLE_ENTITY, typed, errors).await
}
