//! What all pages of the dashboard share.

use poem::Response;

/// A page around its content, which is HTML already.
pub(super) fn page(title: &str, content: &str) -> Response {
    let title = escape(title);
    Response::builder().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · Sandbox</title>\n\
         <link rel=\"stylesheet\" href=\"/dashboard.css\">\n</head>\n<body>\n\
         <header><a class=\"name\" href=\"/\">Sandbox</a><nav><a href=\"/\">Overview</a>\
         <a href=\"/payments\">Payments</a><a href=\"/mails\">Mails</a></nav></header>\n<main>\n{content}\n</main>\n</body>\n</html>\n"
    ))
}

pub(super) fn stylesheet() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body(include_str!("dashboard.css"))
}

/// Text for HTML, also inside a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
