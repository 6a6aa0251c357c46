//! From the side of staff: what is to hang in the gallery, and what was reported there.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgPool, PgTransaction, types::Json};

use super::{Card, Format, ImageState, ReportVerdict, Visibility, deletion, publishing, reports};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    generations::Style,
    ids::{AccountId, GenerationId, ImageId},
    mails::{self, Letter},
};

/// Longest note to an owner in Unicode scalar values; `images_review_note_length`.
pub const NOTE_MAX: usize = 500;
/// Of so many reports about a picture staff read the words.
const REPORTS_SHOWN: i64 = 5;

/// What staff decide about a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It hangs in the gallery: from now on, still, or again.
    Publish,
    /// It goes back to its owner, who can change the title and hand it in again.
    SendBack {
        /// Why, in words for the owner.
        note: &'a str,
    },
    /// It is taken down, and cannot be handed in again.
    Hide {
        /// Why, in words for the owner.
        note: &'a str,
    },
}

/// What became of a picture that its owner wanted in the gallery, as they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It hangs there.
    Hung,
    /// It came back, and can be handed in again.
    SentBack,
    /// It was taken down for good.
    TakenDown,
}

/// Which pictures staff look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewList {
    /// Those that were handed in, the oldest first.
    Submitted,
    /// Those that hang there and were reported, the one reported first at the top.
    Reported,
    /// Those that were taken down, the newest first.
    Hidden,
}

/// A picture that staff look at.
#[derive(Debug, Clone)]
pub struct Reviewable {
    /// What shows it.
    pub card: Card,
    /// The sentence.
    pub prompt: String,
    /// How it was to look.
    pub style: Style,
    /// Who can see it.
    pub visibility: Visibility,
    /// Whose it is.
    pub account_id: AccountId,
    /// Their address.
    pub email: String,
    /// Since when it waits for somebody to look, or hangs there, or is there at all. Goes with the verdict, which is about the
    /// picture as it was then.
    pub since: DateTime<Utc>,
    /// What its owner was told.
    pub note: String,
    /// What was said about it last, as keys of reasons and words.
    pub reports: Vec<(String, String)>,
    /// How many said something before that.
    pub earlier_reports: i64,
}

/// How many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewCounts {
    /// Pictures that were handed in.
    pub submitted: i64,
    /// Pictures that hang there and were reported.
    pub reported: i64,
}

/// Decides about a picture, closes what was reported about it, writes both down, and tells its owner. `seen` is
/// [`Reviewable::since`] as it was looked at: a picture that was taken back and handed in anew meanwhile may have another title.
pub async fn review(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: ImageId,
    seen: DateTime<Utc>,
    verdict: Verdict<'_>,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let found = sqlx::query!(
        r#"select i.visibility as "visibility: Visibility", i.account_id as "account_id: AccountId",
                  a.erased_at is not null as "owner_left!"
           from images i join accounts a on a.id = i.account_id
           where i.id = $1 and i.deleted_at is null and coalesce(i.submitted_at, i.published_at, i.created_at) = $2
           for update of i"#,
        id as ImageId,
        seen,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(Err(StaleTransition)) };
    let before = found.visibility;
    let (after, action, of_reports, note) = match (before, verdict) {
        (Visibility::Private, _) | (Visibility::Hidden, Verdict::SendBack { .. } | Verdict::Hide { .. }) => {
            return Ok(Err(StaleTransition));
        }
        (Visibility::Submitted | Visibility::Published | Visibility::Hidden, Verdict::Publish) => {
            (Visibility::Published, "picture.publish", ReportVerdict::Kept, "")
        }
        (Visibility::Submitted | Visibility::Published, Verdict::SendBack { note }) => {
            (Visibility::Private, "picture.send_back", ReportVerdict::SentBack, note)
        }
        (Visibility::Submitted | Visibility::Published, Verdict::Hide { note }) => {
            (Visibility::Hidden, "picture.hide", ReportVerdict::Hidden, note)
        }
    };
    if after != Visibility::Published {
        sqlx::query!(
            "update images set visibility = $2, review_note = $3, submitted_at = null, published_at = null where id = $1",
            id as ImageId,
            after as Visibility,
            note,
        )
        .execute(&mut *tx)
        .await?;
        if found.owner_left {
            deletion::remove_of_erased(&mut tx, cause, found.account_id, id).await?;
        }
    } else if before != Visibility::Published {
        publishing::hang(&mut tx, cause, id).await?;
    }
    let closed = reports::close(&mut tx, cause, id, of_reports).await?;
    if after == before && closed == 0 {
        // It hangs there, and nobody says anything against it: there was nothing to decide.
        return Ok(Err(StaleTransition));
    }
    let mut changed = json!({ "visibility": <&str>::from(after), "reports": closed });
    if !note.is_empty() {
        changed["note"] = note.into();
    }
    if found.owner_left && after != Visibility::Published {
        changed["removed"] = true.into();
    }
    let outcome = match after {
        _ if after == before => None,
        Visibility::Published => Some(Outcome::Hung),
        Visibility::Hidden => Some(Outcome::TakenDown),
        Visibility::Private | Visibility::Submitted => Some(Outcome::SentBack),
    };
    if let Some(outcome) = outcome {
        tell(&mut tx, cause, found.account_id, id, outcome).await?;
    }
    let deed = Deed {
        action,
        subject_kind: "image",
        subject_id: &id.to_string(),
        before: Some(json!({ "visibility": <&str>::from(before) })),
        after: Some(changed),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Tells the owner by mail what became of a picture, if they want such news.
async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    image_id: ImageId,
    outcome: Outcome,
) -> sqlx::Result<()> {
    let Some(email) = mails::news_address(tx, account_id).await? else { return Ok(()) };
    let letter = Letter::PictureReviewed { image_id, outcome };
    let key = format!("picture-reviewed:{image_id}:{}", cause.at.timestamp_micros());
    mails::write(tx, cause, Some(account_id), &email, &letter, &key).await
}

