//! The line, as those see it who wait in it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use crate::{
    ids::GenerationId,
    providers::{self, OPENAI},
};

/// How far back the pace is measured.
const MEASURED: TimeDelta = TimeDelta::minutes(15);
/// From how many pictures on a pace can be told.
const TELLING: i64 = 5;

/// Everybody who waits, and how fast it goes on.
#[derive(Debug, Clone)]
pub struct Line {
    /// Requests that have not begun, in order, with the pictures of all before each.
    waiting: Vec<(GenerationId, i64)>,
    /// Pictures that are being drawn, and those of everybody who waits.
    drawing: i64,
    all: i64,
    /// How fast it goes.
    pub pace: Pace,
    /// Whether nothing is drawn at the moment.
    pub is_paused: bool,
}

/// How fast pictures come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Pictures a minute while there was something to draw, over the last quarter of an hour; nothing if there were too few.
    pub per_minute: Option<f64>,
    /// The median time of the last twenty answered calls, if there were any.
    pub typical: Option<Duration>,
}

impl Line {
    /// How many requests come before this one and still wait, plus one.
    pub fn position(&self, id: GenerationId) -> i64 {
        i64::try_from(self.before(id)).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// How many pictures are drawn before those of this one.
    pub fn pictures_ahead(&self, id: GenerationId) -> i64 {
        self.drawing + self.waiting.get(self.before(id)).map_or(self.all, |(_, before)| *before)
    }

    /// Ids are in the order of time, also one that came after the line was read.
    fn before(&self, id: GenerationId) -> usize {
        self.waiting.partition_point(|(waiting, _)| *waiting < id)
    }
}

/// The line as it is at this moment. Reading it takes longer the longer it is (over an index alone): ask for it now and then and
/// keep it for a while, however many look.
pub async fn line(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<Line> {
    let requests = sqlx::query!(
        r#"select id as "id: GenerationId", count from generations where state = 'queued' order by id"#
    )
    .fetch_all(db)
    .await?;
    let drawing = sqlx::query_scalar!(
        r#"select coalesce(sum(g.count), 0)::bigint as "drawing!" from provider_calls c join generations g on g.id = c.generation_id
           where c.state = 'open'"#
    )
    .fetch_one(db)
    .await?;
    let mut all = 0;
    let waiting = requests.into_iter().map(|request| {
        let before = all;
        all += i64::from(request.count);
        (request.id, before)
    });
    let waiting = waiting.collect();
    Ok(Line {
        waiting,
        drawing,
        all,
        pace: pace(db, at).await?,
        is_paused: providers::is_paused(db, OPENAI).await?,
    })
}

/// Pictures by the time in which at least one call was under way: quiet minutes say nothing about how fast we are.
async fn pace(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<Pace> {
    let measured = sqlx::query!(
        r#"with calls as (
               select c.started_at, c.ended_at, g.count,
                      max(c.ended_at) over (order by c.started_at, c.id rows between unbounded preceding and 1 preceding) as earlier
               from provider_calls c join generations g on g.id = c.generation_id
               where c.state = 'answered' and c.ended_at > $1
           )
           select coalesce(sum(count), 0)::bigint as "pictures!",
                  coalesce(sum(extract(epoch from ended_at - greatest(started_at, earlier))) filter (where earlier is null or ended_at > earlier), 0)::float8 as "busy_s!",
                  (select percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)::float8)
                   from (select started_at, ended_at from provider_calls where state = 'answered' order by ended_at desc limit 20) latest) as typical_s
           from calls"#,
        at - MEASURED,
    )
    .fetch_one(db)
    .await?;
    let pictures = i32::try_from(measured.pictures).unwrap_or(i32::MAX);
    let tells = measured.pictures >= TELLING && measured.busy_s > 0.0;
    Ok(Pace {
        per_minute: tells.then(|| f64::from(pictures) * 60.0 / measured.busy_s),
        typical: measured.typical_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}
