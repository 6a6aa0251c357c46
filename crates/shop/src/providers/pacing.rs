//! How fast a provider may be asked: a pace from the settings, and whatever it asks for itself.

use std::time::Duration;

use sqlx::{PgExecutor, PgTransaction};

/// So many calls in a row that brought nothing are the provider's trouble, not theirs.
const OUTAGE_FROM: i32 = 5;
/// It is then left alone for so long.
const OUTAGE_PAUSE: Duration = Duration::from_mins(1);

/// The provider asked for a pause: no call of anybody begins earlier. It is not a fault, so nothing is paused or counted.
pub async fn slow_down(db: impl PgExecutor<'_>, name: &str, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update providers set free_at = greatest(free_at, clock_timestamp() + make_interval(secs => $2)) where name = $1",
        name,
        pause.as_secs_f64(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A call brought nothing. After some of those in a row nobody's begins for a while: during an outage each job's tries are
/// spread over minutes, instead of being used up in seconds.
pub(crate) async fn count_failure(tx: &mut PgTransaction<'_>, name: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update providers set failures_in_a_row = failures_in_a_row + 1,
             free_at = case when failures_in_a_row + 1 >= $2 then greatest(free_at, clock_timestamp() + make_interval(secs => $3))
                            else free_at end
         where name = $1",
        name,
        OUTAGE_FROM,
        OUTAGE_PAUSE.as_secs_f64(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A call brought pictures.
pub(crate) async fn forget_failures(tx: &mut PgTransaction<'_>, name: &str) -> sqlx::Result<()> {
    // Without the condition every answer would wait for the others at this row.
    sqlx::query!(
        "update providers set failures_in_a_row = 0 where name = $1 and failures_in_a_row > 0",
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
