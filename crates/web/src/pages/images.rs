//! One picture, and what its owner can do with it.

pub mod deletion;
pub mod download;
pub mod restoration;
pub mod show;
pub mod staged;
pub mod visibility;

use shop::{
    ids::ImageId,
    images::{self, Image},
};

use crate::{admission::Member, error::Problem};

/// A picture of this customer. Somebody else's does not exist, even if it hangs in the gallery.
async fn own(visit: &Member, id: ImageId) -> Result<Image, Problem> {
    let image = images::find(&visit.site.db, Some(visit.account_id), id).await?;
    image.filter(|image| image.account_id == visit.account_id).ok_or(Problem::NotFound)
}
