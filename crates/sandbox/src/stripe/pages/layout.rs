//! What the payment pages share.

use http::{HeaderValue, StatusCode, header};
use poem::Response;

use crate::dashboard::escape;

/// A page around its content, which is HTML already.
pub(crate) fn page(status: StatusCode, title: &str, content: &str) -> Response {
    let mut response =
        Response::builder().status(status).content_type("text/html; charset=utf-8").body(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} · Test payment</title>\n\
         <link rel=\"stylesheet\" href=\"/pay.css\">\n</head>\n<body>\n\
         <p class=\"mode\">Test payment: no money moves</p>\n<main>\n{content}\n</main>\n</body>\n</html>\n",
            escape(title)
        ));
    let headers = response.headers_mut();
    // Pictures of products come from the shop's store. Forms lead back to the shop, which is another origin.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' http: https: data:; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn stylesheet() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body(include_str!("pay.css"))
}
