//! GET /healthz and /readyz: for whoever watches over the process.

use poem::{Request, Response, handler, http::StatusCode};

use crate::{error::Problem, visit::Visit};

/// The process runs.
#[handler]
pub fn alive() -> Response {
    plain(StatusCode::OK, "alive\n")
}

/// The database answers and is the one that this program was written for.
#[handler]
pub async fn ready(request: &Request) -> Result<Response, Problem> {
    let visit = Visit::of(request)?;
    Ok(match shop::schema::check(&visit.site.db).await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the database is out of reach or not migrated\n",
            )
        }
    })
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .header("cache-control", "no-store")
        .body(text)
}
