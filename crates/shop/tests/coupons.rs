//! Coupons: never used more often than they may be, whoever comes at once, and given back exactly once.

use chrono::Duration;
use shop::{
    Cause,
    audit::Actor,
    coupons::{self, CouponKind, CouponRefusal, CreateError, NewCoupon, UseState},
    ids::{AccountId, CouponId, OrderId},
    testing::{Database, account, hold_coupon, release_coupon, use_coupon_up},
};

const STAFF: Actor = Actor { account_id: None, client_address: String::new() };

fn new(code: &str) -> NewCoupon {
    NewCoupon {
        code: code.to_owned(),
        kind: CouponKind::Percent,
        value: 1_000,
        currency: None,
        min_subtotal: 0,
        max_uses: None,
        max_uses_each: None,
        starts_at: Cause::now(None).at - Duration::hours(1),
        ends_at: None,
    }
}

async fn made(database: &Database, new: &NewCoupon) -> CouponId {
    let made = coupons::create(&database.pool, &Cause::now(None), &STAFF, new).await;
    made.expect("answered").expect("made")
}

/// An order that is to be paid.
async fn ordered(database: &Database) -> OrderId {
    ordered_by(database, "mira@example.org", None).await
}

async fn ordered_by(database: &Database, email: &str, account: Option<AccountId>) -> OrderId {
    let id = OrderId::new(Cause::now(None).at);
    let insert = "insert into orders (id, email, account_id, currency, subtotal, discount, shipping, tax, total, tax_is_inclusive, cart_version, placed_at)
                  values ($1, $2, $3, 'EUR', 100, 0, 0, 0, 100, true, 1, now())";
    sqlx::query(insert).bind(id).bind(email).bind(account).execute(&database.pool).await.expect("ordered");
    id
}

async fn counted(database: &Database, id: CouponId) -> i32 {
    coupons::by_id(&database.pool, id).await.expect("read").expect("a coupon").uses
}

/// How many orders hold it or used it.
async fn standing(database: &Database, id: CouponId) -> usize {
    let uses = coupons::uses(&database.pool, id, 1_000).await.expect("read");
    uses.iter().filter(|one| one.state != UseState::Released).count()
}

/// Everybody at once, each for an order of their own.
async fn rush(database: &Database, id: CouponId, orders: &[OrderId]) -> Vec<Result<(), CouponRefusal>> {
    let tasks: Vec<_> = orders
        .iter()
        .map(|order| {
            let (db, order) = (database.pool.clone(), *order);
            tokio::spawn(async move { hold_coupon(&db, id, order).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("ran"));
    }
    answers
}

#[tokio::test]
async fn of_a_hundred_at_once_ten_get_one_and_each_is_given_back_once() {
    let database = Database::new().await;
    let id = made(&database, &NewCoupon { max_uses: Some(10), ..new("TENONLY") }).await;
    let mut orders = Vec::new();
    for _ in 0..100 {
        orders.push(ordered(&database).await);
    }
    let answers = rush(&database, id, &orders).await;
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    let used_up = answers.iter().filter(|answer| **answer == Err(CouponRefusal::UsedUp)).count();
    assert_eq!((held, used_up), (10, 90));
    assert_eq!((counted(&database, id).await, standing(&database, id).await), (10, 10));

    // Everybody gives back twice, at once.
    let tasks: Vec<_> = orders
        .iter()
        .chain(&orders)
        .map(|order| {
            let (db, order) = (database.pool.clone(), *order);
            tokio::spawn(async move { release_coupon(&db, order).await })
        })
        .collect();
    let mut released = 0;
    for task in tasks {
        released += usize::from(task.await.expect("ran"));
    }
    assert_eq!(released, 10);
    assert_eq!((counted(&database, id).await, standing(&database, id).await), (0, 0));
    assert!(hold_coupon(&database.pool, id, orders[99]).await.is_ok(), "there is room again");
}

#[tokio::test]
async fn nobody_gets_more_than_each_may_also_not_at_once() {
    let database = Database::new().await;
    let id = made(&database, &NewCoupon { max_uses_each: Some(2), ..new("TWICE") }).await;
    let mut orders = Vec::new();
    for number in 0..20 {
        orders.push(ordered_by(&database, &format!("Guest{}@example.org", number % 2), None).await);
    }
    let answers = rush(&database, id, &orders).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Err(CouponRefusal::UsedUpByCustomer)).count(), 16);
    assert_eq!((counted(&database, id).await, standing(&database, id).await), (4, 4));
}

#[tokio::test]
async fn who_orders_is_known_by_their_account_and_by_their_address() {
    let database = Database::new().await;
    let db = &database.pool;
    let id = made(&database, &NewCoupon { max_uses_each: Some(1), ..new("EACH") }).await;
    let mira = account(db, "mira@example.org", "$argon2id$none").await;
    let signed_in = ordered_by(&database, "mira@example.org", Some(mira)).await;
    assert_eq!(hold_coupon(db, id, signed_in).await, Ok(()));
    // Signed out, with another address in the account, and with both.
    for (email, account) in
        [("Mira@Example.org", None), ("mira@example.com", Some(mira)), ("mira@example.org", Some(mira))]
    {
        let order = ordered_by(&database, email, account).await;
        let held = hold_coupon(db, id, order).await;
        assert_eq!(held, Err(CouponRefusal::UsedUpByCustomer), "{email} {account:?}");
    }
    let noors = ordered_by(&database, "noor@example.org", None).await;
    assert_eq!(hold_coupon(db, id, noors).await, Ok(()));
    // What was given back does not count.
    assert!(release_coupon(db, signed_in).await);
    let again = ordered(&database).await;
    assert_eq!(hold_coupon(db, id, again).await, Ok(()));
}

