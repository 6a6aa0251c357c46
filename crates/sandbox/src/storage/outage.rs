//! The errors that the store answers without asking s3s.

use std::time::Duration;

use http::{Response, StatusCode, header};
use s3s::Body;

/// S3 says `SlowDown` or `ServiceUnavailable` with 503; clients must take both for passing, so that they alternate.
pub(crate) fn refusal(path: &str, left: Duration) -> Response<Body> {
    let (code, message) = if left.as_millis().is_multiple_of(2) {
        ("SlowDown", "Please reduce your request rate.")
    } else {
        ("ServiceUnavailable", "Service is unable to handle request.")
    };
    xml(StatusCode::SERVICE_UNAVAILABLE, code, message, path)
}

/// S3's answer to a key with a relative segment.
pub(crate) fn bad_path(path: &str) -> Response<Body> {
    xml(StatusCode::BAD_REQUEST, "InvalidURI", "Couldn't parse the specified URI.", path)
}

fn xml(status: StatusCode, code: &str, message: &str, path: &str) -> Response<Body> {
    let resource = path.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <Resource>{resource}</Resource><RequestId>SANDBOX</RequestId></Error>"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/xml"));
    response
}