/// How many wait for staff to look.
pub async fn review_counts(db: &PgPool) -> sqlx::Result<ReviewCounts> {
    sqlx::query_as!(
        ReviewCounts,
        r#"select (select count(*) from images where visibility = 'submitted') as "submitted!",
                  (select count(distinct r.image_id) from reports r join images i on i.id = r.image_id
                   where r.verdict is null and i.visibility = 'published') as "reported!""#,
    )
    .fetch_one(db)
    .await
}

/// Pictures for staff to look at, `limit` of them from the beginning: what is decided makes room for the next.
pub async fn review_list(db: &PgPool, list: ReviewList, limit: i64) -> sqlx::Result<Vec<Reviewable>> {
    let ids = match list {
        ReviewList::Submitted => {
            sqlx::query_scalar!(
                r#"select id as "id: ImageId" from images where visibility = 'submitted' order by submitted_at, id limit $1"#,
                limit
            )
            .fetch_all(db)
            .await?
        }
        ReviewList::Reported => {
            sqlx::query_scalar!(
                r#"select r.image_id as "id: ImageId" from reports r join images i on i.id = r.image_id
                   where r.verdict is null and i.visibility = 'published'
                   group by r.image_id order by min(r.created_at), r.image_id limit $1"#,
                limit
            )
            .fetch_all(db)
            .await?
        }
        ReviewList::Hidden => {
            sqlx::query_scalar!(
                r#"select id as "id: ImageId" from images where visibility = 'hidden' and deleted_at is null order by id desc limit $1"#,
                limit
            )
            .fetch_all(db)
            .await?
        }
    };
    let rows = sqlx::query!(
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", i.title, g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at, i.loves,
                  i.visibility as "visibility: Visibility", i.account_id as "account_id: AccountId", a.email,
                  g.style as "style: Style", coalesce(i.submitted_at, i.published_at, i.created_at) as "since!", i.review_note,
                  (select coalesce(jsonb_agg(jsonb_build_array(r.reason, r.words) order by r.id), '[]')
                   from (select * from reports where image_id = i.id and verdict is null order by id desc limit $2) r)
                    as "reports!: Json<Vec<(String, String)>>",
                  (select greatest(count(*) - $2, 0) from reports r where r.image_id = i.id and r.verdict is null) as "earlier_reports!"
           from unnest($1::uuid[]) with ordinality as wanted (id, place)
           join images i on i.id = wanted.id join generations g on g.id = i.generation_id join accounts a on a.id = i.account_id
           order by wanted.place"#,
        &ids as &[ImageId],
        REPORTS_SHOWN,
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().map(|row| Reviewable {
        card: Card {
            id: row.id,
            generation_id: row.generation_id,
            caption: if row.title.is_empty() { row.prompt.clone() } else { row.title },
            width: row.width,
            height: row.height,
            format: row.format,
            state: row.state,
            thumbnail_widths: row.thumbnail_widths,
            published_at: row.published_at,
            loves: row.loves,
            favourite: false,
        },
        prompt: row.prompt,
        style: row.style,
        visibility: row.visibility,
        account_id: row.account_id,
        email: row.email,
        since: row.since,
        note: row.review_note,
        reports: row.reports.0,
        earlier_reports: row.earlier_reports,
    });
    Ok(found.collect())
}
