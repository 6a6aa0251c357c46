//! GET /assets/*, and what browsers and robots ask for unasked.

use poem::{Request, Response, handler};

use crate::{error::Problem, visit::Visit};

const ROBOTS: &str = "User-agent: *\nDisallow: /generations\nDisallow: /sign-\n";

/// A style sheet, a script or an icon.
#[handler]
pub fn show(request: &Request) -> Result<Response, Problem> {
    answer(request, request.raw_path_param("name").unwrap_or_default())
}

/// The icon, for whoever did not read the page's head.
#[handler]
pub fn icon(request: &Request) -> Result<Response, Problem> {
    answer(request, "favicon.svg")
}

/// What robots need not read.
#[handler]
pub fn robots() -> Response {
    Response::builder().content_type("text/plain; charset=utf-8").body(ROBOTS)
}

fn answer(request: &Request, name: &str) -> Result<Response, Problem> {
    let assets = Visit::of(request)?.site.assets.get().map_err(Problem::Broken)?;
    assets.answer(name, request.headers()).ok_or(Problem::NotFound)
}
