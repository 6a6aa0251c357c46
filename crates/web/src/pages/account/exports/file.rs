//! GET /account/exports/{id}/file

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use shop::{exports, ids::ExportId};

use crate::{
    admission::{Id, Member},
    error::Problem,
    visit::see_other,
};

/// The file, for its owner, as long as it is kept.
#[handler]
pub async fn show(visit: Member, Id(id): Id<ExportId>) -> Result<Response, Problem> {
    let key = exports::downloadable(&visit.site.db, &visit.cause, visit.account_id, id)
        .await?
        .ok_or(Problem::NotFound)?;
    let name = format!("ai-gallery-{}.zip", visit.at().format("%F"));
    let mut response = see_other(&visit.site.storage.file(visit.at(), &key, &name));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
