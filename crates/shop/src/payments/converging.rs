//! Making an order follow what is true at the payment provider. However often, in whatever order and by however many workers
//! this is done, the end is the same: ledger entries are only added, a session only moves forward, and the order's row is held.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{
    LedgerKind, SessionState, cancel, disputes,
    ledger::{self, Movement},
};
use crate::{
    Cause,
    ids::{CartId, OrderId, PaymentSessionId},
    money::{Currency, Money},
    orders::{
        self, EndReason, Hold, OrderStatus,
        events::{self, OrderEventKind},
    },
};

const NOT_PAID: &str = "The payment did not go through, and nothing was charged. Please try again, perhaps with another way to pay.";

/// Where a session stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteState {
    /// The customer can pay.
    Open,
    /// The customer did what they had to.
    Complete,
    /// Nobody paid, and nobody can any more.
    Expired,
}

/// Whether the money of a session is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemotePayment {
    /// No.
    Unpaid,
    /// It is on its way.
    Processing,
    /// Yes.
    Paid,
    /// None was to be paid.
    NoneNeeded,
    /// It will not come.
    Failed,
}

/// All that is true of a session at one moment, in no provider's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What it is called there.
    pub reference: String,
    /// The payment that came of it.
    pub payment_ref: Option<String>,
    /// Where it stands.
    pub state: RemoteState,
    /// Whether the money is there.
    pub payment: RemotePayment,
    /// What was asked for, in the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// Money that came.
    pub charges: Vec<Charge>,
    /// Money that went back, or is to go back.
    pub refunds: Vec<Refund>,
    /// Money that the customer's bank wants back.
    pub disputes: Vec<Dispute>,
}

/// Money that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It is on its way.
    Pending,
    /// It went back.
    Succeeded,
    /// It did not arrive, and is with us again.
    Failed,
}

/// Money that went back, or is to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// How it stands.
    pub state: RefundState,
    /// When it was asked for.
    pub at: DateTime<Utc>,
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeState {
    /// The bank has not decided.
    Open,
    /// The money stays with us.
    Won,
    /// The bank keeps it.
    Lost,
}

/// Money that the customer's bank wants back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// What it is called there.
    pub reference: String,
    /// In the smallest unit.
    pub amount: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// How it stands.
    pub state: DisputeState,
    /// When it began.
    pub at: DateTime<Utc>,
}

impl Facts {
    /// The state that follows from them.
    fn session_state(&self) -> SessionState {
        match (self.state, self.payment) {
            (RemoteState::Open, _) => SessionState::Open,
            (RemoteState::Expired, _) => SessionState::Expired,
            (RemoteState::Complete, RemotePayment::Paid | RemotePayment::NoneNeeded) => {
                SessionState::Complete
            }
            (RemoteState::Complete, RemotePayment::Unpaid | RemotePayment::Processing) => {
                SessionState::Processing
            }
            (RemoteState::Complete, RemotePayment::Failed) => SessionState::Failed,
        }
    }

    /// What moved, in an order in which it can have moved. A refund that failed went out before, and a dispute that is decided
    /// was open, whether or not we saw it.
    fn movements(&self, cause: &Cause) -> Vec<Movement<'_>> {
        let charges = self.charges.iter().map(|charge| Movement {
            kind: LedgerKind::Charge,
            reference: &charge.reference,
            amount: charge.amount,
            currency: &charge.currency,
            occurred_at: charge.at,
        });
        let refunds = self.refunds.iter().flat_map(|refund| {
            let out = Movement {
                kind: LedgerKind::Refund,
                reference: &refund.reference,
                amount: refund.amount,
                currency: &refund.currency,
                occurred_at: refund.at,
            };
            match refund.state {
                RefundState::Pending => vec![],
                RefundState::Succeeded => vec![out],
                RefundState::Failed => {
                    vec![out, Movement { kind: LedgerKind::RefundFailed, occurred_at: cause.at, ..out }]
                }
            }
        });
        let disputes = self.disputes.iter().flat_map(|dispute| {
            let begun = Movement {
                kind: LedgerKind::Dispute,
                reference: &dispute.reference,
                amount: dispute.amount,
                currency: &dispute.currency,
                occurred_at: dispute.at,
            };
            let ended = |kind| Movement { kind, occurred_at: cause.at, ..begun };
            match dispute.state {
                DisputeState::Open => vec![begun],
                DisputeState::Won => vec![begun, ended(LedgerKind::DisputeWon)],
                DisputeState::Lost => vec![begun, ended(LedgerKind::DisputeLost)],
            }
        });
        charges.chain(refunds).chain(disputes).filter(|movement| movement.amount > 0).collect()
    }
}

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

