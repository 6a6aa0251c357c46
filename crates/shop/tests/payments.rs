//! Orders follow what is true at the payment provider, in whatever order, however often and by however many at once they are told.

mod support;

use chrono::{DateTime, Duration, Utc};
use futures::future::join_all;
use shop::{
    Cause,
    ids::{CouponId, OrderId, PaymentSessionId},
    office,
    orders::{EndReason, Hold, OrderStatus, PaymentStatus},
    payments::{
        self, Charge, Dispute, DisputeState, EventOutcome, Facts, Opened, Refund, RefundState, RemotePayment,
        RemoteState, STRIPE, SessionState, Told,
    },
    reconciliation::{self, FindingKind, PaymentSeen},
    testing::{self, Database, ORDER_TOTAL, Ordered},
};
use sqlx::PgPool;
use support::{account, cause, jobs, ready};

/// Makes facts another story.
type Change = fn(&mut Facts);

/// Where an order stands at the end.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct End {
    status: OrderStatus,
    because: Option<EndReason>,
    payment_status: PaymentStatus,
    hold: Option<Hold>,
    is_paid: bool,
    session: SessionState,
    moved: i64,
}

async fn end(db: &PgPool, order: OrderId) -> End {
    let sql = "select o.status, o.end_reason as because, o.payment_status, o.hold, o.paid_at is not null as is_paid,
                      (select s.state from payment_sessions s where s.order_id = o.id order by id desc limit 1) as session,
                      (select count(*) from ledger_entries l where l.order_id = o.id) as moved
               from orders o where o.id = $1";
    sqlx::query_as(sql).bind(order.0).fetch_one(db).await.expect("the order")
}

/// How often each of these things happened to an order.
async fn happened(db: &PgPool, order: OrderId, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from order_events where order_id = $1 and kind = $2")
        .bind(order.0)
        .bind(kind)
        .fetch_one(db)
        .await
        .expect("a count")
}

async fn sql(db: &PgPool, statement: &'static str, id: uuid::Uuid) {
    sqlx::query(statement).bind(id).execute(db).await.expect("done");
}

async fn count(db: &PgPool, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(db).await.expect("a count")
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_500_000 + 60 * minute, 0).expect("a moment")
}

/// A session that is open, with names of its own.
fn open(session: PaymentSessionId) -> Facts {
    Facts {
        reference: format!("cs_{session}"),
        payment_ref: None,
        state: RemoteState::Open,
        payment: RemotePayment::Unpaid,
        amount: ORDER_TOTAL,
        currency: "EUR".to_owned(),
        charges: vec![],
        refunds: vec![],
        disputes: vec![],
    }
}

fn processing(session: PaymentSessionId) -> Facts {
    Facts {
        state: RemoteState::Complete,
        payment: RemotePayment::Processing,
        payment_ref: Some(format!("pi_{session}")),
        ..open(session)
    }
}

fn paid(session: PaymentSessionId) -> Facts {
    let charge = Charge {
        reference: format!("ch_{session}"),
        amount: ORDER_TOTAL,
        currency: "EUR".to_owned(),
        at: at(1),
    };
    Facts { payment: RemotePayment::Paid, charges: vec![charge], ..processing(session) }
}

fn refunded(session: PaymentSessionId, amount: i64, state: RefundState) -> Facts {
    let refund =
        Refund { reference: format!("re_{session}"), amount, currency: "EUR".to_owned(), state, at: at(2) };
    Facts { refunds: vec![refund], ..paid(session) }
}

fn disputed(session: PaymentSessionId, state: DisputeState) -> Facts {
    let dispute = Dispute {
        reference: format!("dp_{session}"),
        amount: ORDER_TOTAL,
        currency: "EUR".to_owned(),
        state,
        at: at(3),
    };
    Facts { disputes: vec![dispute], ..paid(session) }
}

/// Tells what was read just now.
async fn tell(db: &PgPool, session: PaymentSessionId, facts: &Facts) {
    let reading = payments::to_read(db, session).await.expect("read").expect("known");
    payments::converge(db, &cause(), session, reading.started_at, facts).await.expect("converged");
}

fn page(session: PaymentSessionId) -> Opened {
    Opened {
        reference: format!("cs_{session}"),
        url: "https://pay.example/1".to_owned(),
        expires_at: at(1_000_000),
    }
}

/// An order whose page is open.
async fn opened(db: &PgPool) -> Ordered {
    let order = testing::order_to_pay(db, None).await;
    payments::opened(db, &cause(), order.session_id, &page(order.session_id)).await.expect("opened");
    order
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for next in 0..count {
        all = all
            .into_iter()
            .flat_map(|shorter: Vec<usize>| {
                (0..=shorter.len()).map(move |place| {
                    let mut longer = shorter.clone();
                    longer.insert(place, next);
                    longer
                })
            })
            .collect();
    }
    all
}

