//! Whoever draws for us. While a provider is paused nothing is asked of it: its jobs keep their place and use up no attempt,
//! and the oldest of them tries from time to time whether it is over. `apalis.get_jobs` holds the gate (`0011_providers.sql`).

mod models;
mod pacing;
mod spending;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, PgTransaction};

pub use models::{Listed, check_model};
pub use pacing::slow_down;
pub(crate) use pacing::{count_failure, forget_failures};
pub use spending::{Caps, Spent, spent};
pub(crate) use spending::{commit, correct};

use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    queue::Claim,
    staff_alerts,
};

/// The one that draws.
pub const OPENAI: &str = "openai";

/// How long after a pause for money began, or after the probe before, the next probe is made.
const PROBES_AFTER: [Duration; 5] = [
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(15),
    Duration::minutes(30),
    Duration::minutes(60),
];

/// How long after a pause for a wrong setting began, or after the probe before, the next probe is made. It does not mend itself,
/// but a worker with the old settings may have been the last one to try while a new version came.
const CONFIGURATION_PROBES_AFTER: Duration = Duration::hours(1);

/// Why nothing is asked of a provider.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Pause {
    /// The provider's account is out of money or at its limit.
    Billing,
    /// A setting of ours is wrong: the key, the model, the address.
    Configuration,
    /// We spent what we wanted to spend.
    OwnCap,
    /// Staff said so.
    Staff,
}

/// What a call showed about its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The provider's account is out of money or at its limit.
    Billing {
        /// The provider's word for it.
        code: String,
    },
    /// A setting of ours is wrong.
    Configuration {
        /// Which setting, and the provider's word for what is wrong with it.
        detail: String,
    },
}

/// A provider, as staff see it.
#[derive(Debug, Clone, Serialize)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Why nothing is asked of it.
    pub pause: Option<Pause>,
    /// The provider's word for it, or the setting that is wrong.
    pub pause_detail: Option<String>,
    /// Since when.
    pub paused_at: Option<DateTime<Utc>>,
    /// When the oldest waiting job may try whether it is over.
    pub next_probe_at: Option<DateTime<Utc>>,
    /// How often that was tried.
    pub probes: i32,
    /// Calls per minute at most; 0 is as many as there are.
    pub calls_per_minute: i32,
    /// No call begins earlier.
    pub free_at: DateTime<Utc>,
}

/// All providers, by name.
pub async fn all(db: &PgPool) -> sqlx::Result<Vec<Provider>> {
    sqlx::query_as!(
        Provider,
        r#"select name, pause as "pause: Pause", pause_detail, paused_at, next_probe_at, probes, calls_per_minute, free_at
           from providers order by name"#
    )
    .fetch_all(db)
    .await
}

