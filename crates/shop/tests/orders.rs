//! Orders after they were placed: who sees them, calling them off, paying and resuming them, and what is told of them.

mod support;

use chrono::Duration;
use serde_json::json;
use sha2::{Digest, Sha256};
use shop::{
    Cause, StaleTransition,
    accounts::{self, Erasure, REGRET, Role},
    audit::Actor,
    carts::{self, Owner},
    exports,
    ids::{AccountId, ImageId, OrderId},
    images::{self, Removal},
    mails::MailKind,
    money::{Currency, Money},
    orders::{
        self, CallOffError, EndReason, Hold, OrderStatus, PutBack, ReleaseError, Released, ResumeError,
        Viewer, events::OrderEventKind,
    },
    payments::{self, Charge, Facts, RemotePayment, RemoteState, SessionState},
    testing::{self, Database, ORDER_TOTAL},
};
use support::{account, cause, jobs, ready};

const EMAIL: &str = "ada@example.org";
const GUEST: [u8; 32] = [9; 32];
const STRANGER: Viewer = Viewer { account_id: None, browser_hash: Some([1; 32]) };
const BY_GUEST: Viewer = Viewer { account_id: None, browser_hash: Some(GUEST) };

struct World {
    database: Database,
    ada: AccountId,
    image: ImageId,
    viewer: Viewer,
}

impl World {
    async fn open() -> Self {
        let database = Database::new().await;
        let ada = account(&database, EMAIL).await;
        let (_, images) = ready(&database, ada).await;
        Self { database, ada, image: images[0], viewer: Owner::Account(ada).into() }
    }

    fn db(&self) -> &sqlx::PgPool {
        &self.database.pool
    }

    async fn order(&self) -> OrderId {
        testing::placed(self.db(), Owner::Account(self.ada), EMAIL, self.image).await
    }

    async fn guests(&self) -> OrderId {
        testing::placed(self.db(), Owner::Guest(GUEST), "guest@example.org", self.image).await
    }

