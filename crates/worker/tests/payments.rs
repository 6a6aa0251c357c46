//! Payments with the worker's own jobs: what each failure of Stripe's comes to, and the whole way with the sandbox.

mod outside;
mod stripe_peer;
mod support;

use std::time::Duration;

use chrono::TimeDelta;
use outside::Whole;
use sandbox::{Answer, Order, Paid, PayWith};
use shop::{
    Cause,
    ids::{OrderId, PaymentSessionId},
    jobs::Job,
    orders::{EndReason, Hold, OrderStatus, PaymentStatus},
    payments::{self, SessionState},
    schedules::{self, Upkeep},
    testing::{self, ORDER_TOTAL, Ordered},
};
use sqlx::PgPool;
use stripe_peer::{
    Meets::{self, Cut, Silence},
    Peer,
};
use support::services;
use tokio::time::Instant;

const CARD: &str = "4242424242424242";
const CLEARS: &str = "AT611904300234573201";
const BOUNCES: &str = "AT861904300235473202";

const REPLACE: &str =
    "update orders set status = 'cancelled', end_reason = 'replaced', ended_at = now() where id = $1";

/// What a failure comes to.
enum Comes {
    /// The page is opened after so many calls.
    Opened(usize),
    /// It is given up at once, and staff are told.
    Failed,
    /// It waits for somebody to put a setting right, and staff are told.
    Waits,
}