/// Whether nothing is asked of a provider at the moment.
pub async fn is_paused(db: &PgPool, name: &str) -> sqlx::Result<bool> {
    let paused =
        sqlx::query_scalar!(r#"select pause is not null as "paused!" from providers where name = $1"#, name)
            .fetch_optional(db)
            .await?;
    Ok(paused.unwrap_or_default())
}

/// Makes a provider known when a worker starts. Other settings than the last worker's may end a pause that a wrong setting or our
/// own cap led to: the oldest job tries at once.
pub async fn introduce(
    db: &PgPool,
    cause: &Cause,
    name: &str,
    lane: crate::jobs::Lane,
    calls_per_minute: i32,
    settings_hash: &[u8; 32],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into providers as p (name, lane, calls_per_minute, settings_hash) values ($1, $2, $3, $4)
         on conflict (name) do update set lane = excluded.lane, calls_per_minute = excluded.calls_per_minute,
             settings_hash = excluded.settings_hash,
             next_probe_at = case when p.pause in ('configuration', 'own_cap') and not p.stays
                                       and p.settings_hash is distinct from excluded.settings_hash
                                  then $5 else p.next_probe_at end",
        name,
        lane.name(),
        calls_per_minute,
        settings_hash.as_slice(),
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A call that belongs to no picture, and began at `call_began`, showed that nothing gets through.
pub async fn report(
    db: &PgPool,
    cause: &Cause,
    name: &str,
    call_began: DateTime<Utc>,
    trouble: &Trouble,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    pause_after(&mut tx, cause, name, call_began, trouble).await?;
    tx.commit().await
}

/// A provider did not accept what we asked for: our mistake, or a change of its rules. Staff are told once a day.
pub async fn report_rejection(db: &PgPool, cause: &Cause, name: &str, detail: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let key = format!("request_rejected:{name}:{detail}:{}", cause.at.date_naive());
    let alert = staff_alerts::Alert::RequestRejected { provider: name, detail };
    staff_alerts::tell(&mut tx, cause, &alert, &key).await?;
    tx.commit().await
}

/// Pauses a provider after a call that began at `call_began`; staff are told when a pause begins, and only then. A call that
/// began before the pause says nothing new; a probe that failed moves the next one further away.
pub(crate) async fn pause_after(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    name: &str,
    call_began: DateTime<Utc>,
    trouble: &Trouble,
) -> sqlx::Result<()> {
    let Some(known) = sqlx::query!(
        r#"select pause as "pause: Pause", paused_at, probes from providers where name = $1 for update"#,
        name,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(());
    };
    if known.paused_at.is_some_and(|paused_at| call_began < paused_at) {
        return Ok(());
    }
    let (pause, detail) = match trouble {
        Trouble::Billing { code } => (Pause::Billing, code),
        Trouble::Configuration { detail } => (Pause::Configuration, detail),
    };
    let probe = usize::try_from(known.probes).unwrap_or_default().min(PROBES_AFTER.len() - 1);
    let next_probe_at = match trouble {
        Trouble::Billing { .. } => cause.at + PROBES_AFTER[probe],
        Trouble::Configuration { .. } => cause.at + CONFIGURATION_PROBES_AFTER,
    };
    begin(tx, cause, name, pause, detail, next_probe_at).await
}

/// Pauses a provider because we spent what we wanted to spend, until there is something to spend again.
pub(crate) async fn pause_at_cap(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    name: &str,
    detail: &str,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    begin(tx, cause, name, Pause::OwnCap, detail, until).await
}

/// Begins a pause, or says that it goes on. One by staff stays as it is: only they end it. Staff are told when a pause begins, and
/// when it becomes one of another kind.
async fn begin(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    name: &str,
    pause: Pause,
    detail: &str,
    next_probe_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let before = sqlx::query_scalar!(
        r#"with before as (select name, pause from providers where name = $1 for update)
           update providers p set pause = $2, pause_detail = $3, next_probe_at = case when p.stays then null else $4::timestamptz end,
                  paused_at = coalesce(p.paused_at, $5), probes = case when p.pause is null then 0 else p.probes end
           from before where p.name = before.name and before.pause is distinct from 'staff'
           returning before.pause as "pause: Pause""#,
        name,
        pause as Pause,
        detail,
        next_probe_at,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if before.is_some_and(|before| before != Some(pause)) {
        let key = format!("provider_paused:{name}:{}", cause.at.timestamp_micros());
        staff_alerts::tell(
            tx,
            cause,
            &staff_alerts::Alert::ProviderPaused { provider: name, pause, detail },
            &key,
        )
        .await?;
    }
    Ok(())
}

/// A call that began at `call_began` was answered: the pause is over, if the call belongs to it.
pub(crate) async fn resume_after(
    tx: &mut PgTransaction<'_>,
    name: &str,
    call_began: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update providers set pause = null, pause_detail = null, paused_at = null, next_probe_at = null, probes = 0
         where name = $1 and pause <> 'staff' and not stays and paused_at <= $2",
        name,
        call_began,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The job that was to be the probe had nothing to ask for any more: the next one in line is the probe, at once.
pub async fn pass_probe_on(db: &PgPool, name: &str, claim: &Claim) -> sqlx::Result<()> {
    sqlx::query!(
        "update providers set next_probe_at = clock_timestamp(), probes = greatest(probes - 1, 0)
         where name = $1 and next_probe_at is not null and paused_at <= $2",
        name,
        claim.handed_at(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a pause began after a job was handed out.
pub(crate) async fn was_paused_since(
    tx: &mut PgTransaction<'_>,
    name: &str,
    handed_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let paused = sqlx::query_scalar!(
        r#"select coalesce(paused_at > $2, false) as "paused!" from providers where name = $1"#,
        name,
        handed_at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(paused.unwrap_or_default())
}

/// A call that belongs to no picture brought nothing.
pub async fn report_failure(db: &PgPool, name: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    count_failure(&mut tx, name).await?;
    tx.commit().await
}

/// Staff want the oldest job to try now whether the pause is over.
pub async fn try_now(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    name: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    change(db, cause, actor, name, "provider.try_now", Some(cause.at)).await
}

/// Staff want no probes until they say so.
pub async fn stay_paused(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    name: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    change(db, cause, actor, name, "provider.stay_paused", None).await
}

async fn change(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    name: &str,
    action: &'static str,
    next_probe_at: Option<DateTime<Utc>>,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let changed = sqlx::query!(
        r#"with before as (select name, next_probe_at from providers where name = $1 and pause is not null for update)
           update providers p set next_probe_at = $2, stays = $2::timestamptz is null from before where p.name = before.name
           returning before.next_probe_at as before, p.next_probe_at as after"#,
        name,
        next_probe_at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(changed) = changed else { return Ok(Err(StaleTransition)) };
    let deed = Deed {
        action,
        subject_kind: "provider",
        subject_id: name,
        before: Some(serde_json::json!({"next_probe_at": changed.before})),
        after: Some(serde_json::json!({"next_probe_at": changed.after})),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Longest note in characters on why staff pause a provider: customers wait meanwhile, and colleagues want to know at a glance.
pub const NOTE_MAX: usize = 300;

/// Staff pause a provider that works.
pub async fn pause_by_staff(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    name: &str,
    note: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let paused = sqlx::query!(
        "update providers set pause = 'staff', pause_detail = $2, paused_at = $3, next_probe_at = null, probes = 0
         where name = $1 and pause is null",
        name,
        note,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if paused.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    let deed = Deed {
        action: "provider.pause",
        subject_kind: "provider",
        subject_id: name,
        before: Some(serde_json::json!({"pause": null})),
        after: Some(serde_json::json!({"pause": Pause::Staff, "note": note})),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Staff end a pause of their own: everything that waits may be asked for again.
pub async fn resume_by_staff(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    name: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let resumed = sqlx::query!(
        "with before as (select name, pause_detail from providers where name = $1 and pause = 'staff' for update)
         update providers p set pause = null, pause_detail = null, paused_at = null, next_probe_at = null, stays = false, probes = 0
         from before where p.name = before.name returning before.pause_detail",
        name,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(before) = resumed else { return Ok(Err(StaleTransition)) };
    let deed = Deed {
        action: "provider.resume",
        subject_kind: "provider",
        subject_id: name,
        before: Some(serde_json::json!({"pause": Pause::Staff, "note": before.pause_detail})),
        after: Some(serde_json::json!({"pause": null})),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