/// What is true of a payment, one moment after the other: it takes days, comes, goes back in part and does not arrive there, is
/// disputed and stays.
fn history(session: PaymentSessionId) -> Vec<Facts> {
    let failed = refunded(session, 500, RefundState::Failed);
    vec![
        processing(session),
        paid(session),
        refunded(session, 500, RefundState::Succeeded),
        Facts { disputes: disputed(session, DisputeState::Open).disputes, ..failed.clone() },
        Facts { disputes: disputed(session, DisputeState::Won).disputes, ..failed },
    ]
}

#[tokio::test]
async fn in_whatever_order_facts_are_read_the_end_is_the_same() {
    let database = Database::new().await;
    let db = &database.pool;
    for order_of_reading in permutations(5) {
        let order = opened(db).await;
        let history = history(order.session_id);
        for moment in &order_of_reading {
            let read_at =
                Cause::now(None).at - Duration::minutes(10 - i64::try_from(*moment).expect("small"));
            payments::converge(db, &cause(), order.session_id, read_at, &history[*moment])
                .await
                .expect("converged");
        }
        let first = |wanted: &[usize]| order_of_reading.iter().find(|moment| wanted.contains(moment));
        let expected = End {
            status: OrderStatus::Confirmed,
            because: None,
            payment_status: PaymentStatus::Paid,
            hold: None,
            is_paid: true,
            session: SessionState::Complete,
            moved: 5,
        };
        assert_eq!(end(db, order.id).await, expected, "{order_of_reading:?}");
        // A refund of which it is known that it did not arrive is not told as one.
        let refunded = i64::from(first(&[2, 3, 4]) == Some(&2));
        for (kind, times) in
            [("paid", 1), ("refunded", refunded), ("refund_failed", 1), ("disputed", 1), ("dispute_won", 1)]
        {
            assert_eq!(happened(db, order.id, kind).await, times, "{kind}: {order_of_reading:?}");
        }
    }
}

#[tokio::test]
async fn many_at_once_and_twice_are_as_good_as_one() {
    let database = Database::new().await;
    let (db, account) = (&database.pool, account(&database, "mira@example.org").await);
    let (_, images) = ready(&database, account).await;
    let order = testing::order_to_pay(db, Some(images[0])).await;
    payments::opened(db, &cause(), order.session_id, &page(order.session_id)).await.expect("opened");
    let history = history(order.session_id);
    let tellings = (0..24).map(|number| tell(db, order.session_id, &history[(number * 7) % 5]));
    join_all(tellings).await;
    tell(db, order.session_id, &history[4]).await;
    let end = end(db, order.id).await;
    assert_eq!((end.status, end.payment_status), (OrderStatus::Confirmed, PaymentStatus::Paid));
    assert_eq!((end.hold, end.moved), (None, 5));
    assert_eq!(happened(db, order.id, "paid").await, 1);
    let version = count(db, "select version::bigint from carts").await;
    assert_eq!((version, count(db, "select count(*) from cart_lines").await), (2, 0), "taken out once");
}

#[tokio::test]
async fn what_is_paid_leaves_the_cart_and_what_was_put_on_top_stays() {
    let database = Database::new().await;
    let (db, account) = (&database.pool, account(&database, "mira@example.org").await);
    let (_, images) = ready(&database, account).await;
    let order = testing::order_to_pay(db, Some(images[0])).await;
    sql(db, "update cart_lines set quantity = 3 where cart_id = $1", order.cart_id.0).await;
    tell(db, order.session_id, &paid(order.session_id)).await;
    tell(db, order.session_id, &paid(order.session_id)).await;
    assert_eq!(count(db, "select quantity::bigint from cart_lines").await, 1);
    assert_eq!(
        end(db, order.id).await.status,
        OrderStatus::Confirmed,
        "also if nobody had heard of its page"
    );
}

#[tokio::test]
async fn another_amount_or_currency_is_never_confirmed_by_itself() {
    let database = Database::new().await;
    let db = &database.pool;
    let table: [(Change, Hold); 6] = [
        (|facts| facts.amount = 549, Hold::AmountMismatch),
        (|facts| facts.charges[0].amount = 5_489, Hold::AmountMismatch),
        (|facts| facts.charges.clear(), Hold::AmountMismatch),
        (|facts| facts.payment = RemotePayment::NoneNeeded, Hold::AmountMismatch),
        (|facts| facts.currency = "USD".to_owned(), Hold::CurrencyMismatch),
        (|facts| facts.charges[0].currency = "JPY".to_owned(), Hold::CurrencyMismatch),
    ];
    for (number, (change, hold)) in table.into_iter().enumerate() {
        let order = opened(db).await;
        let mut facts = paid(order.session_id);
        change(&mut facts);
        if facts.payment == RemotePayment::NoneNeeded {
            facts.charges.clear();
        }
        tell(db, order.session_id, &facts).await;
        tell(db, order.session_id, &facts).await;
        let end = end(db, order.id).await;
        assert_eq!((end.status, end.hold), (OrderStatus::PendingPayment, Some(hold)), "{number}");
        assert_eq!((happened(db, order.id, "held").await, happened(db, order.id, "paid").await), (1, 0));
    }
}

