//! Keeps other sites' pages from turning the knobs, and sets the headers of every page.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};

/// Refuses what a foreign page makes a browser send: another site's form, or a name that was rebound to 127.0.0.1.
pub(super) async fn same_origin(request: Request) -> poem::Result<Request> {
    let host = request.header(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let site = request.header("sec-fetch-site").unwrap_or("none");
    if matches!(name, "127.0.0.1" | "localhost") && matches!(site, "none" | "same-origin") {
        return Ok(request);
    }
    // A link from the shop's own pages may open the dashboard, but may not turn anything.
    if matches!(name, "127.0.0.1" | "localhost") && request.method().is_safe() {
        return Ok(request);
    }
    Err(poem::Error::from_string("only the sandbox's own pages may do this", StatusCode::FORBIDDEN))
}

pub(super) fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'self'; form-action 'self'; frame-ancestors 'self'",
    ));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