    async fn set(&self, id: OrderId, what: &'static str) {
        let sql = format!("update orders set {what} where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(self.db()).await.expect("set");
    }

    async fn expire(&self, id: OrderId) {
        self.set(id, "status = 'expired', end_reason = 'not_paid', ended_at = now()").await;
    }

    async fn find(&self, id: OrderId) -> orders::Order {
        orders::find(self.db(), &self.viewer, id).await.expect("read").expect("an order")
    }

    /// As if this much of a currency had come.
    async fn paid(&self, id: OrderId, kind: &str, amount: i64, currency: &str) {
        sqlx::query(
            "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
             values (gen_random_uuid(), $1, 'stripe', $2, $3, $4, gen_random_uuid()::text, now(), now())",
        )
        .bind(id)
        .bind(kind)
        .bind(amount)
        .bind(currency)
        .execute(self.db())
        .await
        .expect("written");
    }

    /// `(kind, recipient)`, oldest first.
    async fn mails(&self) -> Vec<(String, String)> {
        let sql = "select kind, recipient from mails where details ? 'order_id' order by id";
        sqlx::query_as(sql).fetch_all(self.db()).await.expect("mails")
    }
}

fn operator() -> Actor {
    Actor { account_id: None, client_address: String::new() }
}

#[tokio::test]
async fn an_order_is_seen_by_its_account_its_browser_and_who_has_the_link() {
    let world = World::open().await;
    let noor = account(&world.database, "noor@example.org").await;
    let (adas, guests) = (world.order().await, world.guests().await);
    let sees =
        async |viewer: &Viewer, id| orders::find(world.db(), viewer, id).await.expect("read").is_some();
    let adas_in_a_browser = Viewer { browser_hash: Some(GUEST), ..world.viewer };
    for (viewer, of_ada, of_guest) in [
        (&world.viewer, true, false),
        (&BY_GUEST, false, true),
        (&adas_in_a_browser, true, true),
        (&Viewer::from(Owner::Account(noor)), false, false),
        (&STRANGER, false, false),
        (&Viewer::default(), false, false),
    ] {
        assert_eq!(sees(viewer, adas).await, of_ada, "{viewer:?}");
        assert_eq!(sees(viewer, guests).await, of_guest, "{viewer:?}");
    }
    // A guest's letter carries a link, which is good for its order alone, for half a year, and as often as one likes.
    orders::ask_for_link(world.db(), &cause(), world.number(guests).await, "Guest@Example.org")
        .await
        .expect("asked");
    let (letter, bits) = testing::send(world.db(), "guest@example.org", MailKind::OrderLink).await;
    assert!(letter.has_token && letter.order.is_some_and(|order| order.id == guests));
    let token: [u8; 32] = Sha256::digest(bits).into();
    let follow = async |at: &Cause, id, token| {
        orders::follow(world.db(), at, id, token, &[1; 32]).await.expect("an answer")
    };
    assert!(!follow(&cause(), adas, &token).await);
    assert!(!follow(&cause(), guests, &[7; 32]).await);
    let late = Cause { at: cause().at + orders::ACCESS_LASTS + Duration::hours(1), request_id: None };
    assert!(!follow(&late, guests, &token).await);
    assert!(!sees(&STRANGER, guests).await);
    for _ in 0..2 {
        assert!(follow(&cause(), guests, &token).await);
    }
    assert!(sees(&STRANGER, guests).await && !sees(&STRANGER, adas).await);
}

impl World {
    async fn number(&self, id: OrderId) -> i64 {
        sqlx::query_scalar("select number from orders where id = $1")
            .bind(id)
            .fetch_one(self.db())
            .await
            .expect("one")
    }
}

#[tokio::test]
async fn a_link_is_sent_to_the_address_of_the_order_alone() {
    let world = World::open().await;
    let (adas, guests) = (world.order().await, world.guests().await);
    let ask = async |number, email: &str| {
        orders::ask_for_link(world.db(), &cause(), number, email).await.expect("asked");
    };
    ask(world.number(guests).await, EMAIL).await;
    ask(1, "guest@example.org").await;
    assert_eq!(world.mails().await, []);
    ask(world.number(adas).await, EMAIL).await;
    assert_eq!(world.mails().await, [("order_link".to_owned(), EMAIL.to_owned())]);
    let (letter, _) = testing::send(world.db(), EMAIL, MailKind::OrderLink).await;
    assert!(!letter.has_token, "an account signs in");
}

#[tokio::test]
async fn links_that_lead_nowhere_any_more_are_forgotten() {
    let world = World::open().await;
    let id = world.order().await;
    for (token, days) in [(1_u8, 179), (2, 181)] {
        sqlx::query(
            "insert into order_accesses (token_hash, order_id, created_at) values ($1, $2, now() - make_interval(days => $3))",
        )
        .bind([token; 32])
        .bind(id)
        .bind(days)
        .execute(world.db())
        .await
        .expect("a link");
    }
    assert_eq!(orders::prune_accesses(world.db(), cause().at).await.expect("pruned"), 1);
    let follow = async |token: u8| {
        orders::follow(world.db(), &cause(), id, &[token; 32], &GUEST).await.expect("an answer")
    };
    assert!(follow(1).await && !follow(2).await);
}

#[tokio::test]
async fn orders_of_an_account_are_listed_newest_first_page_by_page() {
    let world = World::open().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.order().await);
    }
    world.guests().await;
    ids.reverse();
    let list = async |before| {
        let found = orders::list(world.db(), &Owner::Account(world.ada), before, 2).await.expect("read");
        found.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, ids[..2]);
    assert_eq!(list(Some(ids[1])).await, ids[2..]);
    let guests = orders::list(world.db(), &Owner::Guest(GUEST), None, 9).await.expect("read");
    let first = guests.first().expect("a guest's order is its browser's");
    assert_eq!((first.total, first.pieces), (Money::new(2_990, Currency::Eur), 1));
    let lines = orders::pictures(world.db(), &ids).await.expect("read");
    assert!(lines.len() == 3 && lines.iter().all(|(_, line)| line.card.is_some()));
}

#[tokio::test]
async fn an_unpaid_order_is_called_off_once_and_its_page_is_closed() {
    let world = World::open().await;
    let id = world.order().await;
    let session = testing::session(world.db(), id, SessionState::Open).await;
    let coupon = coupon(&world, id).await;
    let call_off =
        async |viewer| orders::call_off(world.db(), &cause(), viewer, id).await.expect("an answer");
    assert_eq!(call_off(&STRANGER).await, Err(CallOffError::Stale(StaleTransition)));
    assert_eq!(call_off(&world.viewer).await, Ok(()));
    assert_eq!(call_off(&world.viewer).await, Err(CallOffError::Stale(StaleTransition)));
    let order = world.find(id).await;
    assert_eq!((order.status, order.end_reason), (OrderStatus::Cancelled, Some(EndReason::ByCustomer)));
    let closed = jobs(&world.database, "expire_checkout").await;
    assert_eq!(closed, [json!({ "job": "expire_checkout", "payment_session_id": session })]);
    assert_eq!(uses(&world, coupon).await, 0, "somebody else can have it");
    assert_eq!(world.mails().await, [("order_called_off".to_owned(), EMAIL.to_owned())]);
}

