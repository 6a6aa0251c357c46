//! Forms with a file (RFC 7578). The framing is multer's; how much is taken, for how long and from whom is decided here.
//!
//! A file is kept in memory only for somebody who is signed in and whose form is ours: its token stands before it, as the
//! fields of a form are sent in the order of the page.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use multer::{Field, Multipart};

use super::{BODY_MAX, Form};
use crate::{
    error::Problem,
    security::csrf,
    uploads::{Upload, UploadError},
    visit::Visit,
};

/// How long all of it may take: 20 MB over 1.5 Mbit/s.
pub(super) const TIME: Duration = Duration::from_mins(2);
/// Most fields. No form of ours has more.
const FIELDS_MAX: usize = 64;
/// Most that may come before multer makes anything of it: the head of a field, or a boundary.
const HELD_MAX: usize = 256 * 1024;

/// Reads a form from the pieces of a body. They are taken as far as they are understood; what is left is the caller's.
pub(super) async fn read<S>(visit: &Visit, boundary: String, chunks: &mut S) -> Result<Form, Problem>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    let held = Arc::new(AtomicUsize::new(0));
    let pieces = OneByOne { chunks, rests: false, held: Arc::clone(&held) };
    let mut multipart = Multipart::new(pieces, boundary);
    let (mut form, mut texts, mut count) = (Form::default(), 0, 0);
    while let Some(mut field) = multipart.next_field().await.map_err(|error| problem(&error))? {
        held.store(0, Ordering::Relaxed);
        count += 1;
        if count > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
        if field.file_name().is_some() {
            file(visit, &mut form, &mut field, &held).await?;
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        texts += name.len();
        while let Some(piece) = next(&mut field, &held).await? {
            texts += piece.len();
            if texts > BODY_MAX {
                return Err(Problem::TooLarge);
            }
            value.extend_from_slice(&piece);
        }
        form.fields.push((name, String::from_utf8(value).map_err(|_| Problem::Unreadable)?));
    }
    Ok(form)
}

/// Takes a file, or says why not. What is not kept is read all the same: a browser reads our answer only when it could send
/// what it had to send, and the fields after it are to be kept. A browser sends an empty one when none was chosen.
async fn file(
    visit: &Visit,
    form: &mut Form,
    field: &mut Field<'_>,
    held: &AtomicUsize,
) -> Result<(), Problem> {
    let mut upload: Option<Result<Upload, UploadError>> = None;
    let mut thrown_away = 0;
    while let Some(piece) = next(field, held).await? {
        if piece.is_empty() {
            continue;
        }
        let begun = match upload.take() {
            Some(begun) => begun,
            None => begin(visit, form).await?,
        };
        upload = Some(begun.and_then(|upload| upload.with(&piece)));
        if matches!(upload, Some(Err(_))) {
            thrown_away += piece.len();
            if thrown_away > super::DRAIN_MAX {
                return Err(Problem::TooLarge);
            }
        }
    }
    if let Some(upload) = upload {
        *form.upload.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(upload);
    }
    Ok(())
}

async fn begin(visit: &Visit, form: &mut Form) -> Result<Result<Upload, UploadError>, Problem> {
    let session = visit.session.as_ref().ok_or(Problem::StaleForm)?;
    if !visit.site.token_key.verify(session, form.text(csrf::FIELD)) {
        return Err(Problem::StaleForm);
    }
    let Some(visitor) = visit.visitor().await? else { return Ok(Err(UploadError::SignedOut)) };
    if form.take_upload().is_some() {
        return Ok(Err(UploadError::Several));
    }
    Ok(visit.site.uploads.begin(visitor.account_id))
}

async fn next(field: &mut Field<'_>, held: &AtomicUsize) -> Result<Option<Bytes>, Problem> {
    let piece = field.chunk().await.map_err(|error| problem(&error))?;
    held.store(0, Ordering::Relaxed);
    Ok(piece)
}

fn problem(error: &multer::Error) -> Problem {
    // The connection broke, or a head has no end. Whatever else multer finds wrong is no form.
    if matches!(error, multer::Error::StreamReadFailed(_)) { Problem::TooSlow } else { Problem::NotAForm }
}

/// Hands on one piece of a body at a time. multer takes all that is there before it gives anything back, which over a quick
/// line is the whole body.
struct OneByOne<'s, S> {
    chunks: &'s mut S,
    rests: bool,
    /// What was handed on since anything came back.
    held: Arc<AtomicUsize>,
}

impl<S: Stream<Item = std::io::Result<Bytes>> + Unpin> Stream for OneByOne<'_, S> {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = futures::ready!(self.chunks.poll_next_unpin(context));
        self.rests = true;
        let length = piece.as_ref().and_then(|piece| piece.as_ref().ok()).map_or(0, Bytes::len);
        if self.held.fetch_add(length, Ordering::Relaxed) + length > HELD_MAX {
            return Poll::Ready(Some(Err(std::io::Error::other("no form has so long a head"))));
        }
        Poll::Ready(piece)
    }
}
