//! Looking after sessions and orders of which nothing was heard for a while, so that a lost message loses no payment.

use chrono::Duration;
use sqlx::{PgPool, PgTransaction};

use super::{is_open, opening};
use crate::{
    Cause,
    ids::{OrderId, PaymentEventId, PaymentSessionId},
    jobs::Job,
    orders::{self, EndReason, OrderStatus},
};

/// A page that is open is asked after when nothing was heard for so long.
const OPEN: Duration = Duration::minutes(15);
/// Money that takes days is asked after less often.
const PROCESSING: Duration = Duration::hours(3);
/// An order that nobody is about to pay is kept for so long.
const UNPAID: Duration = Duration::hours(24);
/// An event whose consequences could not be drawn is tried again after so long, for so long. Then it is a finding for staff.
const EVENTS_AFTER: Duration = Duration::hours(1);
pub(crate) const EVENTS_FOR: Duration = Duration::days(3);
/// At most so many of a kind at once: the next run takes the rest.
const AT_ONCE: i64 = 200;

/// What a check came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Sessions that are asked after.
    pub read: usize,
    /// Events that are tried again.
    pub events: usize,
    /// Sessions that were never opened, and are not any more.
    pub unopened: usize,
    /// Orders that ended because nobody paid.
    pub expired: usize,
}

/// Looks after all of them.
pub async fn check(db: &PgPool, cause: &Cause) -> sqlx::Result<Checked> {
    Ok(Checked {
        read: ask_after(db, cause).await?,
        events: try_again(db, cause).await?,
        unopened: give_up_openings(db, cause).await?,
        expired: expire(db, cause).await?,
    })
}

async fn ask_after(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let mut tx = db.begin().await?;
    let silent = sqlx::query_scalar!(
        r#"select s.id as "id: PaymentSessionId" from payment_sessions s
           where s.provider_ref is not null
                 and (s.state = 'open' and coalesce(s.read_at, s.created_at) < $1
                      or s.state = 'processing' and coalesce(s.read_at, s.created_at) < $2)
                 and not exists (select from apalis.jobs j where j.job_type = 'orders' and j.status not in ('Done', 'Killed')
                                 and convert_from(j.job, 'utf8')::jsonb ->> 'payment_session_id' = s.id::text)
           order by s.id limit $3"#,
        cause.at - OPEN,
        cause.at - PROCESSING,
        AT_ONCE,
    )
    .fetch_all(&mut *tx)
    .await?;
    for id in &silent {
        Job::ReadPayment { payment_session_id: *id }.enqueue(&mut tx, cause).await?;
    }
    tx.commit().await?;
    Ok(silent.len())
}

async fn try_again(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let mut tx = db.begin().await?;
    let left = sqlx::query_scalar!(
        r#"select e.id as "id: PaymentEventId" from payment_events e
           where e.handled_at is null and e.received_at between $1 and $2
                 and not exists (select from apalis.jobs j where j.job_type = 'orders' and j.status not in ('Done', 'Killed')
                                 and convert_from(j.job, 'utf8')::jsonb ->> 'payment_event_id' = e.id::text)
           order by e.received_at limit $3"#,
        cause.at - EVENTS_FOR,
        cause.at - EVENTS_AFTER,
        AT_ONCE,
    )
    .fetch_all(&mut *tx)
    .await?;
    for id in &left {
        Job::ApplyPaymentEvent { payment_event_id: *id }.enqueue(&mut tx, cause).await?;
    }
    tx.commit().await?;
    Ok(left.len())
}

/// Sessions that are to be opened for a day, or that no job will open.
async fn give_up_openings(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let stranded = sqlx::query_scalar!(
        r#"select s.id as "id: PaymentSessionId" from payment_sessions s
           where s.state = 'opening'
                 and (s.created_at < $1
                      or s.created_at < $2
                         and not exists (select from apalis.jobs j where j.job_type = 'orders' and j.status not in ('Done', 'Killed')
                                         and convert_from(j.job, 'utf8')::jsonb ->> 'payment_session_id' = s.id::text))
           order by s.id limit $3"#,
        cause.at - UNPAID,
        cause.at - OPEN,
        AT_ONCE,
    )
    .fetch_all(db)
    .await?;
    for id in &stranded {
        let mut tx = db.begin().await?;
        opening::could_not_open(&mut tx, cause, *id).await?;
        tx.commit().await?;
    }
    Ok(stranded.len())
}

/// Orders that nobody is about to pay, since a day.
async fn expire(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let unpaid = sqlx::query_scalar!(
        r#"select o.id as "id: OrderId" from orders o
           where o.status = 'pending_payment' and o.hold is null and o.placed_at < $1
                 and not exists (select from payment_sessions s where s.order_id = o.id
                                 and (s.state in ('opening', 'open', 'processing') or coalesce(s.ended_at, s.created_at) > $1))
           order by o.placed_at limit $2"#,
        cause.at - UNPAID,
        AT_ONCE,
    )
    .fetch_all(db)
    .await?;
    let mut expired = 0;
    for id in &unpaid {
        let mut tx = db.begin().await?;
        if is_still_unpaid(&mut tx, *id).await? {
            orders::end(&mut tx, cause, *id, OrderStatus::Expired, EndReason::NotPaid).await?;
            expired += 1;
        }
        tx.commit().await?;
    }
    Ok(expired)
}

/// Looks again, with the row held: the customer may be paying at this moment.
async fn is_still_unpaid(tx: &mut PgTransaction<'_>, id: OrderId) -> sqlx::Result<bool> {
    let held = sqlx::query_scalar!(
        r#"select status = 'pending_payment' and hold is null as "is!" from orders where id = $1 for update"#,
        id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(held && !is_open(tx, id).await?)
}