#[tokio::test]
async fn an_order_whose_money_came_or_is_on_its_way_is_not_called_off() {
    let world = World::open().await;
    let call_off =
        async |id| orders::call_off(world.db(), &cause(), &world.viewer, id).await.expect("an answer");
    let under_way = world.order().await;
    testing::session(world.db(), under_way, SessionState::Processing).await;
    assert_eq!(call_off(under_way).await, Err(CallOffError::MoneyUnderWay));
    let paid = world.order().await;
    world.paid(paid, "charge", 2_990, "EUR").await;
    assert_eq!(call_off(paid).await, Err(CallOffError::Stale(StaleTransition)));
    let confirmed = world.order().await;
    world.set(confirmed, "status = 'confirmed'").await;
    assert_eq!(call_off(confirmed).await, Err(CallOffError::Stale(StaleTransition)));
    assert_eq!(world.mails().await, []);
}

#[tokio::test]
async fn calling_off_and_a_payment_at_once_leave_one_of_them() {
    let world = World::open().await;
    for _ in 0..10 {
        let id = world.order().await;
        testing::session(world.db(), id, SessionState::Open).await;
        // What the word of a provider does: it holds the row, writes the money down and confirms, if the order still waits.
        let pay = async {
            let mut tx = world.db().begin().await.expect("begun");
            let status: OrderStatus =
                sqlx::query_scalar("select status from orders where id = $1 for update")
                    .bind(id)
                    .fetch_one(&mut *tx)
                    .await
                    .expect("held");
            if status == OrderStatus::PendingPayment {
                let entry = "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
                             values (gen_random_uuid(), $1, 'stripe', 'charge', 2990, 'EUR', gen_random_uuid()::text, now(), now())";
                sqlx::query(entry).bind(id).execute(&mut *tx).await.expect("written");
                let confirm = "update orders set status = 'confirmed' where id = $1";
                sqlx::query(confirm).bind(id).execute(&mut *tx).await.expect("confirmed");
            }
            tx.commit().await.expect("committed");
            status == OrderStatus::PendingPayment
        };
        let at = cause();
        let (paid, called_off) = tokio::join!(pay, orders::call_off(world.db(), &at, &world.viewer, id));
        assert_ne!(paid, called_off.expect("an answer").is_ok(), "exactly one of them");
        let status = world.find(id).await.status;
        assert_eq!(status, if paid { OrderStatus::Confirmed } else { OrderStatus::Cancelled });
    }
}

#[tokio::test]
async fn a_pending_order_is_paid_again_with_one_page_at_a_time() {
    let world = World::open().await;
    let id = world.order().await;
    testing::session(world.db(), id, SessionState::Failed).await;
    world.set(id, "payment_status = 'failed'").await;
    let pay = async || orders::pay_again(world.db(), &cause(), &world.viewer, id).await.expect("an answer");
    let (one, other) = tokio::join!(pay(), pay());
    assert_eq!((one, other), (Ok(()), Ok(())), "two clicks are one");
    assert_eq!(jobs(&world.database, "open_checkout").await.len(), 1);
    let session = payments::latest(world.db(), id).await.expect("read").expect("a session");
    assert_eq!(session.state, SessionState::Opening);
    world.set(id, "hold = 'amount_mismatch'").await;
    assert_eq!(pay().await, Err(StaleTransition), "staff look first");
    world.set(id, "hold = null, status = 'confirmed'").await;
    assert_eq!(pay().await, Err(StaleTransition));
    assert_eq!(
        orders::pay_again(world.db(), &cause(), &STRANGER, id).await.expect("an answer"),
        Err(StaleTransition)
    );
}

async fn coupon(world: &World, order: OrderId) -> uuid::Uuid {
    let coupon: uuid::Uuid = sqlx::query_scalar(
        "insert into coupons (id, code, kind, value, uses, max_uses, starts_at, created_at)
         values (gen_random_uuid(), 'SPRING', 'percent', 1000, 1, 1, now() - interval '1 day', now()) returning id",
    )
    .fetch_one(world.db())
    .await
    .expect("a coupon");
    sqlx::query("insert into coupon_uses (order_id, coupon_id, created_at) values ($1, $2, now())")
        .bind(order)
        .bind(coupon)
        .execute(world.db())
        .await
        .expect("held");
    let with = "update orders set coupon_id = $2, coupon_code = 'SPRING' where id = $1";
    sqlx::query(with).bind(order).bind(coupon).execute(world.db()).await.expect("set");
    coupon
}

async fn uses(world: &World, coupon: uuid::Uuid) -> i32 {
    sqlx::query_scalar("select uses from coupons where id = $1")
        .bind(coupon)
        .fetch_one(world.db())
        .await
        .expect("one")
}

