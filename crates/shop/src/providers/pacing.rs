//! How fast a provider may be asked: a pace from the settings, and whatever it asks for itself.

use std::time::Duration;

use sqlx::PgTransaction;

/// The provider asked for a pause: no call of anybody begins earlier. It is not a fault, so nothing is paused or counted.
pub(crate) async fn slow_down(tx: &mut PgTransaction<'_>, name: &str, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update providers set free_at = greatest(free_at, clock_timestamp() + make_interval(secs => $2)) where name = $1",
        name,
        pause.as_secs_f64(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