#[tokio::test]
async fn a_dispute_stops_it_and_one_that_is_won_does_not_any_more() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    let session = order.session_id;
    tell(db, session, &disputed(session, DisputeState::Open)).await;
    let held = end(db, order.id).await;
    assert_eq!((held.status, held.hold), (OrderStatus::Confirmed, Some(Hold::Dispute)));
    assert_eq!(held.payment_status, PaymentStatus::Disputed);
    // Two at once: the hold ends with the last of them.
    let mut two = disputed(session, DisputeState::Won);
    two.disputes.push(Dispute {
        reference: "dp_other".to_owned(),
        state: DisputeState::Open,
        ..two.disputes[0].clone()
    });
    tell(db, session, &two).await;
    assert_eq!(end(db, order.id).await.hold, Some(Hold::Dispute));
    two.disputes[1].state = DisputeState::Won;
    tell(db, session, &two).await;
    assert_eq!(end(db, order.id).await.hold, None);

    let other = opened(db).await;
    tell(db, other.session_id, &disputed(other.session_id, DisputeState::Lost)).await;
    let lost = end(db, other.id).await;
    assert_eq!((lost.hold, lost.payment_status), (Some(Hold::Dispute), PaymentStatus::Disputed));
    // What staff released is not held again for what is known.
    sql(db, "update orders set hold = null where id = $1", other.id.0).await;
    tell(db, other.session_id, &disputed(other.session_id, DisputeState::Lost)).await;
    assert_eq!(end(db, other.id).await.hold, None);
}

#[tokio::test]
async fn a_dispute_that_is_lost_is_lost_whatever_is_heard_of_it_besides() {
    let database = Database::new().await;
    let db = &database.pool;
    for states in [[DisputeState::Won, DisputeState::Lost], [DisputeState::Lost, DisputeState::Won]] {
        let order = opened(db).await;
        for state in states {
            tell(db, order.session_id, &disputed(order.session_id, state)).await;
        }
        let end = end(db, order.id).await;
        assert_eq!((end.hold, end.moved), (Some(Hold::Dispute), 4), "{states:?}");
        assert_eq!(end.payment_status, PaymentStatus::Disputed, "{states:?}");
        let won = i64::from(states[0] == DisputeState::Won);
        assert_eq!(happened(db, order.id, "dispute_won").await, won, "nobody is told that it is won now");
        assert_eq!(happened(db, order.id, "dispute_lost").await, 1);
        let dossier = office::orders::find(db, order.id).await.expect("read").expect("an order");
        assert_eq!(dossier.ledger.iter().map(|entry| entry.amount).sum::<i64>(), 0);
        assert_eq!(dossier.ledger.last().expect("entries").balance, 0, "{:?}", dossier.ledger);
    }
}

#[tokio::test]
async fn a_refund_that_did_not_arrive_is_not_told_as_one_and_a_strange_currency_is_no_letter() {
    let database = Database::new().await;
    let db = &database.pool;
    let owner = account(&database, "boss@example.org").await;
    testing::give_role(db, owner, "owner").await;
    let letters = async |order: OrderId| -> Vec<String> {
        let sql = "select distinct kind from mails where details ->> 'order_id' = $1 order by kind";
        sqlx::query_scalar(sql).bind(order.to_string()).fetch_all(db).await.expect("mails")
    };
    let order = opened(db).await;
    tell(db, order.session_id, &paid(order.session_id)).await;
    tell(db, order.session_id, &refunded(order.session_id, 500, RefundState::Failed)).await;
    assert_eq!(letters(order.id).await, ["order_paid", "order_refund_failed"]);
    assert_eq!(happened(db, order.id, "refunded").await, 0);

    let other = opened(db).await;
    tell(db, other.session_id, &paid(other.session_id)).await;
    let mut strange = refunded(other.session_id, 500, RefundState::Succeeded);
    strange.refunds[0].currency = "XYZ".to_owned();
    tell(db, other.session_id, &strange).await;
    assert_eq!(happened(db, other.id, "refunded").await, 1);
    assert_eq!(letters(other.id).await, ["order_paid"], "none says that all of it went back");
    strange.disputes = disputed(other.session_id, DisputeState::Open).disputes;
    strange.disputes[0].currency = "XYZ".to_owned();
    tell(db, other.session_id, &strange).await;
    assert_eq!(letters(other.id).await, ["order_held", "order_paid"], "staff hear of it all the same");
}