/// The price that the order was placed at is the one of now.
async fn at_todays_price(world: &World, id: OrderId) {
    let sql = "update order_lines l set unit = p.amount from prices p join price_lists s on s.id = p.price_list_id
               where l.order_id = $1 and p.variant_id = l.variant_id and s.currency = 'EUR' and s.state = 'published'";
    let set = sqlx::query(sql).bind(id).execute(world.db()).await.expect("set");
    assert_eq!(set.rows_affected(), 1);
}

#[tokio::test]
async fn an_expired_order_is_resumed_if_nothing_changed() {
    let world = World::open().await;
    let id = world.order().await;
    at_todays_price(&world, id).await;
    let coupon = coupon(&world, id).await;
    let resume = async || orders::resume(world.db(), &cause(), &world.viewer, id).await.expect("an answer");
    assert_eq!(resume().await, Err(ResumeError::Stale(StaleTransition)), "it is to be paid");
    world.expire(id).await;
    let give_back = "with u as (update coupon_uses set state = 'released') update coupons set uses = 0";
    sqlx::query(give_back).execute(world.db()).await.expect("given back");

    // Somebody else has the last use of its coupon.
    sqlx::query("update coupons set uses = 1").execute(world.db()).await.expect("taken");
    assert!(matches!(resume().await, Err(ResumeError::Coupon(_))));
    assert_eq!(world.find(id).await.status, OrderStatus::Expired);
    sqlx::query("update coupons set uses = 0").execute(world.db()).await.expect("free");

    assert_eq!(resume().await, Ok(()));
    assert_eq!(resume().await, Err(ResumeError::Stale(StaleTransition)), "it was resumed just now");
    let order = world.find(id).await;
    assert_eq!((order.status, order.end_reason, order.ended_at), (OrderStatus::PendingPayment, None, None));
    assert_eq!(uses(&world, coupon).await, 1);
    assert_eq!(jobs(&world.database, "open_checkout").await.len(), 1);
    let kinds: Vec<_> =
        orders::timeline(world.db(), id).await.expect("read").into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [OrderEventKind::Placed, OrderEventKind::Resumed]);
}

