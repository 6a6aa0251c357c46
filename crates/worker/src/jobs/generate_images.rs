//! Asks the provider for the pictures of a generation. One open call on record, one call, one transaction for all that
//! came: no failure after it asks the provider again.

mod source;

use std::{
    sync::atomic::{AtomicI16, Ordering},
    time::Duration,
};

use shop::{
    Cause,
    generations::{self, Answer, Begun, CallEnd, Drawing},
    ids::{CallId, GenerationId},
    providers,
};
use sqlx::{PgPool, error::DatabaseError};

use self::source::Source;
use crate::{
    config::Moderation,
    pictures::{self, provenance::Material, thumbnails},
    providers::openai::{Drawn, Failed, Failure, Request, Stage},
    runner::{Context, JobError},
    services::Services,
};

/// What the customer reads when the provider will not draw the sentence.
const REFUSED: &str = "This sentence was turned down by the safety rules for pictures. Nothing was charged. Please change the words and try again.";
/// What the customer reads when the provider drew something and held it back.
const HELD_BACK: &str = "A picture was drawn for this sentence, but the safety rules for pictures held it back. Nothing was charged. Please try again, or change the words.";
/// What the customer reads when the request itself was wrong, which is our mistake.
const REJECTED: &str = "We could not ask for this picture in the way you chose. Nothing was charged. Please try another shape or style.";

/// What the customer reads when the sentence was turned down before anything was drawn.
const TURNED_DOWN: &str = "This sentence was turned down by the safety rules for pictures, before anything was drawn. Nothing was charged. Please change the words and try again.";

/// Draws, unless there is nothing to draw any more.
pub async fn run(id: GenerationId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(source) = source::fetch(id, at, context).await? else { return pass_on(at, context).await };
    check(id, &source, at, context).await?;
    let drawing = match generations::begin(&at.db, &context.cause(), &context.claim, id, at.openai.terms())
        .await?
    {
        Begun::Draw(drawing) => drawing,
        Begun::Nothing => return pass_on(at, context).await,
        Begun::Paused => return Err(JobError::KeepPlace("nothing may be spent at the moment".to_owned())),
    };
    let previews = Previews::of(drawing.call_id, source.material(), at);
    match at.openai.draw(&request(&drawing, source), |picture| previews.show(picture)).await {
        Ok(drawn) => take_in(drawing, drawn, at, context).await,
        Err(failure) => end(drawing, failure, at, context).await,
    }
}

/// Nothing was asked for: if this job was to find out whether a pause is over, the next one does.
async fn pass_on(at: &Services, context: &Context) -> Result<(), JobError> {
    Ok(providers::pass_probe_on(&at.db, providers::OPENAI, &context.claim).await?)
}

/// Previews of one call on their way to the customer's page. They are beside the point: none of them delays or fails the call.
struct Previews {
    call_id: CallId,
    db: PgPool,
    material: Material,
    seen: AtomicI16,
}

impl Previews {
    fn of(call_id: CallId, material: Material, at: &Services) -> Self {
        Self { call_id, material, db: at.db.clone(), seen: AtomicI16::new(0) }
    }

    fn show(&self, picture: Vec<u8>) {
        let number = self.seen.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let (db, call_id, material) = (self.db.clone(), self.call_id, self.material);
        tokio::spawn(async move {
            let small = tokio::task::spawn_blocking(move || {
                thumbnails::make(&picture, &[generations::PREVIEW_WIDTH], material)
            })
            .await;
            let Ok(Ok(small)) = small else { return };
            let Some(small) = small.into_iter().next() else { return };
            let cause = Cause::now(None);
            if let Err(error) = generations::show_preview(&db, &cause, call_id, number, &small.webp).await {
                tracing::debug!(%error, "a preview was not shown");
            }
        });
    }
}

/// Has the sentence looked at, once. What is turned down ends here; the rest of the job then finds nothing to do.
async fn check(id: GenerationId, source: &Source, at: &Services, context: &Context) -> Result<(), JobError> {
    if at.moderation == Moderation::Off {
        return Ok(());
    }
    let Some(unchecked) = generations::unchecked(&at.db, id).await? else { return Ok(()) };
    let (db, cause) = (&at.db, context.cause());
    let failure = match at.openai.moderate(&unchecked.prompt, source.to_look_at()).await {
        Ok(None) => return Ok(generations::clear(db, &cause, id).await?),
        Ok(Some(categories)) => {
            return Ok(
                generations::turn_down(db, &cause, &context.claim, id, &categories, TURNED_DOWN).await?
            );
        }
        Err(failure) => failure,
    };
    let why = format!("the check of the sentence cannot be had: {failure}");
    match failure {
        // Who drew here before need not wait for the check: drawing has one of its own.
        Failure::RateLimited { .. } if unchecked.is_trusted && at.moderation == Moderation::On => Ok(()),
        // The check's own limit: calls for pictures have another one, and go on.
        Failure::RateLimited { after } => Err(JobError::PutOff { reason: why, after }),
        Failure::Billing { .. } | Failure::Configuration { .. } => {
            if let Some(trouble) = failure.trouble() {
                providers::report(db, &context.cause(), providers::OPENAI, cause.at, &trouble).await?;
            }
            Err(JobError::KeepPlace(why))
        }
        Failure::Refused { .. }
        | Failure::BadRequest { .. }
        | Failure::Failed { .. }
        | Failure::Hopeless { .. }
        | Failure::Ambiguous { .. } => {
            if unchecked.is_trusted && at.moderation == Moderation::On {
                Ok(())
            } else {
                // So that an outage does not use up the tries of everybody within a minute.
                providers::report_failure(db, providers::OPENAI).await?;
                Err(JobError::Retry(why))
            }
        }
    }
}