#[tokio::test]
async fn money_that_comes_back_for_an_order_that_ended_is_held_again() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    let session = order.session_id;
    sql(
        db,
        "update orders set status = 'cancelled', end_reason = 'by_customer', ended_at = now() where id = $1",
        order.id.0,
    )
    .await;
    tell(db, session, &refunded(session, ORDER_TOTAL, RefundState::Succeeded)).await;
    sql(db, "update orders set hold = null where id = $1", order.id.0).await;
    tell(db, session, &refunded(session, ORDER_TOTAL, RefundState::Succeeded)).await;
    assert_eq!(end(db, order.id).await.hold, None, "nothing new");
    for _ in 0..2 {
        tell(db, session, &refunded(session, ORDER_TOTAL, RefundState::Failed)).await;
    }
    assert_eq!(end(db, order.id).await.hold, Some(Hold::PaidAfterEnd), "it is with us again");
    let last = "select details ->> 'reason' from order_events where order_id = $1 and kind = 'held' order by id desc limit 1";
    let reason: String = sqlx::query_scalar(last).bind(order.id.0).fetch_one(db).await.expect("an event");
    assert_eq!(reason, "paid_after_end");
}

#[tokio::test]
async fn a_session_has_one_page_and_what_is_paid_on_another_counts_once() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    let session = order.session_id;
    let second = Opened {
        reference: "cs_second".to_owned(),
        url: "https://pay.example/2".to_owned(),
        expires_at: at(2_000_000),
    };
    assert!(!payments::opened(db, &cause(), session, &second).await.expect("an answer"), "it has a page");
    assert!(payments::opened(db, &cause(), session, &page(session)).await.expect("an answer"), "this one");
    let kept = payments::latest(db, order.id).await.expect("read").expect("a session");
    assert_eq!(kept.url.as_deref(), Some("https://pay.example/1"));
    let named = payments::to_read(db, session).await.expect("read").expect("known").reference;
    assert_eq!(named, Some(format!("cs_{session}")));

    // Closed, it is no end of the order; read, it is no reading of the session's own page.
    let closed = Facts { reference: "cs_second".to_owned(), state: RemoteState::Expired, ..open(session) };
    tell(db, session, &closed).await;
    let still = end(db, order.id).await;
    assert_eq!((still.status, still.session), (OrderStatus::PendingPayment, SessionState::Open));
    assert_eq!(count(db, "select count(*) from payment_sessions where read_at is not null").await, 0);

    // Paid, the order is paid, and its own page is closed.
    let there = Facts { reference: "cs_second".to_owned(), ..paid(session) };
    for _ in 0..2 {
        tell(db, session, &there).await;
    }
    let confirmed = end(db, order.id).await;
    assert_eq!((confirmed.status, confirmed.hold), (OrderStatus::Confirmed, None));
    assert_eq!(confirmed.session, SessionState::Open, "until it is closed");
    assert_eq!(jobs(&database, "expire_checkout").await.len(), 1);

    // Both were paid.
    let mut own = paid(session);
    own.charges[0].reference = "ch_own".to_owned();
    tell(db, session, &own).await;
    assert_eq!(end(db, order.id).await.hold, Some(Hold::PaidTwice));
}

#[tokio::test]
async fn a_page_that_closed_before_anybody_knew_of_it_does_not_end_the_order() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = testing::order_to_pay(db, None).await;
    let lost =
        Facts { reference: "cs_lost".to_owned(), state: RemoteState::Expired, ..open(order.session_id) };
    tell(db, order.session_id, &lost).await;
    tell(db, order.session_id, &Facts { state: RemoteState::Open, ..lost.clone() }).await;
    let still = end(db, order.id).await;
    assert_eq!((still.status, still.session), (OrderStatus::PendingPayment, SessionState::Opening));
    assert!(
        payments::opened(db, &cause(), order.session_id, &page(order.session_id)).await.expect("an answer"),
        "its page is the one that is made now"
    );
    assert_eq!(end(db, order.id).await.session, SessionState::Open);
}

#[tokio::test]
async fn what_is_paid_twice_or_after_its_end_is_held() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    tell(db, order.session_id, &paid(order.session_id)).await;
    // A second page of the same order, which was thought to be closed.
    let second = PaymentSessionId::new(Cause::now(None).at);
    let insert = "insert into payment_sessions (id, order_id, provider, provider_ref, state, amount, currency, created_at)
                  select $1, order_id, provider, 'cs_second', 'failed', amount, currency, now() from payment_sessions where order_id = $2";
    sqlx::query(insert).bind(second.0).bind(order.id.0).execute(db).await.expect("a session");
    tell(db, second, &paid(second)).await;
    let twice = end(db, order.id).await;
    assert_eq!((twice.status, twice.hold), (OrderStatus::Confirmed, Some(Hold::PaidTwice)));
    assert_eq!(twice.payment_status, PaymentStatus::Overpaid);

    for (status, reason) in [("cancelled", "by_customer"), ("expired", "not_paid"), ("cancelled", "replaced")]
    {
        let order = opened(db).await;
        let ended = "update orders set status = $2, end_reason = $3, ended_at = now() where id = $1";
        sqlx::query(ended).bind(order.id.0).bind(status).bind(reason).execute(db).await.expect("ended");
        tell(db, order.session_id, &paid(order.session_id)).await;
        let end = end(db, order.id).await;
        assert_eq!(
            (end.hold, end.payment_status),
            (Some(Hold::PaidAfterEnd), PaymentStatus::Paid),
            "{reason}"
        );
        assert_ne!(end.status, OrderStatus::Confirmed, "{reason}");
    }
}