#[tokio::test]
async fn a_use_is_held_once_used_once_and_stays_when_it_was_paid() {
    let database = Database::new().await;
    let (db, id) = (&database.pool, made(&database, &NewCoupon { max_uses: Some(2), ..new("PAIR") }).await);
    let (first, second, third) =
        (ordered(&database).await, ordered(&database).await, ordered(&database).await);
    for _ in 0..3 {
        assert_eq!(hold_coupon(db, id, first).await, Ok(()));
    }
    assert_eq!(counted(&database, id).await, 1, "held again, it is one");
    assert_eq!((use_coupon_up(db, first).await, use_coupon_up(db, first).await), (true, false));
    assert!(!release_coupon(db, first).await, "what was paid stays");
    assert_eq!(counted(&database, id).await, 1);

    // Released, resumed, and paid after it was released once more.
    assert_eq!(hold_coupon(db, id, second).await, Ok(()));
    assert!(release_coupon(db, second).await);
    assert_eq!(hold_coupon(db, id, second).await, Ok(()));
    assert!(release_coupon(db, second).await && !release_coupon(db, second).await);
    assert!(use_coupon_up(db, second).await, "they paid the lower price");
    assert_eq!((counted(&database, id).await, standing(&database, id).await), (2, 2));

    // There is none left for a third, also not by this way.
    assert_eq!(hold_coupon(db, id, third).await, Err(CouponRefusal::UsedUp));
    sqlx::query(
        "insert into coupon_uses (order_id, coupon_id, state, created_at) values ($1, $2, 'released', now())",
    )
    .bind(third)
    .bind(id)
    .execute(db)
    .await
    .expect("released");
    assert!(!use_coupon_up(db, third).await);
    assert_eq!((counted(&database, id).await, standing(&database, id).await), (2, 2));
    assert!(!use_coupon_up(db, ordered(&database).await).await, "an order without one");
}

#[tokio::test]
async fn a_rolled_back_order_takes_no_use() {
    let database = Database::new().await;
    let id = made(&database, &NewCoupon { max_uses: Some(1), ..new("ONCE") }).await;
    let order = ordered(&database).await;
    let unknown = OrderId::new(Cause::now(None).at);
    let db = database.pool.clone();
    let failed = tokio::spawn(async move { hold_coupon(&db, id, unknown).await }).await;
    assert!(failed.is_err(), "there is no such order");
    assert_eq!(hold_coupon(&database.pool, id, order).await, Ok(()));
}

#[tokio::test]
async fn only_what_is_good_now_is_found() {
    let database = Database::new().await;
    let (db, now) = (&database.pool, Cause::now(None));
    let at = now.at;
    let id = made(&database, &NewCoupon { ends_at: Some(at + Duration::hours(1)), ..new("SPRING") }).await;
    made(&database, &NewCoupon { starts_at: at + Duration::hours(1), ..new("SUMMER") }).await;
    let find = async |at, code: &str| {
        let cause = Cause { at, request_id: None };
        coupons::find_usable(db, &cause, code).await.expect("answered").map(|coupon| coupon.id)
    };
    for code in ["SPRING", " spring ", "spr ing", "Spring\t"] {
        assert_eq!(find(at, code).await, Ok(id), "{code:?}");
    }
    for code in ["", "SPRINGS", "SPRING\0", "spring'; --", "ＳＰＲＩＮＧ"] {
        assert_eq!(find(at, code).await, Err(CouponRefusal::Unknown), "{code:?}");
    }
    assert_eq!(find(at, "SUMMER").await, Err(CouponRefusal::NotYet));
    let end = coupons::by_id(db, id).await.expect("read").expect("a coupon").ends_at.expect("an end");
    assert_eq!(find(end - Duration::microseconds(1), "SPRING").await, Ok(id));
    assert_eq!(find(end, "SPRING").await, Err(CouponRefusal::Over(end)));
    let start = at + Duration::hours(1);
    assert!(find(start, "SUMMER").await.is_ok());

    coupons::deactivate(db, &now, &STAFF, id, "a mistake").await.expect("answered").expect("turned");
    assert!(coupons::deactivate(db, &now, &STAFF, id, "again").await.expect("answered").is_err());
    assert_eq!(find(at, "SPRING").await, Err(CouponRefusal::Inactive));
    assert_eq!(
        hold_coupon(db, id, ordered(&database).await).await,
        Err(CouponRefusal::Inactive),
        "also not for who saw it before"
    );
    coupons::reactivate(db, &now, &STAFF, id, "it was none").await.expect("answered").expect("turned");
    assert_eq!(find(at, "SPRING").await, Ok(id));
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit_entries where subject_id = $1 order by id")
            .bind(id.to_string())
            .fetch_all(db)
            .await
            .expect("read");
    assert_eq!(actions.len(), 3, "{actions:?}");
}

#[tokio::test]
async fn a_code_is_there_once() {
    let database = Database::new().await;
    made(&database, &new("SPRING")).await;
    let again = coupons::create(&database.pool, &Cause::now(None), &STAFF, &new("SPRING")).await;
    assert_eq!(again.expect("answered"), Err(CreateError::CodeTaken));
    assert_eq!(coupons::list(&database.pool).await.expect("read").len(), 1);
}
