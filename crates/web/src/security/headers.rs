//! Headers that go with every answer, errors included.

use poem::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONTENT_SECURITY_POLICY, InvalidHeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS,
    },
};

/// They are the same for every answer, so they are made once.
pub struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// `pictures` is the origin of object storage. Scripts and styles come from us alone, and none stand in the page.
    pub fn new(pictures: &str, https: bool) -> Result<Self, InvalidHeaderValue> {
        let policy = format!(
            "default-src 'self'; img-src 'self' {pictures}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        );
        let mut headers = vec![
            (CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ),
        ];
        if https {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.push((STRICT_TRANSPORT_SECURITY, year));
        }
        Ok(Self(headers))
    }

    /// Puts them on an answer.
    pub fn put_on(&self, answer: &mut HeaderMap) {
        for (name, value) in &self.0 {
            answer.insert(name, value.clone());
        }
    }
}