/// Waits until somebody waits for a row that somebody else holds.
async fn somebody_waits(world: &World) {
    let waiting = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    for _ in 0..500 {
        if sqlx::query_scalar(waiting).fetch_one(world.db()).await.expect("read") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// A cart of the account, from which the order came.
async fn from_cart(world: &World, order: OrderId) -> uuid::Uuid {
    carts::set_currency(world.db(), &cause(), &Owner::Account(world.ada), Currency::Eur)
        .await
        .expect("a cart");
    let sql = "update orders set cart_id = (select id from carts where account_id is not null) where id = $1 returning cart_id";
    sqlx::query_scalar(sql).bind(order).fetch_one(world.db()).await.expect("from it")
}

#[tokio::test]
async fn who_resumes_waits_for_the_cart_before_they_hold_the_order() {
    let world = World::open().await;
    let id = world.order().await;
    at_todays_price(&world, id).await;
    from_cart(&world, id).await;
    world.expire(id).await;
    // Somebody is ordering from the cart.
    let mut ordering = world.db().begin().await.expect("begun");
    sqlx::query("select id from carts for update").execute(&mut *ordering).await.expect("held");
    let (db, viewer) = (world.db().clone(), world.viewer);
    let resuming = tokio::spawn(async move { orders::resume(&db, &cause(), &viewer, id).await });
    somebody_waits(&world).await;
    sqlx::query("select id from orders where id = $1 for update nowait")
        .bind(id)
        .execute(&mut *ordering)
        .await
        .expect("nobody holds the order");
    ordering.commit().await.expect("committed");
    assert_eq!(resuming.await.expect("ran").expect("an answer"), Ok(()));
}

#[tokio::test]
async fn who_waited_for_a_cart_waits_for_the_one_that_the_order_has_meanwhile() {
    let world = World::open().await;
    let db = world.db();
    let order = testing::order_to_pay(db, Some(world.image)).await;
    let other = world.order().await;
    world.expire(other).await;
    let accounts = from_cart(&world, other).await;
    let begin = async || db.begin().await.expect("begun");
    let (mut signing_in, mut ordering) = (begin().await, begin().await);
    let hold = "select id from carts where id = $1 for update";
    sqlx::query(hold).bind(order.cart_id).execute(&mut *signing_in).await.expect("held");
    // In such a way that orders can be given to it.
    let hold = "select id from carts where id = $1 for no key update";
    sqlx::query(hold).bind(accounts).execute(&mut *ordering).await.expect("held");
    let reference = format!("cs_{}", order.session_id);
    let charge = Charge {
        reference: format!("ch_{}", order.session_id),
        amount: ORDER_TOTAL,
        currency: "EUR".to_owned(),
        at: cause().at,
    };
    let facts = Facts {
        reference,
        payment_ref: None,
        state: RemoteState::Complete,
        payment: RemotePayment::Paid,
        amount: ORDER_TOTAL,
        currency: "EUR".to_owned(),
        charges: vec![charge],
        refunds: vec![],
        disputes: vec![],
    };
    let started = payments::to_read(db, order.session_id).await.expect("read").expect("known").started_at;
    let pool = db.clone();
    let paying =
        tokio::spawn(
            async move { payments::converge(&pool, &cause(), order.session_id, started, &facts).await },
        );
    somebody_waits(&world).await;
    for moved in [
        "update cart_lines set cart_id = $2 where cart_id = $1",
        "update orders set cart_id = $2 where cart_id = $1",
    ] {
        sqlx::query(moved).bind(order.cart_id).bind(accounts).execute(&mut *signing_in).await.expect("moved");
    }
    signing_in.commit().await.expect("committed");
    // It comes to the account's cart without holding the order.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    somebody_waits(&world).await;
    sqlx::query("select id from orders where id = $1 for update nowait")
        .bind(order.id)
        .execute(&mut *ordering)
        .await
        .expect("nobody holds the order");
    ordering.commit().await.expect("committed");
    paying.await.expect("ran").expect("converged");
    let left: i64 =
        sqlx::query_scalar("select count(*) from cart_lines").fetch_one(db).await.expect("counted");
    assert_eq!(left, 0, "what is paid left the account's cart");
}

#[tokio::test]
async fn an_order_that_would_be_another_one_is_not_resumed_but_goes_into_the_cart() {
    let world = World::open().await;
    let id = world.order().await;
    at_todays_price(&world, id).await;
    let put_back = async |viewer, owner| {
        orders::put_back(world.db(), &cause(), viewer, &owner, id).await.expect("an answer")
    };
    let adas = Owner::Account(world.ada);
    assert_eq!(put_back(&world.viewer, adas).await, Err(StaleTransition), "it is to be paid");
    world.expire(id).await;
    sqlx::query("update order_lines set unit = unit + 1").execute(world.db()).await.expect("dearer");
    let resumed = orders::resume(world.db(), &cause(), &world.viewer, id).await.expect("an answer");
    assert!(matches!(resumed, Err(ResumeError::Changed(_))), "{resumed:?}");
    let lines = async || -> (i64, i64) {
        sqlx::query_as("select count(*), coalesce(sum(quantity), 0) from cart_lines")
            .fetch_one(world.db())
            .await
            .expect("counts")
    };
    // Twice, in two tabs, is as once, and a file is there once, whatever the order says.
    let file = "insert into order_lines
                select (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid(), 'position', 2, 'quantity', 2, 'variant_id', v.id))).*
                from order_lines l, variants v where l.order_id = $1 and v.sku = 'DOWNLOAD-FULL'";
    sqlx::query(file).bind(id).execute(world.db()).await.expect("one more");
    for _ in 0..2 {
        assert_eq!(put_back(&world.viewer, adas).await, Ok(PutBack { added: 2, missing: 0 }));
        assert_eq!(lines().await, (2, 2));
    }
    assert_eq!(put_back(&STRANGER, Owner::Guest([1; 32])).await, Err(StaleTransition));
    // A picture that is gone is left out.
    images::delete(world.db(), &cause(), world.ada, world.image).await.expect("an answer").expect("deleted");
    assert_eq!(put_back(&world.viewer, adas).await, Ok(PutBack { added: 0, missing: 2 }));
}

#[tokio::test]
async fn what_is_written_goes_once_to_whoever_is_to_know() {
    let world = World::open().await;
    let (id, guests) = (world.order().await, world.guests().await);
    let boss = account(&world.database, "boss@example.org").await;
    testing::give_role(world.db(), boss, Role::Owner.into()).await;
    for (kind, details, written) in [
        (OrderEventKind::PaymentOpened, json!({}), None),
        (OrderEventKind::PaymentPending, json!({}), Some(("order_received", EMAIL))),
        (OrderEventKind::PaymentFailed, json!({}), Some(("order_payment_failed", EMAIL))),
        (OrderEventKind::PaymentExpired, json!({}), None),
        (OrderEventKind::Paid, json!({}), Some(("order_paid", EMAIL))),
        (
            OrderEventKind::Refunded,
            json!({ "amount": 500, "currency": "EUR" }),
            Some(("order_refunded", EMAIL)),
        ),
        (OrderEventKind::RefundFailed, json!({}), Some(("order_refund_failed", "boss@example.org"))),
        (OrderEventKind::Disputed, json!({}), Some(("order_disputed", "boss@example.org"))),
        (OrderEventKind::Held, json!({ "reason": "dispute" }), None),
        (OrderEventKind::Held, json!({ "reason": "paid_twice" }), Some(("order_held", "boss@example.org"))),
        (OrderEventKind::DisputeWon, json!({}), None),
        (OrderEventKind::Cancelled, json!({ "reason": "replaced" }), None),
        (OrderEventKind::Cancelled, json!({ "reason": "already_paid" }), Some(("order_called_off", EMAIL))),
        (OrderEventKind::Expired, json!({}), Some(("order_expired", EMAIL))),
    ] {
        let before = world.mails().await.len();
        testing::happened(world.db(), id, kind, details).await;
        let new: Vec<_> = world.mails().await.split_off(before);
        let wanted: Vec<_> = written.into_iter().map(|(kind, to)| (kind.to_owned(), to.to_owned())).collect();
        assert_eq!(new, wanted, "{kind:?}");
    }
    testing::happened(world.db(), guests, OrderEventKind::Paid, json!({})).await;
    let (letter, bits) = testing::send(world.db(), "guest@example.org", MailKind::OrderPaid).await;
    assert!(letter.has_token && letter.name.is_empty());
    let token: [u8; 32] = Sha256::digest(bits).into();
    assert!(orders::follow(world.db(), &cause(), guests, &token, &[1; 32]).await.expect("an answer"));
}

