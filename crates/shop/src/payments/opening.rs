//! Sending a customer to pay.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{STRIPE, SessionState, ledger};
use crate::{
    Cause,
    ids::{OrderId, PaymentSessionId},
    jobs::Job,
    money::{Currency, Money},
    orders::{
        EndReason, Hold, OrderStatus,
        events::{self, OrderEventKind},
    },
};

/// The shortest time that a page may be open (docs.stripe.com/api/checkout/sessions/create, `expires_at`): one that would be
/// shorter when the provider is asked is refused.
const SHORTEST: Duration = Duration::minutes(30);
/// What the way to the provider may take of it.
const ON_THE_WAY: Duration = Duration::minutes(1);
/// More than these are not told one by one: the provider takes a hundred at most.
const LINES_MAX: usize = 99;

const NOT_OPENED: &str = "We could not open the page where this order can be paid. The order is kept as it is, and nothing was charged. Please try again.";

/// What a provider needs to make a page where an order is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// For which session.
    pub session_id: PaymentSessionId,
    /// With whom.
    pub provider: String,
    /// What is paid.
    pub order_id: OrderId,
    /// What people call it by.
    pub number: i64,
    /// The customer's address.
    pub email: String,
    /// What is charged for. Their amounts are the whole, exactly.
    pub lines: Vec<OpeningLine>,
    /// The whole.
    pub due: Money,
    /// Until when it can be paid. The same at each try: a provider takes another one for another wish.
    pub expires_at: DateTime<Utc>,
    /// Sessions of orders that this one replaced. They must be closed first, so that nobody pays twice.
    pub to_close: Vec<PaymentSessionId>,
}

/// One line of what is charged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningLine {
    /// What the customer reads.
    pub name: String,
    /// In the smallest unit of the order's currency.
    pub amount: i64,
}

/// A page that a provider made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is called there.
    pub reference: String,
    /// Where it is.
    pub url: String,
    /// Until when it can be paid.
    pub expires_at: DateTime<Utc>,
}