/// Gives an order a coupon that it holds, of three uses.
async fn coupon(db: &PgPool, order: OrderId) -> CouponId {
    let id = CouponId::new(Cause::now(None).at);
    let code = format!("SAVE{}", count(db, "select count(*) from coupons").await);
    let insert = "insert into coupons (id, code, kind, value, max_uses, uses, starts_at, created_at) values ($1, $2, 'percent', 1000, 3, 1, now(), now())";
    sqlx::query(insert).bind(id.0).bind(code).execute(db).await.expect("a coupon");
    let held = "insert into coupon_uses (order_id, coupon_id, created_at) values ($1, $2, now())";
    sqlx::query(held).bind(order.0).bind(id.0).execute(db).await.expect("held");
    id
}

async fn use_of(db: &PgPool, order: OrderId) -> (String, i32) {
    let sql = "select u.state, c.uses from coupon_uses u join coupons c on c.id = u.coupon_id where u.order_id = $1";
    sqlx::query_as(sql).bind(order.0).fetch_one(db).await.expect("a use")
}

#[tokio::test]
async fn an_order_that_was_replaced_and_is_paid_takes_its_place_back() {
    let database = Database::new().await;
    let db = &database.pool;
    let first = opened(db).await;
    coupon(db, first.id).await;
    let replaced = "with ended as (update orders set status = 'cancelled', end_reason = 'replaced', ended_at = now() where id = $1 returning id),
                         free as (update coupons c set uses = uses - 1 from coupon_uses u where u.coupon_id = c.id and u.order_id = $1)
                    update coupon_uses set state = 'released' where order_id = $1";
    sql(db, replaced, first.id.0).await;
    let second = testing::order_from(db, first.cart_id, None).await;
    coupon(db, second.id).await;
    let opening = payments::to_open(db, &cause(), second.session_id, Duration::minutes(60))
        .await
        .expect("read")
        .expect("to open");
    assert_eq!(opening.to_close, [first.session_id], "what can still be paid is closed first");

    tell(db, first.session_id, &paid(first.session_id)).await;
    let (one, two) = (end(db, first.id).await, end(db, second.id).await);
    assert_eq!((one.status, one.because, one.hold), (OrderStatus::Confirmed, None, None));
    assert_eq!((two.status, two.because), (OrderStatus::Cancelled, Some(EndReason::AlreadyPaid)));
    assert_eq!(two.session, SessionState::Expired, "its page is not made any more");
    assert_eq!(use_of(db, first.id).await, ("used".to_owned(), 1));
    assert_eq!(use_of(db, second.id).await, ("released".to_owned(), 0));
    assert!(
        payments::to_open(db, &cause(), second.session_id, Duration::minutes(60))
            .await
            .expect("read")
            .is_none()
    );
    // A worker was having it made at that moment: what came of it is closed.
    payments::opened(db, &cause(), second.session_id, &page(second.session_id)).await.expect("opened");
    assert_eq!(jobs(&database, "expire_checkout").await.len(), 1);
    let closing = payments::to_expire(db, second.session_id).await.expect("read").expect("to close");
    assert_eq!(closing.reference, format!("cs_{}", second.session_id));
    let expired = Facts { state: RemoteState::Expired, ..open(second.session_id) };
    tell(db, second.session_id, &expired).await;
    assert!(payments::to_expire(db, second.session_id).await.expect("read").is_none());

    // Both paid: the second one was made, and the first is for staff.
    let third = opened(db).await;
    sql(
        db,
        "update orders set status = 'cancelled', end_reason = 'replaced', ended_at = now() where id = $1",
        third.id.0,
    )
    .await;
    let fourth = testing::order_from(db, third.cart_id, None).await;
    tell(db, fourth.session_id, &paid(fourth.session_id)).await;
    tell(db, third.session_id, &paid(third.session_id)).await;
    let (three, four) = (end(db, third.id).await, end(db, fourth.id).await);
    assert_eq!((four.status, four.hold), (OrderStatus::Confirmed, None));
    assert_eq!((three.status, three.hold), (OrderStatus::Cancelled, Some(Hold::PaidAfterEnd)));
}