#[tokio::test]
async fn somebody_who_has_not_proved_their_address_gets_a_receipt_nevertheless() {
    let world = World::open().await;
    let id = world.order().await;
    let unproved = "update accounts set email_verified_at = null where id = $1";
    sqlx::query(unproved).bind(world.ada).execute(world.db()).await.expect("unproved");
    testing::happened(world.db(), id, OrderEventKind::Paid, json!({})).await;
    let (letter, _) = testing::send(world.db(), EMAIL, MailKind::OrderPaid).await;
    assert_eq!(letter.name, "", "words of their own are for addresses that are theirs");
}

#[tokio::test]
async fn staff_let_an_order_go_on_if_its_money_is_right() {
    let world = World::open().await;
    let release = async |id| {
        orders::release(world.db(), &cause(), &operator(), id, "looked at").await.expect("an answer")
    };
    let id = world.order().await;
    assert_eq!(release(id).await, Err(ReleaseError::Stale(StaleTransition)), "it is not held");
    world.set(id, "hold = 'amount_mismatch'").await;
    world.paid(id, "charge", 1_000, "EUR").await;
    let (there, due) = (Money::new(1_000, Currency::Eur), Money::new(2_990, Currency::Eur));
    assert_eq!(release(id).await, Err(ReleaseError::PartlyPaid { there, due }));
    assert_eq!(world.find(id).await.hold, Some(Hold::AmountMismatch), "it stays");
    world.paid(id, "refund", 1_000, "EUR").await;
    assert_eq!(release(id).await, Ok(Released::StaysUnpaid));
    assert_eq!(world.find(id).await.hold, None);

    let foreign = world.order().await;
    world.set(foreign, "hold = 'currency_mismatch'").await;
    world.paid(foreign, "charge", 2_990, "USD").await;
    let other = ReleaseError::OtherCurrency { amount: 2_990, currency: "USD".to_owned() };
    assert_eq!(release(foreign).await, Err(other));

    let late = world.order().await;
    world
        .set(
            late,
            "status = 'cancelled', end_reason = 'by_customer', ended_at = now(), hold = 'paid_after_end'",
        )
        .await;
    world.paid(late, "charge", 2_990, "EUR").await;
    assert_eq!(release(late).await, Ok(Released::GoesOn));
    assert_eq!(release(late).await, Err(ReleaseError::Stale(StaleTransition)));
    let order = world.find(late).await;
    assert_eq!((order.hold, order.end_reason, order.ended_at), (None, None, None));
    let notes: Vec<(String, serde_json::Value)> =
        sqlx::query_as("select action, after from audit_entries order by id")
            .fetch_all(world.db())
            .await
            .expect("read");
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[1].0, "order.release");
    assert_eq!(notes[1].1, json!({ "note": "looked at", "confirmed": true }));
}