impl Hold {
    /// Of several reasons the one that is shown, and kept: a dispute ends by itself, the others need a decision.
    fn weight(self) -> u8 {
        match self {
            Self::Dispute => 0,
            Self::PaidAfterEnd => 1,
            Self::PaidTwice => 2,
            Self::AmountMismatch => 3,
            Self::CurrencyMismatch => 4,
        }
    }
}

/// An order whose row is held.
struct Order {
    id: OrderId,
    status: OrderStatus,
    end_reason: Option<EndReason>,
    hold: Option<Hold>,
    due: Money,
    cart_id: Option<CartId>,
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
        r#"select provider, state as "state: SessionState" from payment_sessions where id = $1 for update"#,
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
    let target = facts.session_state();
    // A page that is open is written down by whoever had it made, who knows where it is. A session never moves back, so that an
    // answer that was long on its way undoes nothing, and what it alone knows is taken.
    let moves = target != SessionState::Open && target.progress() > session.state.progress();
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
    .execute(&mut *tx)
    .await?;

    match target {
        SessionState::Complete if moves => paid(&mut tx, cause, &mut order, facts).await?,
        SessionState::Processing if moves => pending(&mut tx, cause, &order, session_id).await?,
        SessionState::Failed if moves => failed(&mut tx, cause, &order, session_id).await?,
        SessionState::Expired if moves => expired(&mut tx, cause, &order, session_id).await?,
        SessionState::Complete if session.state == SessionState::Complete => {
            // Its payment was decided upon before, and this came on top.
            for more in new.iter().filter(|movement| movement.kind == LedgerKind::Charge) {
                hold(&mut tx, cause, &mut order, Hold::PaidTwice, more.reference).await?;
            }
        }
        SessionState::Opening
        | SessionState::Open
        | SessionState::Processing
        | SessionState::Complete
        | SessionState::Failed
        | SessionState::Expired => {}
    }
    tell(&mut tx, cause, &mut order, &session.provider, &new).await?;
    ledger::settle(&mut tx, order.id).await?;
    tx.commit().await
}