fn error(kind: &'static str) -> &'static str {
    match kind {
        "lock" => {
            r#"{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"a secret of Stripe"}}"#
        }
        "key_in_use" => {
            r#"{"error":{"type":"invalid_request_error","code":"idempotency_key_in_use","message":"a secret of Stripe"}}"#
        }
        "idempotency" => r#"{"error":{"type":"idempotency_error","message":"a secret of Stripe"}}"#,
        "rate" => {
            r#"{"error":{"type":"invalid_request_error","code":"rate_limit","message":"a secret of Stripe"}}"#
        }
        "api" => r#"{"error":{"type":"api_error","message":"a secret of Stripe"}}"#,
        "new" => r#"{"error":{"type":"an_error_of_tomorrow","message":"a secret of Stripe"}}"#,
        _ => {
            r#"{"error":{"type":"invalid_request_error","code":"parameter_invalid_integer","param":"line_items[0]","message":"a secret of Stripe"}}"#
        }
    }
}

#[tokio::test]
async fn every_failure_comes_to_what_it_should() {
    let table: Vec<(&str, Vec<Meets>, Comes)> = vec![
        ("no failure", vec![], Comes::Opened(1)),
        ("409 lock", vec![Meets::Answer(409, error("lock"))], Comes::Opened(2)),
        ("409 key in use", vec![Meets::Answer(409, error("key_in_use"))], Comes::Opened(2)),
        ("400 idempotency", vec![Meets::Answer(400, error("idempotency"))], Comes::Opened(2)),
        ("429", vec![Meets::Answer(429, error("rate")); 2], Comes::Opened(3)),
        ("500", vec![Meets::Answer(500, error("api"))], Comes::Opened(2)),
        ("503 of a new kind", vec![Meets::Answer(503, error("new"))], Comes::Opened(2)),
        ("502 in HTML", vec![Meets::Answer(502, "<html>Bad gateway</html>")], Comes::Opened(2)),
        ("200 in HTML", vec![Meets::Answer(200, "<html>Welcome</html>")], Comes::Opened(2)),
        ("200 cut short", vec![Meets::Answer(200, r#"{"id":"cs_1","url":"#)], Comes::Opened(2)),
        (
            "a session without a page",
            vec![Meets::Answer(200, r#"{"id":"cs_1","expires_at":1}"#)],
            Comes::Opened(2),
        ),
        ("cut", vec![Cut, Cut, Cut], Comes::Opened(4)),
        ("silence", vec![Silence], Comes::Opened(2)),
        ("400", vec![Meets::Answer(400, error("parameter"))], Comes::Failed),
        ("402", vec![Meets::Answer(402, error("parameter"))], Comes::Failed),
        ("401", vec![Meets::Answer(401, error("new"))], Comes::Waits),
        ("403", vec![Meets::Answer(403, error("api"))], Comes::Waits),
    ];
    for (name, script, comes) in table {
        check(name, script, comes).await;
    }
}

async fn check(name: &str, script: Vec<Meets>, comes: Comes) {
    let mut whole = Whole::open().await;
    let peer = Peer::listen(&script).await;
    let base = format!("--stripe-base-url={}", peer.base_url);
    whole.services = services(whole.db(), &whole.sandbox, &[&base]);
    testing::give_role(whole.db(), whole.shop.owner, "owner").await;
    let order = testing::order_to_pay(whole.db(), None).await;
    let working = whole.work().await;
    let deadline = Instant::now() + Duration::from_secs(50);
    let (state, put_off) = loop {
        let state = payments::latest(whole.db(), order.id).await.expect("read").expect("a session").state;
        let put_off = whole.attempts("open_checkout").await.iter().any(|(outcome, _)| outcome == "put_off");
        if state != SessionState::Opening || put_off {
            break (state, put_off);
        }
        assert!(Instant::now() < deadline, "{name}: nothing came of it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    working.stop().await;
    let (calls, attempts) = (peer.calls(), whole.attempts("open_checkout").await);
    let told: i64 = sqlx::query_scalar("select count(*) from mails where kind = 'request_rejected'")
        .fetch_one(whole.db())
        .await
        .expect("a count");
    let session = payments::latest(whole.db(), order.id).await.expect("read").expect("a session");
    match comes {
        Comes::Opened(times) => {
            assert_eq!((state, calls.len(), told), (SessionState::Open, times, 0), "{name}: {attempts:?}");
            assert_eq!(session.url.as_deref(), Some("https://pay.example/cs_peer_1"), "{name}");
        }
        Comes::Failed => {
            assert_eq!((state, calls.len(), told), (SessionState::Failed, 1, 1), "{name}: {attempts:?}");
            let problem = session.problem.expect("words");
            assert!(problem.contains("nothing was charged") && !problem.contains("parameter"), "{problem}");
            let end = order_of(whole.db(), order.id).await;
            assert_eq!(
                (end.status, end.payment_status),
                (OrderStatus::PendingPayment, PaymentStatus::Failed)
            );
        }
        Comes::Waits => {
            assert_eq!((state, put_off, told), (SessionState::Opening, true, 1), "{name}: {attempts:?}");
            let wait: f64 = sqlx::query_scalar(
                "select extract(epoch from run_at - now())::float8 from apalis.jobs where job_type = 'orders' and attempts = 0",
            )
            .fetch_one(whole.db())
            .await
            .expect("it waits, and has used up no try");
            assert!((500.0..800.0).contains(&wait), "{name}: {wait}");
        }
    }
    for (two, met) in calls.windows(2).zip(&script) {
        // Stripe keeps what it failed at as the answer to that key.
        let is_kept = matches!(met, Meets::Answer(500.., body) if body.starts_with('{'));
        if is_kept {
            assert_ne!(two[0].key, two[1].key, "{name}: another call: {calls:?}");
        } else {
            assert_eq!(two[0], two[1], "{name}: the same call, with the same key");
        }
    }
    assert!(
        calls[0].key.as_deref().is_some_and(|key| key.starts_with(&format!("checkout-{}", order.session_id)))
    );
    assert_eq!(calls[0].line, "POST /v1/checkout/sessions HTTP/1.1", "{name}");
    assert_eq!(calls[0].authorization, "Bearer sk_test_tests", "{name}");
    assert!(attempts.iter().all(|(_, error)| !error.contains("a secret of Stripe")), "{name}: {attempts:?}");
}

/// Where an order stands.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Stands {
    status: OrderStatus,
    end_reason: Option<EndReason>,
    payment_status: PaymentStatus,
    hold: Option<Hold>,
}

async fn order_of(db: &PgPool, id: OrderId) -> Stands {
    sqlx::query_as("select status, end_reason, payment_status, hold from orders where id = $1")
        .bind(id.0)
        .fetch_one(db)
        .await
        .expect("the order")
}

async fn stands(
    whole: &Whole,
    order: &Ordered,
    status: OrderStatus,
    payment: PaymentStatus,
    hold: Option<Hold>,
) {
    let now = order_of(whole.db(), order.id).await;
    assert_eq!((now.status, now.payment_status, now.hold), (status, payment, hold), "{now:?}");
}

async fn reference(db: &PgPool, session: PaymentSessionId) -> String {
    sqlx::query_scalar("select provider_ref from payment_sessions where id = $1")
        .bind(session.0)
        .fetch_one(db)
        .await
        .expect("it is known")
}

/// An order whose page is open, and what that is called at the sandbox.
async fn opened(whole: &Whole) -> (Ordered, String) {
    let order = testing::order_to_pay(whole.db(), None).await;
    whole.work_off().await;
    let reference = reference(whole.db(), order.session_id).await;
    (order, reference)
}

/// Has one kind of upkeep done now, and what follows from it. Says what it did.
async fn upkeep(whole: &Whole, upkeep: Upkeep) -> String {
    let (db, before) = (whole.db(), Cause::now(None).at);
    schedules::introduce(db, &Cause::now(None)).await.expect("introduced");
    let due = "update schedules set next_run_at = now() - interval '1 second' where name = $1";
    sqlx::query(due).bind(upkeep).execute(db).await.expect("due");
    let working = whole.work().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    let note = loop {
        let all = schedules::all(db).await.expect("read");
        let schedule = all.into_iter().find(|schedule| schedule.name == upkeep).expect("known");
        if schedule.last_run_at.is_some_and(|at| at > before) {
            break schedule.last_note;
        }
        assert!(Instant::now() < deadline, "{upkeep} was not run");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    whole.rest().await;
    working.stop().await;
    note
}

#[tokio::test]
async fn what_could_not_be_told_is_fetched_and_the_order_follows() {
    let whole = Whole::open().await;
    // Nobody listens there.
    whole.sandbox.add_stripe_webhook("http://127.0.0.1:9/hooks/stripe", "whsec_1").expect("known");
    let (order, page) = opened(&whole).await;
    let till = whole.sandbox.till();
    assert_eq!(till.pay(&page, PayWith::Card(CARD)).expect("paid"), Paid::Complete);
    stands(&whole, &order, OrderStatus::PendingPayment, PaymentStatus::None, None).await;
    let note = upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    assert!(note.ends_with("1 of them new to us"), "{note}");
    stands(&whole, &order, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    let payment = &till.account().payments[0];
    assert_eq!(
        (payment.amount, payment.metadata["order_id"].as_str()),
        (ORDER_TOTAL, &*order.id.to_string())
    );

    // Somebody gives a part of it back in Stripe's own dashboard, and the customer's bank wants the rest.
    till.refund(&page, Some(490)).expect("refunded");
    let dispute = till.dispute(&page).expect("disputed");
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    stands(&whole, &order, OrderStatus::Confirmed, PaymentStatus::Disputed, Some(Hold::Dispute)).await;
    till.close_dispute(&dispute, true).expect("won");
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    stands(&whole, &order, OrderStatus::Confirmed, PaymentStatus::PartiallyRefunded, None).await;
    let outcomes: Vec<String> =
        sqlx::query_scalar("select distinct coalesce(outcome, 'open') from payment_events order by 1")
            .fetch_all(whole.db())
            .await
            .expect("outcomes");
    assert!(outcomes.iter().all(|outcome| outcome == "applied" || outcome == "nothing new"), "{outcomes:?}");
    let note = upkeep(&whole, Upkeep::ReconcilePayments).await;
    assert_eq!(note, "0 differences");
}

#[tokio::test]
async fn what_was_never_told_is_found_by_asking_and_by_comparing() {
    let whole = Whole::open().await;
    let till = whole.sandbox.till();
    let (asked, page) = opened(&whole).await;
    let (compared, other) = opened(&whole).await;
    for page in [&page, &other] {
        till.pay(page, PayWith::Card(CARD)).expect("paid");
    }
    let silent = "update payment_sessions set created_at = now() - interval '20 minutes' where id = $1";
    sqlx::query(silent).bind(asked.session_id.0).execute(whole.db()).await.expect("silent");
    let note = upkeep(&whole, Upkeep::CheckPayments).await;
    assert!(note.starts_with("1 asked after"), "{note}");
    stands(&whole, &asked, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    stands(&whole, &compared, OrderStatus::PendingPayment, PaymentStatus::None, None).await;
    assert_eq!(upkeep(&whole, Upkeep::ReconcilePayments).await, "1 differences");
    stands(&whole, &compared, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    assert_eq!(upkeep(&whole, Upkeep::ReconcilePayments).await, "0 differences");
    let open = shop::reconciliation::count_open(whole.db()).await.expect("a count");
    assert_eq!(open, 0, "what was found is gone");
}

#[tokio::test]
async fn an_answer_that_is_lost_and_an_outage_make_no_second_session() {
    let whole = Whole::open().await;
    let till = whole.sandbox.till();
    till.order(Order { answer: Answer::Lost, times: 2, path: Some("POST /v1/checkout".to_owned()) });
    let (_, _) = opened(&whole).await;
    assert_eq!(till.account().sessions, 1, "the same wish is the same session");
    till.go_down(Duration::from_millis(1_500));
    let (order, page) = opened(&whole).await;
    assert_eq!(till.account().sessions, 2);
    till.pay(&page, PayWith::Card(CARD)).expect("paid");
    let silent = "update payment_sessions set created_at = now() - interval '20 minutes' where id = $1";
    sqlx::query(silent).bind(order.session_id.0).execute(whole.db()).await.expect("silent");
    for answer in [Answer::ServerError, Answer::Html, Answer::RateLimit, Answer::HangUp] {
        till.order(Order { answer, times: 1, path: Some("GET /v1/".to_owned()) });
    }
    upkeep(&whole, Upkeep::CheckPayments).await;
    stands(&whole, &order, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
}

#[tokio::test]
async fn a_replaced_order_is_closed_before_its_successor_opens_and_counts_if_it_was_paid() {
    let whole = Whole::open().await;
    let till = whole.sandbox.till();
    let (first, page) = opened(&whole).await;
    sqlx::query(REPLACE).bind(first.id.0).execute(whole.db()).await.expect("replaced");
    let second = testing::order_from(whole.db(), first.cart_id, None).await;
    whole.work_off().await;
    assert_eq!(till.pay(&page, PayWith::Card(CARD)).expect("an outcome"), Paid::Closed, "nobody pays it now");
    let account = till.account();
    assert_eq!((account.sessions, account.expired, account.open), (2, 1, 1));

    // The customer pays the second one just as it is replaced.
    let page = reference(whole.db(), second.session_id).await;
    till.pay(&page, PayWith::Card(CARD)).expect("paid");
    sqlx::query(REPLACE).bind(second.id.0).execute(whole.db()).await.expect("replaced");
    let third = testing::order_from(whole.db(), first.cart_id, None).await;
    whole.work_off().await;
    stands(&whole, &second, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    let gone = order_of(whole.db(), third.id).await;
    assert_eq!((gone.status, gone.end_reason), (OrderStatus::Cancelled, Some(EndReason::AlreadyPaid)));
    assert_eq!(till.account().sessions, 2, "no page was made for it");
}

#[tokio::test]
async fn a_replaced_order_whose_money_is_on_its_way_stands_again() {
    let whole = Whole::open().await;
    let till = whole.sandbox.till();
    let (first, page) = opened(&whole).await;
    till.pay(&page, PayWith::Iban(CLEARS)).expect("a debit");
    sqlx::query(REPLACE).bind(first.id.0).execute(whole.db()).await.expect("replaced");
    let second = testing::order_from(whole.db(), first.cart_id, None).await;
    whole.work_off().await;
    stands(&whole, &first, OrderStatus::PendingPayment, PaymentStatus::Pending, None).await;
    let gone = order_of(whole.db(), second.id).await;
    assert_eq!((gone.status, gone.end_reason), (OrderStatus::Cancelled, Some(EndReason::AlreadyPaid)));
    assert_eq!(till.account().sessions, 1, "no page was made for it");
    let outcomes = whole.attempts("open_checkout").await;
    assert!(outcomes.iter().all(|(outcome, _)| outcome == "done"), "nothing is put off: {outcomes:?}");
}

#[tokio::test]
async fn no_page_is_made_while_the_one_that_it_replaces_cannot_be_closed() {
    let whole = Whole::open().await;
    let till = whole.sandbox.till();
    let (first, page) = opened(&whole).await;
    sqlx::query(REPLACE).bind(first.id.0).execute(whole.db()).await.expect("replaced");
    let second = testing::order_from(whole.db(), first.cart_id, None).await;
    let path = Some(format!("POST /v1/checkout/sessions/{page}/expire"));
    till.order(Order { answer: Answer::ServerError, times: 1_000, path });
    let working = whole.work().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while whole.attempts("open_checkout").await.iter().filter(|(outcome, _)| outcome == "retry").count() < 2 {
        assert!(Instant::now() < deadline, "{:?}", whole.attempts("open_checkout").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stop().await;
    assert_eq!(till.account().sessions, 1);
    let state = payments::latest(whole.db(), second.id).await.expect("read").expect("a session").state;
    assert_eq!(state, SessionState::Opening);
}

#[tokio::test]
async fn a_page_that_stays_open_though_it_was_closed_is_waited_for() {
    let mut whole = Whole::open().await;
    let (first, _) = opened(&whole).await;
    // Stripe says that it is not open any more, and that it is.
    let script = [
        Meets::Answer(400, error("parameter")),
        Meets::Answer(
            200,
            r#"{"id":"cs_1","status":"open","payment_status":"unpaid","amount_total":5490,"currency":"eur","payment_intent":null}"#,
        ),
    ];
    let peer = Peer::listen(&script).await;
    whole.services = services(whole.db(), &whole.sandbox, &[&format!("--stripe-base-url={}", peer.base_url)]);
    sqlx::query(REPLACE).bind(first.id.0).execute(whole.db()).await.expect("replaced");
    testing::order_from(whole.db(), first.cart_id, None).await;
    let working = whole.work().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while !whole.attempts("open_checkout").await.iter().any(|(outcome, _)| outcome == "put_off") {
        assert!(Instant::now() < deadline, "{:?}", whole.attempts("open_checkout").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stop().await;
    let calls: Vec<_> = peer.calls().into_iter().map(|call| call.line).collect();
    assert_eq!(calls.len(), 2, "it is closed and read, and none is made: {calls:?}");
}

/// Has a second page made for a session, as by a worker that had another wish, while the first one is not known.
async fn two_pages(whole: &Whole) -> (Ordered, String) {
    let (order, first) = opened(whole).await;
    let unknown = "update payment_sessions set state = 'opening', provider_ref = null, url = null,
                          expires_at = expires_at + interval '1 minute' where id = $1";
    sqlx::query(unknown).bind(order.session_id.0).execute(whole.db()).await.expect("unknown");
    whole.again(Job::OpenCheckout { payment_session_id: order.session_id }).await;
    whole.work_off().await;
    assert_ne!(reference(whole.db(), order.session_id).await, first);
    (order, first)
}

#[tokio::test]
async fn a_page_that_nobody_knew_of_pays_its_order_and_the_other_is_closed() {
    let whole = Whole::open().await;
    whole.sandbox.add_stripe_webhook("http://127.0.0.1:9/hooks/stripe", "whsec_1").expect("known");
    let till = whole.sandbox.till();
    let (order, unknown) = two_pages(&whole).await;
    assert_eq!(till.account().open, 2);
    till.pay(&unknown, PayWith::Card(CARD)).expect("paid");
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    stands(&whole, &order, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    let account = till.account();
    assert_eq!((account.open, account.expired), (0, 1), "nobody pays once more");

    let (other, unknown) = two_pages(&whole).await;
    till.expire(&unknown).expect("expired");
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    stands(&whole, &other, OrderStatus::PendingPayment, PaymentStatus::None, None).await;
    assert_eq!(till.account().open, 1, "its own page is there");
}

#[tokio::test]
async fn the_page_that_comes_second_is_closed() {
    let whole = Whole::open().await;
    let (order, first) = opened(&whole).await;
    // Another worker is at it at the same moment, and does not know.
    let unknown = "update payment_sessions set state = 'opening', expires_at = expires_at + interval '1 minute' where id = $1";
    sqlx::query(unknown).bind(order.session_id.0).execute(whole.db()).await.expect("unknown");
    whole.again(Job::OpenCheckout { payment_session_id: order.session_id }).await;
    whole.work_off().await;
    let account = whole.sandbox.till().account();
    assert_eq!((account.sessions, account.open, account.expired), (2, 1, 1));
    assert_eq!(reference(whole.db(), order.session_id).await, first);
    let paid = whole.sandbox.till().pay(&first, PayWith::Card(CARD)).expect("paid");
    assert_eq!(paid, Paid::Complete);
}

#[tokio::test]
async fn money_that_takes_days_comes_or_does_not() {
    let whole = Whole::open().await;
    whole.sandbox.add_stripe_webhook("http://127.0.0.1:9/hooks/stripe", "whsec_1").expect("known");
    let till = whole.sandbox.till();
    let ((clears, one), (bounces, two)) = (opened(&whole).await, opened(&whole).await);
    for (page, iban) in [(&one, CLEARS), (&two, BOUNCES)] {
        till.pay(page, PayWith::Iban(iban)).expect("paid");
    }
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    for order in [&clears, &bounces] {
        stands(&whole, order, OrderStatus::PendingPayment, PaymentStatus::Pending, None).await;
    }
    till.settle(&one, true).expect("settled");
    till.settle(&two, false).expect("settled");
    upkeep(&whole, Upkeep::FetchPaymentEvents).await;
    stands(&whole, &clears, OrderStatus::Confirmed, PaymentStatus::Paid, None).await;
    stands(&whole, &bounces, OrderStatus::PendingPayment, PaymentStatus::Failed, None).await;
}

#[tokio::test]
async fn a_page_that_nobody_paid_ends_the_order() {
    let whole = Whole::open().await;
    let (order, page) = opened(&whole).await;
    whole.sandbox.till().expire(&page).expect("expired");
    let late = Cause { at: Cause::now(None).at + TimeDelta::minutes(20), request_id: None };
    payments::check(whole.db(), &late).await.expect("checked");
    whole.work_off().await;
    stands(&whole, &order, OrderStatus::Expired, PaymentStatus::None, None).await;
}