#[tokio::test]
async fn an_order_that_was_replaced_stands_again_while_its_money_is_on_its_way() {
    let database = Database::new().await;
    let db = &database.pool;
    let first = opened(db).await;
    let replace =
        "update orders set status = 'cancelled', end_reason = 'replaced', ended_at = now() where id = $1";
    sql(db, replace, first.id.0).await;
    let second = testing::order_from(db, first.cart_id, None).await;
    coupon(db, second.id).await;
    for _ in 0..2 {
        tell(db, first.session_id, &processing(first.session_id)).await;
    }
    let (one, two) = (end(db, first.id).await, end(db, second.id).await);
    assert_eq!((one.status, one.because), (OrderStatus::PendingPayment, None));
    assert_eq!((one.payment_status, one.session), (PaymentStatus::Pending, SessionState::Processing));
    assert_eq!((two.status, two.because), (OrderStatus::Cancelled, Some(EndReason::AlreadyPaid)));
    assert_eq!(two.session, SessionState::Expired);
    assert_eq!(use_of(db, second.id).await, ("released".to_owned(), 0));
    let opening = payments::to_open(db, &cause(), second.session_id, Duration::minutes(60)).await;
    assert_eq!(opening.expect("read"), None, "its page is never made");
    assert_eq!(happened(db, first.id, "payment_pending").await, 1);
    assert_eq!(happened(db, second.id, "cancelled").await, 1);
    // What is ordered from the cart now replaces nothing.
    let third = testing::order_from(db, first.cart_id, None).await;
    tell(db, first.session_id, &paid(first.session_id)).await;
    assert_eq!(end(db, first.id).await.status, OrderStatus::Confirmed);
    assert_eq!(end(db, third.id).await.status, OrderStatus::PendingPayment);

    // Called off by its customer, it is over: what comes is for staff.
    let over = opened(db).await;
    sql(
        db,
        "update orders set status = 'cancelled', end_reason = 'by_customer', ended_at = now() where id = $1",
        over.id.0,
    )
    .await;
    let beside = testing::order_from(db, over.cart_id, None).await;
    tell(db, over.session_id, &processing(over.session_id)).await;
    assert_eq!(end(db, over.id).await.status, OrderStatus::Cancelled);
    assert_eq!(end(db, beside.id).await.status, OrderStatus::PendingPayment);
}

#[tokio::test]
async fn money_that_takes_days_frees_the_cart_and_may_not_come() {
    let database = Database::new().await;
    let (db, account) = (&database.pool, account(&database, "mira@example.org").await);
    let (_, images) = ready(&database, account).await;
    let order = testing::order_to_pay(db, Some(images[0])).await;
    payments::opened(db, &cause(), order.session_id, &page(order.session_id)).await.expect("opened");
    tell(db, order.session_id, &processing(order.session_id)).await;
    let pending = end(db, order.id).await;
    assert_eq!(
        (pending.status, pending.payment_status),
        (OrderStatus::PendingPayment, PaymentStatus::Pending)
    );
    assert_eq!(count(db, "select count(*) from cart_lines").await, 0);
    // Meanwhile something else is ordered out of the same cart.
    let other = testing::order_from(db, order.cart_id, None).await;
    tell(db, other.session_id, &paid(other.session_id)).await;
    assert_eq!(end(db, other.id).await.status, OrderStatus::Confirmed);

    let failed = Facts { payment: RemotePayment::Failed, ..processing(order.session_id) };
    tell(db, order.session_id, &failed).await;
    let not_paid = end(db, order.id).await;
    assert_eq!((not_paid.status, not_paid.session), (OrderStatus::PendingPayment, SessionState::Failed));
    assert_eq!(not_paid.payment_status, PaymentStatus::Failed);
    let session = payments::latest(db, order.id).await.expect("read").expect("one");
    assert!(session.problem.expect("words").contains("nothing was charged"));
    assert_eq!(session.url, None, "a page that is over is not shown");
    // What was read before that comes late.
    let stale = Cause::now(None).at - Duration::hours(1);
    payments::converge(db, &cause(), order.session_id, stale, &processing(order.session_id))
        .await
        .expect("converged");
    assert_eq!(end(db, order.id).await.session, SessionState::Failed);
}

#[tokio::test]
async fn a_page_that_expired_ends_the_order_and_frees_its_coupon() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    coupon(db, order.id).await;
    let expired = Facts { state: RemoteState::Expired, ..open(order.session_id) };
    tell(db, order.session_id, &expired).await;
    tell(db, order.session_id, &expired).await;
    let end = end(db, order.id).await;
    assert_eq!((end.status, end.because), (OrderStatus::Expired, Some(EndReason::NotPaid)));
    assert_eq!((end.session, end.payment_status), (SessionState::Expired, PaymentStatus::None));
    assert_eq!(use_of(db, order.id).await, ("released".to_owned(), 0));
    assert_eq!(
        (happened(db, order.id, "expired").await, happened(db, order.id, "payment_expired").await),
        (1, 1)
    );
}

