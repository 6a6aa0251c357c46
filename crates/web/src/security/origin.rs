//! Whether a request that changes something was sent by one of our own pages.

use poem::http::{HeaderMap, HeaderValue, header};

use crate::site::Site;

/// Browsers say by `Sec-Fetch-Site` and `Origin` where a form stands; a program that is no browser says neither, and is
/// left to the form's token.
pub fn is_ours(site: &Site, headers: &HeaderMap) -> bool {
    let fetched_from = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(fetched_from, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origin == site.origin {
        return true;
    }
    // On a desk the shop is opened as localhost, by address, through a forwarded port: whatever reached us is us.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    site.development && host.is_some_and(|host| origin.strip_prefix("http://") == Some(host))
}
