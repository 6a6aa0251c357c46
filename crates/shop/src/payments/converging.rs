//! Making an order follow what is true at the payment provider. However often, in whatever order and by however many workers
//! this is done, the end is the same: ledger entries are only added, a session only moves forward, and the order's row is held.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{Facts, LedgerKind, SessionState, cancel, holds, ledger, news, outcomes};
use crate::{
    Cause,
    ids::{CartId, OrderId, PaymentSessionId},
    money::{Currency, Money},
    orders::{self, EndReason, Hold, OrderStatus},
};

const NOT_PAID: &str = "The payment did not go through, and nothing was charged. Please try again, perhaps with another way to pay.";

impl SessionState {
    /// How far a session has come. It only moves to more: what is read late of an earlier moment changes nothing.
    fn progress(self) -> u8 {
        match self {
            Self::Opening => 0,
            Self::Open => 1,
            Self::Processing => 2,
            Self::Failed | Self::Expired => 3,
            Self::Complete => 4,
        }
    }
}

/// An order whose row is held.
pub(super) struct Order {
    pub id: OrderId,
    pub status: OrderStatus,
    pub end_reason: Option<EndReason>,
    pub hold: Option<Hold>,
    pub due: Money,
    pub cart_id: Option<CartId>,
}

/// Has an order follow what was read of one of its sessions. `read_started_at` is the database's clock before the provider was
/// asked, from [`super::to_read`].
pub async fn converge(
    db: &PgPool,
    cause: &Cause,
    session_id: PaymentSessionId,
    read_started_at: DateTime<Utc>,
    facts: &Facts,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let Some(mut order) = lock(&mut tx, session_id).await? else { return Ok(()) };
    let session = sqlx::query!(
        r#"select provider, provider_ref, state as "state: SessionState" from payment_sessions where id = $1 for update"#,
        session_id as PaymentSessionId,
    )
    .fetch_one(&mut *tx)
    .await?;

    let mut new = Vec::new();
    for movement in facts.movements(cause) {
        if ledger::add(&mut tx, cause, order.id, &session.provider, movement).await? {
            new.push(movement);
        }
    }
    let charges: Vec<_> = new.iter().filter(|movement| movement.kind == LedgerKind::Charge).collect();
    let own = session.provider_ref.as_deref();
    if own.is_none_or(|own| own == facts.reference) {
        let target = facts.session_state();
        // A page that is open is written down by whoever had it made, who knows where it is. One that was closed before anybody
        // knew of it says nothing of the one that is to be made. A session never moves back, so that an answer that was long on its
        // way undoes nothing, and what it alone knows is taken.
        let says_nothing = target == SessionState::Open || target == SessionState::Expired && own.is_none();
        let moves = !says_nothing && target.progress() > session.state.progress();
        if moves || own.is_some() {
            advance(&mut tx, cause, session_id, read_started_at, facts, moves).await?;
        }
        match target {
            SessionState::Complete if moves => outcomes::paid(&mut tx, cause, &mut order, facts).await?,
            SessionState::Processing if moves => {
                outcomes::pending(&mut tx, cause, &mut order, session_id).await?;
            }
            SessionState::Failed if moves => {
                outcomes::failed(&mut tx, cause, &order, session_id).await?;
            }
            SessionState::Expired if moves => {
                outcomes::expired(&mut tx, cause, &order, session_id).await?;
            }
            SessionState::Complete if session.state == SessionState::Complete => {
                // Its payment was decided upon before, and this came on top.
                for more in charges {
                    holds::hold(&mut tx, cause, &mut order, Hold::PaidTwice, more.reference).await?;
                }
            }
            SessionState::Opening
            | SessionState::Open
            | SessionState::Processing
            | SessionState::Complete
            | SessionState::Failed
            | SessionState::Expired => {}
        }
    } else if !charges.is_empty() {
        // A second page of the session, that nobody was sent to. Whatever becomes of it, the first one counts; but money is money,
        // and nobody is to pay once more.
        outcomes::paid(&mut tx, cause, &mut order, facts).await?;
        cancel(&mut tx, cause, order.id).await?;
    }
    news::tell(&mut tx, cause, order.id, &session.provider, &new).await?;
    holds::follow(&mut tx, cause, &mut order, &new).await?;
    ledger::settle(&mut tx, order.id).await?;
    tx.commit().await
}

/// Writes down what was read of a session's own page, and moves it, or leaves it where it stands.
async fn advance(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    session_id: PaymentSessionId,
    read_started_at: DateTime<Utc>,
    facts: &Facts,
    moves: bool,
) -> sqlx::Result<()> {
    let target = facts.session_state();
    sqlx::query!(
        "update payment_sessions set provider_ref = coalesce(provider_ref, $2), payment_ref = coalesce($3, payment_ref),
                read_at = greatest(read_at, $4), state = case when $5 then $6 else state end,
                problem = case when $5 then $7 else problem end, ended_at = case when $5 and $8 then $9 else ended_at end
         where id = $1",
        session_id as PaymentSessionId,
        facts.reference,
        facts.payment_ref,
        read_started_at,
        moves,
        target as SessionState,
        (target == SessionState::Failed).then_some(NOT_PAID),
        target != SessionState::Processing,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Holds the rows that decide: the cart first and then its orders, as whoever places an order does.
async fn lock(tx: &mut PgTransaction<'_>, session_id: PaymentSessionId) -> sqlx::Result<Option<Order>> {
    let Some(id) = sqlx::query_scalar!(
        r#"select order_id as "id: OrderId" from payment_sessions where id = $1"#,
        session_id as PaymentSessionId,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    if !orders::lock(tx, id).await? {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"select status as "status: OrderStatus", end_reason as "end_reason: EndReason", hold as "hold: Hold",
                  total, currency as "currency: Currency", cart_id as "cart_id: CartId"
           from orders where id = $1"#,
        id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Some(Order {
        id,
        status: row.status,
        end_reason: row.end_reason,
        hold: row.hold,
        due: Money::new(row.total, row.currency),
        cart_id: row.cart_id,
    }))
}