#[tokio::test]
async fn staff_let_no_order_go_on_whose_money_is_not_there() {
    let world = World::open().await;
    let release = async |id| {
        orders::release(world.db(), &cause(), &operator(), id, "looked at").await.expect("an answer")
    };
    let id = world.order().await;
    world.set(id, "status = 'confirmed', hold = 'paid_twice'").await;
    world.paid(id, "charge", 2_990, "EUR").await;
    let dispute = "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
                   values (gen_random_uuid(), $1, 'stripe', $2, 2990, 'EUR', 'dp_1', now(), now())";
    let disputed = async |kind: &str| {
        sqlx::query(dispute).bind(id).bind(kind).execute(world.db()).await.expect("written");
    };
    disputed("dispute").await;
    assert_eq!(release(id).await, Err(ReleaseError::Disputed), "the bank has not decided");
    disputed("dispute_won").await;
    disputed("dispute_lost").await;
    let (nothing, due) = (Money::new(0, Currency::Eur), Money::new(2_990, Currency::Eur));
    assert_eq!(release(id).await, Err(ReleaseError::PartlyPaid { there: nothing, due }), "it is lost");
    assert_eq!(world.find(id).await.hold, Some(Hold::PaidTwice));
    world.paid(id, "charge", 2_990, "EUR").await;
    assert_eq!(release(id).await, Ok(Released::GoesOn), "it was paid once more");
    assert_eq!(world.find(id).await.hold, None);

    let other = world.order().await;
    world.set(other, "status = 'confirmed', hold = 'paid_twice'").await;
    world.paid(other, "charge", 2_990, "EUR").await;
    world.paid(other, "refund", 500, "EUR").await;
    assert_eq!(release(other).await, Ok(Released::GoesOn), "we gave some of it back ourselves");
}

#[tokio::test]
async fn a_picture_stays_as_long_as_an_order_needs_it() {
    let world = World::open().await;
    let (needed, over) = (world.order().await, world.order().await);
    world.expire(over).await;
    images::delete(world.db(), &cause(), world.ada, world.image).await.expect("an answer").expect("deleted");
    let later = Cause { at: cause().at + images::RESTORABLE_FOR + Duration::hours(1), ..cause() };
    let removal = async || images::removal(world.db(), &later, world.image).await.expect("read");
    let exists = async || {
        let sql = "select exists (select from images where id = $1)";
        sqlx::query_scalar::<_, bool>(sql).bind(world.image).fetch_one(world.db()).await.expect("an answer")
    };
    for status in ["status = 'pending_payment'", "status = 'confirmed'"] {
        world.set(needed, status).await;
        assert_eq!(removal().await, Removal::NotBefore(later.at + Duration::days(1)));
        images::remove(world.db(), &later, world.image).await.expect("an answer");
        assert!(exists().await, "{status}");
    }
    world.expire(needed).await;
    assert!(matches!(removal().await, Removal::Due(_)));
    images::remove(world.db(), &later, world.image).await.expect("removed");
    assert!(!exists().await);
    let line = &world.find(needed).await.lines[0];
    assert!(line.card.is_none() && line.caption == "A lighthouse", "the line stays");
}

#[tokio::test]
async fn an_erased_account_leaves_what_the_books_and_parcels_need() {
    let world = World::open().await;
    let (open, paid, over) = (world.order().await, world.order().await, world.order().await);
    let session = testing::session(world.db(), open, SessionState::Processing).await;
    world.set(paid, "status = 'confirmed'").await;
    world.expire(over).await;
    let at = cause();
    accounts::schedule_erasure(world.db(), &at, world.ada, false, shop::ids::SessionId::new(at.at))
        .await
        .expect("scheduled");
    let due = Cause { at: at.at + REGRET + Duration::hours(1), ..cause() };
    let erased = accounts::erase(world.db(), &due, world.ada).await.expect("an answer");
    assert_eq!(erased, Erasure::NotBefore(due.at + Duration::days(1)), "money is on its way");
    let back = "update payment_sessions set state = 'open' where id = $1";
    sqlx::query(back).bind(session).execute(world.db()).await.expect("set");
    world.set(open, "hold = 'amount_mismatch'").await;
    let erased = accounts::erase(world.db(), &due, world.ada).await.expect("an answer");
    assert_eq!(erased, Erasure::NotBefore(due.at + Duration::days(1)), "staff have to decide about it");
    assert_eq!(world.find(open).await.status, OrderStatus::PendingPayment);
    world.set(open, "hold = null").await;
    let money = "insert into ledger_entries (id, order_id, provider, kind, amount, currency, provider_ref, occurred_at, recorded_at)
                 values (gen_random_uuid(), $1, 'stripe', 'charge', 1, 'EUR', 'ch_1', now(), now())";
    sqlx::query(money).bind(open).execute(world.db()).await.expect("written");
    let erased = accounts::erase(world.db(), &due, world.ada).await.expect("an answer");
    assert_eq!(erased, Erasure::NotBefore(due.at + Duration::days(1)), "money is there");
    let gone =
        "alter table ledger_entries disable trigger ledger_entries_append_only; delete from ledger_entries;
                alter table ledger_entries enable trigger ledger_entries_append_only";
    sqlx::raw_sql(gone).execute(world.db()).await.expect("as if it had never come");
    assert_eq!(accounts::erase(world.db(), &due, world.ada).await.expect("an answer"), Erasure::Done);
    let rows: Vec<(OrderId, OrderStatus, String, bool, String)> = sqlx::query_as(
        "select o.id, o.status, o.email, o.address is not null, l.caption from orders o join order_lines l on l.order_id = o.id order by o.id",
    )
    .fetch_all(world.db())
    .await
    .expect("read");
    let text = str::to_owned;
    assert_eq!(
        rows,
        [
            (open, OrderStatus::Cancelled, text(""), false, text("")),
            (paid, OrderStatus::Confirmed, text(EMAIL), true, text("A lighthouse")),
            (over, OrderStatus::Expired, text(""), false, text("")),
        ]
    );
    assert_eq!(jobs(&world.database, "expire_checkout").await.len(), 1);
    assert_eq!(world.mails().await, [], "nobody is written to who left");
}