#[tokio::test]
async fn what_a_provider_is_told_adds_up_and_stays_the_same() {
    let database = Database::new().await;
    let (db, account) = (&database.pool, account(&database, "mira@example.org").await);
    let (_, images) = ready(&database, account).await;
    let order = testing::order_to_pay(db, Some(images[0])).await;
    let to_open = async |after: Duration| {
        let cause = Cause { at: Cause::now(None).at + after, request_id: None };
        payments::to_open(db, &cause, order.session_id, Duration::minutes(60)).await.expect("read")
    };
    let opening = to_open(Duration::zero()).await.expect("to open");
    let lines: Vec<_> = opening.lines.iter().map(|line| (line.name.as_str(), line.amount)).collect();
    assert_eq!(lines, [("2 × Poster, 30 × 40 cm, Matte", 4_980), ("Shipping", 510)]);
    assert_eq!(opening.due.amount, ORDER_TOTAL);
    assert_eq!(
        to_open(Duration::minutes(20)).await.expect("to open"),
        opening,
        "another try is the same wish"
    );
    // The provider failed at it, and keeps that as its answer.
    for _ in 0..2 {
        payments::ask_anew(db, order.session_id, opening.expires_at).await.expect("noted");
    }
    let anew = to_open(Duration::minutes(20)).await.expect("to open");
    assert_eq!(anew.expires_at, opening.expires_at + Duration::seconds(1), "another wish, once");
    let late = to_open(Duration::minutes(40)).await.expect("to open");
    assert!(late.expires_at > opening.expires_at, "less than half an hour is too short for Stripe");
    let unknown = testing::order_to_pay(db, None).await;
    let whole = payments::to_open(db, &cause(), unknown.session_id, Duration::minutes(60)).await;
    let lines = whole.expect("read").expect("to open").lines;
    assert!(lines.len() == 1 && lines[0].amount == ORDER_TOTAL, "{lines:?}");
}

#[tokio::test]
async fn events_are_kept_once_and_find_their_session() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    let named = format!("cs_{}", order.session_id);
    let payment = format!("pi_{}", order.session_id);
    let told = |reference, object_ref, payment_ref, session_id| Told {
        provider: STRIPE,
        reference,
        kind: "an.event",
        object_ref,
        payment_ref,
        session_id,
        occurred_at: at(0),
        raw: b"{}",
        was_fetched: false,
    };
    let by_name = told("evt_1", named.as_str(), None, None);
    assert!(payments::receive(db, &cause(), &by_name).await.expect("taken"));
    assert!(!payments::receive(db, &cause(), &by_name).await.expect("taken"), "the same again");
    assert_eq!(jobs(&database, "apply_payment_event").await.len(), 1);
    let by_mark = told("evt_2", "re_1", None, Some(order.session_id));
    let by_payment = told("evt_3", "dp_1", Some(payment.as_str()), None);
    let of_nobody = told("evt_4", "ba_1", None, None);
    for event in [&by_mark, &by_payment, &of_nobody] {
        payments::receive(db, &cause(), event).await.expect("taken");
    }
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("select id from payment_events order by provider_ref")
        .fetch_all(db)
        .await
        .expect("events");
    let event = async |number: usize| {
        payments::event(db, shop::ids::PaymentEventId(ids[number])).await.expect("read").expect("open")
    };
    for number in [0, 1] {
        let session = event(number).await.session.expect("known");
        assert_eq!((session.id, session.is_known), (order.session_id, false));
    }
    let early = event(2).await;
    assert!(early.session.is_none() && early.may_be_ours, "its payment is not known yet");
    let nobody = event(3).await;
    assert!(nobody.session.is_none() && !nobody.may_be_ours);

    tell(db, order.session_id, &paid(order.session_id)).await;
    for number in [0, 1, 2] {
        let session = event(number).await.session.expect("known");
        assert_eq!((session.id, session.is_known), (order.session_id, true), "it was asked for afterwards");
    }
    let id = shop::ids::PaymentEventId(ids[0]);
    payments::handled(db, &cause(), id, EventOutcome::NothingNew).await.expect("handled");
    assert!(payments::event(db, id).await.expect("read").is_none());
}

#[tokio::test]
async fn what_nothing_was_heard_of_is_looked_after() {
    let database = Database::new().await;
    let db = &database.pool;
    // Nobody works here: each order has a job that would open its page.
    let [silent, stranded, unpaid, fresh] = [
        opened(db).await,
        testing::order_to_pay(db, None).await,
        testing::order_to_pay(db, None).await,
        opened(db).await,
    ];
    sqlx::query("delete from apalis.jobs").execute(db).await.expect("forgotten");
    sql(
        db,
        "update payment_sessions set created_at = now() - interval '16 minutes' where id = $1",
        silent.session_id.0,
    )
    .await;
    sql(
        db,
        "update payment_sessions set created_at = now() - interval '16 minutes' where id = $1",
        stranded.session_id.0,
    )
    .await;
    sql(db, "update payment_sessions set state = 'failed', ended_at = now() - interval '25 hours', created_at = now() - interval '26 hours' where id = $1", unpaid.session_id.0).await;
    sql(db, "update orders set placed_at = now() - interval '26 hours' where id = $1", unpaid.id.0).await;
    let told = Told {
        provider: STRIPE,
        reference: "evt_1",
        kind: "an.event",
        object_ref: "cs_1",
        payment_ref: None,
        session_id: None,
        occurred_at: at(0),
        raw: b"{}",
        was_fetched: false,
    };
    payments::receive(db, &cause(), &told).await.expect("taken");
    sqlx::query("update payment_events set received_at = now() - interval '2 hours'")
        .execute(db)
        .await
        .expect("old");
    sqlx::query("update apalis.jobs set status = 'Killed'").execute(db).await.expect("given up");

    let checked = payments::check(db, &cause()).await.expect("checked");
    assert_eq!(
        (checked.read, checked.events, checked.unopened, checked.expired),
        (1, 1, 1, 1),
        "{checked:?}"
    );
    assert_eq!(jobs(&database, "read_payment").await.len(), 1);
    assert_eq!(end(db, stranded.id).await.session, SessionState::Failed);
    assert_eq!(
        end(db, stranded.id).await.status,
        OrderStatus::PendingPayment,
        "it can be paid in another session"
    );
    assert_eq!(end(db, unpaid.id).await.status, OrderStatus::Expired);
    assert_eq!(end(db, fresh.id).await.session, SessionState::Open);
    let again = payments::check(db, &cause()).await.expect("checked");
    assert_eq!((again.read, again.events, again.unopened, again.expired), (0, 0, 0, 0), "{again:?}");
}

