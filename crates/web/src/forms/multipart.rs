//! Forms with a file (RFC 7578). The framing is multer's; how much is taken, for how long and from whom is decided here.
//!
//! A file is kept only for somebody who is signed in, whose address is verified and whose form is ours: its token stands
//! before it, as the fields of a form are sent in the order of the page. What comes slower than people's lines are ends.

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
use tokio::time::{Instant, timeout};

use super::{BODY_MAX, Form};
use crate::{
    error::Problem,
    limits,
    security::csrf,
    uploads::{Unfit, Upload, UploadError},
    visit::Visit,
};

/// How long all of it may take: 20 MB over 1.5 Mbit/s.
const TIME: Duration = Duration::from_mins(2);
/// How long nothing may come, and the time in which at least [`PACE`] must come of a file.
const STRETCH: Duration = Duration::from_secs(10);
/// Least that must come in a [`STRETCH`], unless that is the end: 128 kbit/s. Who sends less holds a place that others need.
const PACE: usize = 160 * 1024;
/// Most fields. No form of ours has more.
const FIELDS_MAX: usize = 64;
/// Most that may come before multer makes anything of it: the head of a field, or a boundary.
const HELD_MAX: usize = 256 * 1024;

/// Reads a form from the pieces of a body. They are taken as far as they are understood; what is left is the caller's, also
/// after a file that came too slowly: then the form has what stood before it.
pub(super) async fn read<S>(visit: &Visit, boundary: String, chunks: &mut S) -> Result<Form, Problem>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
{
    let held = Arc::new(AtomicUsize::new(0));
    let line = Line { until: Instant::now() + TIME, held: Arc::clone(&held) };
    let pieces = OneByOne { chunks, rests: false, held };
    let mut multipart = Multipart::new(pieces, boundary);
    let (mut form, mut texts, mut count) = (Form::default(), 0, 0);
    while let Some(mut field) = line.next(multipart.next_field()).await? {
        count += 1;
        if count > FIELDS_MAX {
            return Err(Problem::TooLarge);
        }
        if field.file_name().is_some() {
            file(visit, &mut form, &mut field, &line).await?;
            if form.broke_off() {
                break;
            }
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        texts += name.len();
        while let Some(piece) = line.next(field.chunk()).await? {
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
/// what it had to send, and the fields after it are to be kept. A browser sends an empty one without a name when none was
/// chosen; one with a name was chosen, and there is nothing in it.
async fn file(visit: &Visit, form: &mut Form, field: &mut Field<'_>, line: &Line) -> Result<(), Problem> {
    let chosen = field.file_name().is_some_and(|name| !name.is_empty());
    let mut upload = chosen.then_some(Err(UploadError::Unfit(Unfit::Broken)));
    let (mut begun, mut thrown_away, mut pace) = (false, 0, Pace { since: Instant::now(), came: 0 });
    loop {
        let piece = match line.next(field.chunk()).await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(Problem::TooSlow) if begun => {
                upload = Some(Err(UploadError::TooSlow));
                break;
            }
            Err(problem) => return Err(problem),
        };
        if piece.is_empty() {
            continue;
        }
        if !begun {
            upload = Some(begin(visit, form).await?);
            begun = true;
        }
        let in_time = pace.keeps(Instant::now(), piece.len());
        let grown = match upload.take() {
            Some(Ok(_)) if !in_time => Err(UploadError::TooSlow),
            Some(Ok(upload)) => upload.with(&piece).await,
            Some(Err(error)) => Err(error),
            None => break,
        };
        if grown.is_err() {
            thrown_away += piece.len();
            if thrown_away > super::DRAIN_MAX {
                return Err(Problem::TooLarge);
            }
        }
        let slow = matches!(grown, Err(UploadError::TooSlow));
        upload = Some(grown);
        if slow {
            break;
        }
    }
    if let Some(upload) = upload {
        *form.upload.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(upload);
    }
    Ok(())
}

/// Everything that can be refused is refused before a byte is kept, and counts although the file never ends.
async fn begin(visit: &Visit, form: &mut Form) -> Result<Result<Upload, UploadError>, Problem> {
    let session = visit.session.as_ref().ok_or(Problem::StaleForm)?;
    if !visit.site.token_key.verify(session, form.text(csrf::FIELD)) {
        return Err(Problem::StaleForm);
    }
    let Some(visitor) = visit.visitor().await? else { return Ok(Err(UploadError::SignedOut)) };
    if !visitor.is_verified {
        return Ok(Err(UploadError::Unverified));
    }
    if form.take_upload().is_some() {
        return Ok(Err(UploadError::Several));
    }
    let upload = match visit.site.uploads.begin(visitor.account_id) {
        Ok(upload) => upload,
        Err(error) => return Ok(Err(error)),
    };
    let taken = limits::take(visit, &limits::UPLOAD, &visitor.account_id.to_string()).await?;
    Ok(taken.map(|()| upload).map_err(UploadError::TooOften))
}

/// Where the pieces come from.
struct Line {
    /// When all of them must be there.
    until: Instant,
    /// What was handed on since anything came back.
    held: Arc<AtomicUsize>,
}

impl Line {
    /// What comes next, if it comes in time.
    async fn next<T>(&self, coming: impl Future<Output = multer::Result<T>>) -> Result<T, Problem> {
        let left = self.until.saturating_duration_since(Instant::now());
        let came = timeout(left.min(STRETCH), coming).await.map_err(|_| Problem::TooSlow)?;
        self.held.store(0, Ordering::Relaxed);
        came.map_err(|error| problem(&error))
    }
}

/// How a file comes along.
struct Pace {
    since: Instant,
    came: usize,
}

impl Pace {
    /// Whether so much more keeps it up.
    fn keeps(&mut self, now: Instant, more: usize) -> bool {
        self.came += more;
        let (is_over, enough) = (now - self.since >= STRETCH, self.came >= PACE);
        if is_over {
            *self = Self { since: now, came: 0 };
        }
        enough || !is_over
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_pace_or_ends() {
        let mut now = Instant::now();
        let mut pace = Pace { since: now, came: 0 };
        for _ in 0..100 {
            now += Duration::from_secs(1);
            assert!(pace.keeps(now, PACE / 9));
        }
        // What came quickly at the beginning buys no time later.
        assert!(pace.keeps(now, 100 * PACE));
        now += STRETCH;
        assert!(pace.keeps(now, 1), "there was enough in this stretch");
        for _ in 0..9 {
            now += Duration::from_secs(1);
            assert!(pace.keeps(now, 1), "within a stretch nobody is judged");
        }
        now += Duration::from_secs(1);
        assert!(!pace.keeps(now, 1));
    }
}
