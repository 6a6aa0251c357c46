//! Workers: their heartbeats, and what happens to the jobs of one that is not heard of any more.

use std::time::Duration;

use sqlx::PgPool;

use crate::jobs::Lane;

/// Says that these workers live, and makes new ones known: a job can only be handed to one that is. A name must never
/// have been used before; under an old one a worker would seem to hold the jobs of its predecessor.
pub async fn beat(db: &PgPool, workers: &[(String, Lane)]) -> sqlx::Result<()> {
    let (ids, lanes): (Vec<String>, Vec<String>) =
        workers.iter().map(|(id, lane)| (id.clone(), lane.name().to_owned())).unzip();
    sqlx::query!(
        "insert into apalis.workers (id, worker_type, storage_name, last_seen, started_at)
         select id, lane, 'shop', now(), now() from unnest($1::text[], $2::text[]) as mine (id, lane)
         on conflict (id) do update set last_seen = now()",
        &ids,
        &lanes,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the jobs of workers that were silent for longer than `silence` from them, so that they are handed out again.
/// The attempt stays counted. Returns how many jobs there were.
pub async fn rescue(db: &PgPool, silence: Duration) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"with orphans as (
               select j.id, j.job_type from apalis.jobs j join apalis.workers w on w.id = j.lock_by
               where j.status in ('Running', 'Queued') and w.last_seen < now() - make_interval(secs => $1)
               for update of j skip locked
           ), freed as (
               update apalis.jobs j set status = 'Pending', run_at = now(), lock_by = null, lock_at = null
               from orphans o where j.id = o.id
               returning j.id, j.job_type
           ), recorded as (
               update job_attempts a set ended_at = clock_timestamp(), outcome = 'worker_died',
                      error = 'the worker ' || a.worker || ' was not heard of any more'
               from freed f where a.job_id = f.id and a.ended_at is null
           ), told as (
               select pg_notify($2, json_build_object('job_type', f.job_type, 'id', f.id)::text) from freed f
           )
           select count(*) as "count!" from told"#,
        silence.as_secs_f64(),
        super::ANNOUNCEMENTS,
    )
    .fetch_one(db)
    .await
}

/// Takes workers off the list that ended in order, and those that were silent for a day.
pub async fn close(db: &PgPool, workers: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from apalis.workers w
         where (w.id = any($1) or w.last_seen < now() - interval '1 day')
           and not exists (select from apalis.jobs j where j.lock_by = w.id)",
        workers,
    )
    .execute(db)
    .await?;
    Ok(())
}
