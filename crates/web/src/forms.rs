//! Forms: read within limits, and handed to a page only after the checks that they are ours.

pub mod moments;
mod multipart;
pub mod percents;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use percent_encoding::percent_decode;
use poem::{
    Body, Endpoint, FromRequest, Request, RequestBody, Response, Result,
    http::{HeaderMap, header},
};
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    error::Problem,
    security::{csrf, origin},
    uploads::{Upload, UploadError},
    visit::Visit,
};

/// Longest body. A sentence of [`shop::generations::PROMPT_MAX`] emoji takes 12 kB when it is encoded.
pub const BODY_MAX: usize = 64 * 1024;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long, and how much, of a body that is too large is still taken and thrown away: a browser reads our answer only
/// when it could send what it had to send.
const DRAIN_TIME: Duration = Duration::from_secs(10);
const DRAIN_MAX: usize = 512 * 1024 * 1024;

/// What is wrong with a field; without one, with the form.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// Its name, or nothing.
    pub field: &'static str,
    /// A whole sentence that says what to do.
    pub text: Cow<'static, str>,
}

impl FieldError {
    /// For a field.
    pub fn new(field: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { field, text: text.into() }
    }
}

/// The fields of a form, in the order they came, and the file that came with it.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<(String, String)>,
    upload: Mutex<Option<Result<Upload, UploadError>>>,
}

impl Form {
    /// The text of a field; nothing if it is missing.
    pub fn text(&self, field: &str) -> &str {
        self.fields
            .iter()
            .find_map(|(name, value)| (name == field).then_some(value.as_str()))
            .unwrap_or_default()
    }

    /// The file that came with it, once: whoever takes it can let its memory go.
    pub fn take_upload(&self) -> Option<Result<Upload, UploadError>> {
        self.upload.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether its end is missing: a file came too slowly, and nothing after it was read.
    fn broke_off(&mut self) -> bool {
        let upload = self.upload.get_mut().unwrap_or_else(PoisonError::into_inner);
        matches!(upload, Some(Err(UploadError::TooSlow)))
    }

    fn parse(body: &[u8]) -> Result<Self, Problem> {
        let decode = |text: &[u8]| {
            let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            String::from_utf8(percent_decode(&spaced).collect()).map_err(|_| Problem::Unreadable)
        };
        let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()).map(|field| {
            let (name, value) = match field.iter().position(|byte| *byte == b'=') {
                Some(at) => (&field[..at], &field[at + 1..]),
                None => (field, &[][..]),
            };
            Ok((decode(name)?, decode(value)?))
        });
        let fields: Result<_, Problem> = fields.collect();
        Ok(Self { fields: fields?, upload: Mutex::default() })
    }
}

/// Why somebody of the shop does something, of this length at most: colleagues read it, long after.
pub fn note<'f>(form: &'f Form, field: &'static str, longest: usize) -> Result<&'f str, FieldError> {
    let note = form.text(field).trim();
    if note.is_empty() {
        return Err(FieldError::new(field, "Please say why. Colleagues read it in the audit log."));
    }
    if note.chars().count() > longest {
        return Err(FieldError::new(field, format!("Please say it in at most {longest} characters.")));
    }
    if note.contains('\0') {
        return Err(FieldError::new(
            field,
            "The reason holds something that is no text. Please type it again.",
        ));
    }
    Ok(note)
}

/// A form that one of our own pages sent, in this very session. Only [`Guarded`] makes one.
#[derive(Clone)]
pub struct CheckedForm(Arc<Form>);

impl std::ops::Deref for CheckedForm {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.0
    }
}

impl<'a> FromRequest<'a> for CheckedForm {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let unchecked =
            || Problem::Broken(anyhow::anyhow!("a page asked for a form on a route that takes none"));
        Ok(request.data::<Self>().cloned().ok_or_else(unchecked)?)
    }
}

/// The one gate for every request that changes something.
pub struct Guarded<E> {
    /// What stands behind it.
    pub inner: E,
    /// Whether a file may come with the form.
    pub takes_file: bool,
}

impl<E: Endpoint<Output = Response>> Endpoint for Guarded<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let visit = Visit::of(&request)?;
        if !origin::is_ours(&visit.site, request.headers()) {
            return Err(Problem::Foreign.into());
        }
        let body = request.take_body();
        let form = match boundary(request.headers()).filter(|_| self.takes_file) {
            Some(boundary) => read_with_file(&visit, boundary, body).await?,
            None => Form::parse(&read(request.headers(), body).await?)?,
        };
        let session = visit.session.as_ref().ok_or(Problem::StaleForm)?;
        if !visit.site.token_key.verify(session, form.text(csrf::FIELD)) {
            return Err(Problem::StaleForm.into());
        }
        request.set_data(CheckedForm(Arc::new(form)));
        self.inner.call(request).await
    }
}

/// What stands between the fields, if the body is a form that may hold files.
fn boundary(headers: &HeaderMap) -> Option<String> {
    multer::parse_boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).ok()
}

async fn read_with_file(visit: &Visit, boundary: String, body: Body) -> Result<Form, Problem> {
    let mut chunks = body.into_bytes_stream();
    let mut form = multipart::read(visit, boundary, &mut chunks).await;
    if form.as_mut().map_or(true, Form::broke_off) {
        drain(&mut chunks).await;
    }
    form
}

/// Throws away what still comes.
async fn drain(chunks: &mut (impl Stream<Item = std::io::Result<Bytes>> + Unpin)) {
    let mut thrown_away = 0;
    let drain = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            thrown_away += chunk.len();
            if thrown_away > DRAIN_MAX {
                break;
            }
        }
    };
    timeout(DRAIN_TIME, drain).await.ok();
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::NotAForm);
    }
    let announced: usize = text(header::CONTENT_LENGTH).parse().unwrap_or_default();
    if announced > BODY_MAX && headers.contains_key(header::EXPECT) {
        return Err(Problem::TooLarge);
    }
    let mut chunks = body.into_bytes_stream();
    let mut kept = BytesMut::new();
    let all = async {
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Problem::TooSlow)?;
            if kept.len() + chunk.len() > BODY_MAX {
                return Err(Problem::TooLarge);
            }
            kept.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match timeout(BODY_TIME, all).await {
        Ok(Ok(())) => Ok(kept.freeze()),
        Ok(Err(Problem::TooLarge)) => {
            drain(&mut chunks).await;
            Err(Problem::TooLarge)
        }
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(Problem::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let form = Form::parse(b"prompt=a+b%20c%26d&empty=&bare&prompt=second&=nameless").expect("a form");
        assert_eq!(form.text("prompt"), "a b c&d");
        assert_eq!(form.text("empty"), "");
        assert_eq!(form.text("bare"), "");
        assert_eq!(form.text("missing"), "");
        assert_eq!(Form::parse("prompt=🦊".as_bytes()).expect("a form").text("prompt"), "🦊");
    }

    #[test]
    fn what_is_not_text_is_refused() {
        for body in [&b"prompt=%FF%FE"[..], b"prompt=\xff", b"%C3=x"] {
            assert!(matches!(Form::parse(body), Err(Problem::Unreadable)), "{body:?}");
        }
    }
}