/// Begins a session in which an order is to be paid, and has the provider make a page for it. The caller holds the order's row;
/// `payment_sessions_one_open` refuses a second one while one is under way.
pub(crate) async fn begin(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    due: Money,
) -> sqlx::Result<PaymentSessionId> {
    let id = PaymentSessionId::new(cause.at);
    sqlx::query!(
        "insert into payment_sessions (id, order_id, provider, amount, currency, created_at) values ($1, $2, $3, $4, $5, $6)",
        id as PaymentSessionId,
        order_id as OrderId,
        STRIPE,
        due.amount,
        due.currency.code(),
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Job::OpenCheckout { payment_session_id: id }.enqueue(tx, cause).await?;
    Ok(id)
}

/// What is to be opened for a session, for so long. Nothing: it was opened, or the order is not to be paid any more.
pub async fn to_open(
    db: &PgPool,
    cause: &Cause,
    id: PaymentSessionId,
    open_for: Duration,
) -> sqlx::Result<Option<Opening>> {
    let mut tx = db.begin().await?;
    let Some(row) = sqlx::query!(
        r#"select o.id as "order_id: OrderId", o.number, o.email, o.status as "status: OrderStatus", o.hold as "hold: Hold",
                  o.total, o.currency as "currency: Currency", s.provider, s.state as "state: SessionState", s.expires_at
           from payment_sessions s join orders o on o.id = s.order_id where s.id = $1 for update of o, s"#,
        id as PaymentSessionId,
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    if row.state != SessionState::Opening {
        return Ok(None);
    }
    if row.status != OrderStatus::PendingPayment || row.hold.is_some() {
        end(&mut tx, cause, id, SessionState::Expired, None).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let expires_at = match row.expires_at {
        Some(planned) if planned - cause.at >= SHORTEST + ON_THE_WAY / 2 => planned,
        Some(_) | None => {
            // In whole seconds, as providers count: the same when it is read again.
            let planned = (cause.at + open_for.max(SHORTEST) + ON_THE_WAY).trunc_subsecs(0);
            sqlx::query!(
                "update payment_sessions set expires_at = $2 where id = $1",
                id as PaymentSessionId,
                planned,
            )
            .execute(&mut *tx)
            .await?;
            planned
        }
    };
    let due = Money::new(row.total, row.currency);
    let lines = lines(&mut tx, row.order_id, row.number, due).await?;
    let to_close = replaced(&mut tx, row.order_id).await?;
    tx.commit().await?;
    Ok(Some(Opening {
        session_id: id,
        provider: row.provider,
        order_id: row.order_id,
        number: row.number,
        email: row.email,
        lines,
        due,
        expires_at,
        to_close,
    }))
}

/// What an order's total is made of. What is not in its lines is for shipping; what cannot be told in lines is told in one.
async fn lines(
    tx: &mut PgTransaction<'_>,
    order_id: OrderId,
    number: i64,
    due: Money,
) -> sqlx::Result<Vec<OpeningLine>> {
    let rows = sqlx::query!(
        "select quantity, product_title, size, finish, total from order_lines where order_id = $1 order by position",
        order_id as OrderId,
    )
    .fetch_all(&mut **tx)
    .await?;
    let whole: i64 = rows.iter().map(|row| row.total).sum();
    let rest = due.amount - whole;
    if rest < 0 || rows.is_empty() || rows.len() > LINES_MAX {
        return Ok(vec![OpeningLine { name: format!("Order No. {number}"), amount: due.amount }]);
    }
    let mut lines: Vec<OpeningLine> = rows
        .iter()
        .map(|row| {
            let parts = [&row.product_title, &row.size, &row.finish].map(String::as_str);
            let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            let name = if row.quantity == 1 { name } else { format!("{} × {name}", row.quantity) };
            OpeningLine { name, amount: row.total }
        })
        .collect();
    if rest > 0 {
        lines.push(OpeningLine { name: "Shipping".to_owned(), amount: rest });
    }
    Ok(lines)
}

/// Sessions that can still be paid, of orders of the same cart that were replaced.
async fn replaced(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<Vec<PaymentSessionId>> {
    sqlx::query_scalar!(
        r#"select s.id as "id: PaymentSessionId" from orders o
           join orders earlier on earlier.cart_id = o.cart_id and earlier.id <> o.id and earlier.end_reason = $2
           join payment_sessions s on s.order_id = earlier.id and s.state in ('open', 'processing')
           where o.id = $1 order by s.id"#,
        order_id as OrderId,
        EndReason::Replaced as EndReason,
    )
    .fetch_all(&mut **tx)
    .await
}

/// The provider failed at a page that was to be there until then, in a way that it keeps: asked the same again, it would fail
/// again. So it is asked for one that ends a second later, which is another wish. Whoever asked at the same time may have changed
/// that already.
pub async fn ask_anew(db: &PgPool, id: PaymentSessionId, planned: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update payment_sessions set expires_at = expires_at + interval '1 second'
         where id = $1 and state = 'opening' and expires_at = $2",
        id as PaymentSessionId,
        planned,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The provider made a page. If nobody is to pay there any more, it is closed again. False if the session has another page: that
/// one counts, nobody is sent to this one, and the caller has it closed.
pub async fn opened(db: &PgPool, cause: &Cause, id: PaymentSessionId, page: &Opened) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let Some(row) = sqlx::query!(
        r#"select o.id as "order_id: OrderId", o.status as "status: OrderStatus", s.state as "state: SessionState"
           from payment_sessions s join orders o on o.id = s.order_id where s.id = $1 for update of o, s"#,
        id as PaymentSessionId,
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(false);
    };
    // Name and address of a page are written together, or not at all.
    let is_ours = sqlx::query!(
        "update payment_sessions set provider_ref = $2, url = $3, expires_at = $4
         where id = $1 and (provider_ref is null or provider_ref = $2)",
        id as PaymentSessionId,
        page.reference,
        page.url,
        page.expires_at,
    )
    .execute(&mut *tx)
    .await?;
    if is_ours.rows_affected() == 0 {
        return Ok(false);
    }
    let is_wanted = row.status == OrderStatus::PendingPayment;
    match row.state {
        SessionState::Opening if is_wanted => {
            sqlx::query!(
                "update payment_sessions set state = $2 where id = $1",
                id as PaymentSessionId,
                SessionState::Open as SessionState,
            )
            .execute(&mut *tx)
            .await?;
            let key = format!("payment_opened:{id}");
            let details = serde_json::json!({ "session": id });
            events::record(&mut tx, cause, row.order_id, OrderEventKind::PaymentOpened, details, &key)
                .await?;
            ledger::settle(&mut tx, row.order_id).await?;
        }
        SessionState::Opening | SessionState::Expired | SessionState::Failed => {
            end(&mut tx, cause, id, SessionState::Expired, None).await?;
            Job::ExpireCheckout { payment_session_id: id }.enqueue(&mut tx, cause).await?;
        }
        SessionState::Open | SessionState::Processing | SessionState::Complete => {}
    }
    tx.commit().await?;
    Ok(true)
}

/// No page could be made. The order can be paid in another session.
pub(crate) async fn could_not_open(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: PaymentSessionId,
) -> sqlx::Result<()> {
    let Some(order_id) = sqlx::query_scalar!(
        r#"select o.id as "id: OrderId" from payment_sessions s join orders o on o.id = s.order_id where s.id = $1 for update of o"#,
        id as PaymentSessionId,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(());
    };
    if end(tx, cause, id, SessionState::Failed, Some(NOT_OPENED)).await? {
        let details = serde_json::json!({ "session": id, "reason": "not_opened" });
        let key = format!("payment_failed:{id}");
        events::record(tx, cause, order_id, OrderEventKind::PaymentFailed, details, &key).await?;
        ledger::settle(tx, order_id).await?;
    }
    Ok(())
}

/// Ends a session for which no page is known. Whether it was one.
pub(super) async fn end(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: PaymentSessionId,
    state: SessionState,
    problem: Option<&str>,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "update payment_sessions set state = $2, problem = $3, ended_at = $4 where id = $1 and state = 'opening'",
        id as PaymentSessionId,
        state as SessionState,
        problem,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}
