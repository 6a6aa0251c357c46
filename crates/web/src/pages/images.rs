//! One picture, and what its owner can do with it.

pub mod deletion;
pub mod download;
pub mod favourite;
pub mod love;
pub mod reports;
pub mod restoration;
pub mod show;
pub mod staged;
pub mod visibility;

use shop::{
    ids::ImageId,
    images::{self, Image, Visibility},
};

use super::doors::local_path;
use crate::{admission::Member, error::Problem, forms::CheckedForm, pictures::hung_path};

/// A picture of this customer. Somebody else's does not exist, even if it hangs in the gallery.
async fn own(visit: &Member, id: ImageId) -> Result<Image, Problem> {
    let image = images::find(&visit.site.db, Some(visit.account_id), id).await?;
    image.filter(|image| image.account_id == visit.account_id).ok_or(Problem::NotFound)
}

/// Where a picture hangs in the gallery; nothing if it does not, and belongs to this customer. Any other does not exist.
async fn hung_at(visit: &Member, id: ImageId) -> Result<Option<String>, Problem> {
    let image = images::find(&visit.site.db, Some(visit.account_id), id).await?.ok_or(Problem::NotFound)?;
    Ok((image.visibility == Visibility::Published).then(|| hung_path(&image.title, id)))
}

/// The page from which a form was sent that stands on several.
fn back_to(form: &CheckedForm, otherwise: impl FnOnce() -> String) -> String {
    local_path(form.text("back")).unwrap_or_else(otherwise)
}