/// Holds the rows that decide: the cart first and then its orders, as whoever places an order does.
async fn lock(tx: &mut PgTransaction<'_>, session_id: PaymentSessionId) -> sqlx::Result<Option<Order>> {
    let Some(of) = sqlx::query!(
        r#"select o.id as "id: OrderId", o.cart_id as "cart_id: CartId"
           from payment_sessions s join orders o on o.id = s.order_id where s.id = $1"#,
        session_id as PaymentSessionId,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    if let Some(cart_id) = of.cart_id {
        sqlx::query!("select id from carts where id = $1 for update", cart_id as CartId)
            .fetch_optional(&mut **tx)
            .await?;
    }
    let row = sqlx::query!(
        r#"select status as "status: OrderStatus", end_reason as "end_reason: EndReason", hold as "hold: Hold",
                  total, currency as "currency: Currency", cart_id as "cart_id: CartId"
           from orders where id = $1 for update"#,
        of.id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Some(Order {
        id: of.id,
        status: row.status,
        end_reason: row.end_reason,
        hold: row.hold,
        due: Money::new(row.total, row.currency),
        cart_id: row.cart_id,
    }))
}

/// A session turned out to be paid.
async fn paid(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    facts: &Facts,
) -> sqlx::Result<()> {
    let reference = &facts.reference;
    if order.status == OrderStatus::Confirmed {
        return hold(tx, cause, order, Hold::PaidTwice, reference).await;
    }
    let currency = order.due.currency.code();
    if facts.currency != currency || facts.charges.iter().any(|charge| charge.currency != currency) {
        return hold(tx, cause, order, Hold::CurrencyMismatch, reference).await;
    }
    let charged: i64 = facts.charges.iter().map(|charge| charge.amount).fold(0, i64::saturating_add);
    if facts.amount != order.due.amount || charged != order.due.amount {
        return hold(tx, cause, order, Hold::AmountMismatch, reference).await;
    }
    match order.status {
        // What is held stays so, until somebody of the staff has decided.
        OrderStatus::PendingPayment if order.hold.is_some() => {
            hold(tx, cause, order, Hold::PaidTwice, reference).await
        }
        OrderStatus::PendingPayment => orders::confirm(tx, cause, order.id).await,
        OrderStatus::Confirmed => Ok(()),
        OrderStatus::Cancelled | OrderStatus::Expired => {
            if order.end_reason == Some(EndReason::Replaced) && take_back(tx, cause, order).await? {
                return orders::confirm(tx, cause, order.id).await;
            }
            hold(tx, cause, order, Hold::PaidAfterEnd, reference).await
        }
    }
}

/// An order that was replaced is paid after all: the one that took its place, and is not paid, gives it back.
async fn take_back(tx: &mut PgTransaction<'_>, cause: &Cause, order: &Order) -> sqlx::Result<bool> {
    let Some(rival) = sqlx::query_scalar!(
        r#"select o.id as "id: OrderId" from orders o
           where o.cart_id = $1 and o.status = 'pending_payment' and o.hold is null
                 and not exists (select from ledger_entries l where l.order_id = o.id)
           for update"#,
        order.cart_id as Option<CartId>,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(false);
    };
    orders::end(tx, cause, rival, OrderStatus::Cancelled, EndReason::AlreadyPaid).await?;
    cancel(tx, cause, rival).await?;
    orders::reopen(tx, order.id).await?;
    Ok(true)
}

/// The customer did what they had to, and the money takes days.
async fn pending(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment {
        return Ok(());
    }
    orders::empty_cart(tx, cause, order.id).await?;
    // The cart is free for other things, which replace nothing.
    sqlx::query!("update orders set cart_id = null where id = $1", order.id as OrderId)
        .execute(&mut **tx)
        .await?;
    let key = format!("payment_pending:{session_id}");
    let details = serde_json::json!({ "session": session_id });
    events::record(tx, cause, order.id, OrderEventKind::PaymentPending, details, &key).await?;
    Ok(())
}

/// The money did not come.
async fn failed(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment {
        return Ok(());
    }
    let key = format!("payment_failed:{session_id}");
    let details = serde_json::json!({ "session": session_id, "reason": "not_paid" });
    events::record(tx, cause, order.id, OrderEventKind::PaymentFailed, details, &key).await?;
    Ok(())
}

/// Nobody paid in time.
async fn expired(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment {
        return Ok(());
    }
    let key = format!("payment_expired:{session_id}");
    let details = serde_json::json!({ "session": session_id });
    events::record(tx, cause, order.id, OrderEventKind::PaymentExpired, details, &key).await?;
    let is_under_way = sqlx::query_scalar!(
        r#"select exists (select from payment_sessions where order_id = $1 and state in ('opening', 'open', 'processing')) as "is!""#,
        order.id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    if order.hold.is_none() && !is_under_way {
        orders::end(tx, cause, order.id, OrderStatus::Expired, EndReason::NotPaid).await?;
    }
    Ok(())
}

/// Nothing is printed until somebody of the staff has looked at it.
async fn hold(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    reason: Hold,
    reference: &str,
) -> sqlx::Result<()> {
    let key = format!("held:{}:{}:{reference}", order.id, <&str>::from(reason));
    let details = serde_json::json!({ "reason": reason });
    let is_new = events::record(tx, cause, order.id, OrderEventKind::Held, details, &key).await?;
    if is_new && order.hold.is_none_or(|held| held.weight() < reason.weight()) {
        set_hold(tx, order, Some(reason)).await?;
    }
    Ok(())
}

async fn set_hold(tx: &mut PgTransaction<'_>, order: &mut Order, hold: Option<Hold>) -> sqlx::Result<()> {
    sqlx::query!("update orders set hold = $2 where id = $1", order.id as OrderId, hold as Option<Hold>)
        .execute(&mut **tx)
        .await?;
    order.hold = hold;
    Ok(())
}

/// Tells what moved after the payment, and stops production for a dispute, or no longer.
async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    provider: &str,
    new: &[Movement<'_>],
) -> sqlx::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let entries = ledger::entries(tx, order.id).await?;
    for movement in new {
        let kind = match movement.kind {
            LedgerKind::Charge => continue,
            LedgerKind::Refund => OrderEventKind::Refunded,
            LedgerKind::RefundFailed => OrderEventKind::RefundFailed,
            LedgerKind::Dispute => OrderEventKind::Disputed,
            LedgerKind::DisputeWon if disputes::is_lost(&entries, movement.reference) => continue,
            LedgerKind::DisputeWon => OrderEventKind::DisputeWon,
            LedgerKind::DisputeLost => OrderEventKind::DisputeLost,
        };
        let key = format!("{}:{provider}:{}", <&str>::from(kind), movement.reference);
        let details = serde_json::json!({ "amount": movement.amount, "currency": movement.currency, "reference": movement.reference });
        events::record(tx, cause, order.id, kind, details, &key).await?;
    }
    for movement in new {
        let stops = match movement.kind {
            LedgerKind::Dispute => disputes::is_open(&entries, movement.reference),
            LedgerKind::DisputeLost => true,
            LedgerKind::Charge | LedgerKind::Refund | LedgerKind::RefundFailed | LedgerKind::DisputeWon => {
                false
            }
        };
        if stops {
            let reference = format!("{}:{}", <&str>::from(movement.kind), movement.reference);
            hold(tx, cause, order, Hold::Dispute, &reference).await?;
        }
    }
    if new.iter().any(|movement| movement.kind == LedgerKind::DisputeWon)
        && order.hold == Some(Hold::Dispute)
        && !disputes::any_stands(&entries)
    {
        set_hold(tx, order, None).await?;
    }
    Ok(())
}
