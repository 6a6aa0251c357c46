//! How fast a provider may be asked: a pace from the settings, and whatever it asks for itself.

use std::time::Duration;

use sqlx::PgExecutor;

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