fn request(drawing: &Drawing, source: Source) -> Request {
    let prompt = match drawing.style.direction() {
        Some(direction) => format!("{}\n\n{direction}", drawing.prompt),
        None => drawing.prompt.clone(),
    };
    let (width, height) = drawing.size.pixels(drawing.quality);
    Request {
        prompt,
        size: format!("{width}x{height}"),
        quality: drawing.quality.for_provider(),
        count: drawing.count,
        source: source.into_picture(),
    }
}

async fn take_in(drawing: Drawing, drawn: Drawn, at: &Services, context: &Context) -> Result<(), JobError> {
    let Drawn { pictures, usage, request_id } = drawn;
    let mut pictures = tokio::task::spawn_blocking(move || pictures::read_all(pictures)).await?;
    // More than were asked for are a gift that we have no place for.
    pictures.truncate(usize::try_from(drawing.count).unwrap_or(1));
    if pictures.is_empty() {
        let failure = Failure::Ambiguous { why: "the answer holds no picture that can be read".to_owned() };
        return end(drawing, Failed { failure, request_id }, at, context).await;
    }
    let cost_microdollars = usage.as_ref().and_then(|usage| at.openai.cost(usage));
    // What Postgres' jsonb cannot hold (JSON allows U+0000, jsonb does not) must not cost the picture.
    let usage = usage.filter(|usage| !usage.to_string().contains("\\u0000"));
    let (cause, answer) = (context.cause(), Answer { pictures, usage, cost_microdollars, request_id });
    // The picture is paid for: rather wait for the database than ask for it again.
    written(|| generations::answered(&at.db, &cause, drawing.call_id, &answer)).await
}

async fn end(drawing: Drawing, failed: Failed, at: &Services, context: &Context) -> Result<(), JobError> {
    let (cause, call, request_id) = (context.cause(), drawing.call_id, failed.request_id.as_deref());
    let (db, error) = (&at.db, failed.failure.to_string());
    let close = async |end: CallEnd| {
        written(|| generations::end_call(db, &cause, call, &end, request_id, &error)).await
    };
    match failed.failure {
        Failure::Refused { stage, .. } => {
            // Only what was found in the words is the customer's doing.
            let (problem, strike) = match stage {
                Stage::Input => (REFUSED, Some(error.as_str())),
                Stage::Output => (HELD_BACK, None),
                Stage::Unknown => (REFUSED, None),
            };
            written(|| generations::refuse(db, &cause, call, request_id, &error, problem, strike)).await
        }
        Failure::BadRequest { ref code } => {
            written(|| providers::report_rejection(db, &cause, providers::OPENAI, code)).await?;
            written(|| generations::refuse(db, &cause, call, request_id, &error, REJECTED, None)).await
        }
        Failure::RateLimited { after } => {
            close(CallEnd::RateLimited { pause: after }).await?;
            Err(JobError::KeepPlace(error))
        }
        Failure::Billing { .. } | Failure::Configuration { .. } => {
            if let Some(trouble) = failed.failure.trouble() {
                close(CallEnd::Paused(trouble)).await?;
            }
            Err(JobError::KeepPlace(error))
        }
        Failure::Failed { after, .. } => {
            close(CallEnd::Failed).await?;
            Err(JobError::RetryIn { error, after: after.unwrap_or_default() })
        }
        Failure::Hopeless { .. } => {
            close(CallEnd::Failed).await?;
            Err(JobError::GiveUp(error))
        }
        Failure::Ambiguous { .. } => {
            close(CallEnd::Ambiguous).await?;
            Err(JobError::Retry(error))
        }
    }
}

/// Tries to write until the database takes it, for as long as the deadline lets us: what is known of a call must not be
/// forgotten for a hiccup. What the database refuses for its content will not be taken later.
async fn written<W, F>(mut write: W) -> Result<(), JobError>
where
    W: FnMut() -> F,
    F: Future<Output = sqlx::Result<()>>,
{
    loop {
        let Err(error) = write().await else { return Ok(()) };
        // SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation).
        let code = error.as_database_error().and_then(DatabaseError::code);
        if code.is_some_and(|code| code.starts_with("22") || code.starts_with("23")) {
            return Err(JobError::GiveUp(format!("the database refuses what came of the call: {error}")));
        }
        tracing::warn!(%error, "cannot write down what came of the call yet");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