#[tokio::test]
async fn who_erases_waits_for_carts_and_orders_before_they_hold_the_account() {
    for held in ["select id from carts for update", "select id from orders for update"] {
        erases_after(held).await;
    }
}

async fn erases_after(held: &'static str) {
    let world = World::open().await;
    let id = world.order().await;
    from_cart(&world, id).await;
    let due = "update accounts set erase_at = now() - interval '1 minute' where id = $1";
    sqlx::query(due).bind(world.ada).execute(world.db()).await.expect("due");
    // Somebody is ordering from the cart, or paid for the order, and is to write something that names the account.
    let mut ordering = world.db().begin().await.expect("begun");
    sqlx::query(held).execute(&mut *ordering).await.expect("held");
    let (db, ada) = (world.db().clone(), world.ada);
    let erasing = tokio::spawn(async move { accounts::erase(&db, &cause(), ada).await });
    somebody_waits(&world).await;
    sqlx::query("select id from accounts where id = $1 for key share nowait")
        .bind(ada)
        .execute(&mut *ordering)
        .await
        .expect("nobody holds the account");
    ordering.commit().await.expect("committed");
    assert_eq!(erasing.await.expect("ran").expect("an answer"), Erasure::Done);
}

#[tokio::test]
async fn an_export_has_the_orders_and_the_cart() {
    let world = World::open().await;
    let id = world.order().await;
    world.expire(id).await;
    world.guests().await;
    orders::put_back(world.db(), &cause(), &world.viewer, &Owner::Account(world.ada), id)
        .await
        .expect("read")
        .expect("back");
    let export = exports::request(world.db(), &cause(), world.ada).await.expect("requested");
    let contents = exports::contents(world.db(), export).await.expect("read").expect("to make");
    let data = serde_json::to_value(&contents).expect("json");
    assert_eq!(data["orders"].as_array().map(Vec::len), Some(1), "a guest's is not theirs");
    assert_eq!(data["orders"][0]["total"], 2_990);
    assert_eq!(data["orders"][0]["address"]["line1"], "Hafenweg 9");
    assert_eq!(data["orders"][0]["lines"][0]["caption"], "A lighthouse");
    assert_eq!(data["cart"][0]["quantity"], 1);
}

#[tokio::test]
async fn staff_find_orders_by_state_address_and_number() {
    use shop::office::orders::{Wanted, counts, find, search};
    let world = World::open().await;
    let (adas, guests) = (world.order().await, world.guests().await);
    world.set(guests, "hold = 'paid_twice'").await;
    world.paid(guests, "charge", 2_990, "EUR").await;
    world.paid(guests, "charge", 2_990, "EUR").await;
    world.paid(guests, "refund", 2_990, "EUR").await;
    let found = async |wanted| {
        let found = search(world.db(), wanted, 10).await.expect("read");
        found.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    let all = Wanted::default();
    assert_eq!(found(all).await, [guests, adas]);
    assert_eq!(found(Wanted { held: true, ..all }).await, [guests]);
    assert_eq!(found(Wanted { words: "ADA@", ..all }).await, [adas]);
    let number = world.number(guests).await.to_string();
    assert_eq!(found(Wanted { words: &number, ..all }).await, [guests]);
    assert_eq!(found(Wanted { status: Some(OrderStatus::Confirmed), ..all }).await, []);
    assert_eq!(found(Wanted { before: Some(guests), ..all }).await, [adas]);
    let counted = counts(world.db()).await.expect("counted");
    assert_eq!((counted.held, counted.pending_payment, counted.confirmed), (1, 2, 0));
    let dossier = find(world.db(), guests).await.expect("read").expect("an order");
    let balances: Vec<_> = dossier.ledger.iter().map(|entry| entry.balance).collect();
    assert_eq!(balances.last(), Some(&2_990));
    assert_eq!(dossier.ledger.iter().map(|entry| entry.amount).sum::<i64>(), 2_990);
}