#[tokio::test]
async fn news_that_nothing_comes_of_is_a_finding_until_something_does() {
    let database = Database::new().await;
    let db = &database.pool;
    let order = opened(db).await;
    let told = |reference, session_id| Told {
        provider: STRIPE,
        reference,
        kind: "charge.refunded",
        object_ref: "ch_1",
        payment_ref: None,
        session_id,
        occurred_at: at(0),
        raw: b"{}",
        was_fetched: false,
    };
    payments::receive(db, &cause(), &told("evt_old", Some(order.session_id))).await.expect("taken");
    sqlx::query(
        "update payment_events set received_at = now() - interval '4 days', outcome = 'given up: no answer'",
    )
    .execute(db)
    .await
    .expect("old");
    payments::receive(db, &cause(), &told("evt_new", None)).await.expect("taken");
    let look = async || {
        let began = cause();
        let stranded = reconciliation::look_for_stranded_events(db, &began).await.expect("looked");
        let open = reconciliation::conclude(db, &cause(), began.at, reconciliation::Books::Payments).await;
        (stranded, open.expect("concluded"))
    };
    assert_eq!(look().await, (1, 1));
    assert_eq!(look().await, (1, 1), "the same finding");
    let finding = reconciliation::findings(db, 10).await.expect("read").remove(0);
    assert_eq!((finding.kind, finding.subject.as_str()), (FindingKind::StrandedEvent, "stripe evt_old"));
    assert_eq!(finding.detail, "charge.refunded: given up: no answer");
    // Staff see it on the order that it names, though nothing else of it is known.
    let dossier = office::orders::find(db, order.id).await.expect("read").expect("an order");
    assert_eq!(dossier.told.iter().map(|told| told.provider_ref.as_str()).collect::<Vec<_>>(), ["evt_old"]);
    sqlx::query("update payment_events set handled_at = now()").execute(db).await.expect("handled");
    assert_eq!(look().await, (0, 0));
}

#[tokio::test]
async fn the_ledger_is_compared_with_the_providers() {
    let database = Database::new().await;
    let db = &database.pool;
    let seen = |order: &Ordered, refunded| PaymentSeen {
        reference: format!("ch_{}", order.session_id),
        session_id: order.session_id,
        charged: ORDER_TOTAL,
        refunded,
        currency: "EUR".to_owned(),
        is_disputed: false,
    };
    let (good, unheard, changed, ours_alone) =
        (opened(db).await, opened(db).await, opened(db).await, opened(db).await);
    for order in [&good, &changed, &ours_alone] {
        tell(db, order.session_id, &paid(order.session_id)).await;
    }
    let stranger = PaymentSeen { session_id: PaymentSessionId::new(at(0)), ..seen(&good, 0) };
    let theirs = [seen(&good, 0), seen(&unheard, 0), seen(&changed, 700), stranger];
    let differences =
        reconciliation::compare_payments(db, &cause(), STRIPE, at(-10), &theirs).await.expect("compared");
    assert_eq!(differences, 4);
    let findings = reconciliation::findings(db, 10).await.expect("read");
    let subjects = |kind| -> Vec<&str> {
        findings
            .iter()
            .filter(|finding| finding.kind == kind)
            .map(|finding| finding.subject.as_str())
            .collect()
    };
    let differing = subjects(FindingKind::PaymentDiffers);
    for order in [&unheard, &changed, &ours_alone] {
        assert!(differing.contains(&order.id.to_string().as_str()), "{differing:?}");
    }
    assert_eq!(subjects(FindingKind::UnknownPayment).len(), 1);
    assert_eq!(jobs(&database, "read_payment").await.len(), 2, "what the provider knows is asked for");
    // Asked for, both say the same.
    tell(db, unheard.session_id, &paid(unheard.session_id)).await;
    tell(db, changed.session_id, &refunded(changed.session_id, 700, RefundState::Succeeded)).await;
    let theirs = [seen(&good, 0), seen(&unheard, 0), seen(&changed, 700), seen(&ours_alone, 0)];
    let differences =
        reconciliation::compare_payments(db, &cause(), STRIPE, at(-10), &theirs).await.expect("compared");
    assert_eq!(differences, 0);
}
