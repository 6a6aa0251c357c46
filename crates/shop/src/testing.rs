//! A database of its own for each test, copied from a template that is migrated once.
//!
//! `TEST_DATABASE_URL` names a server where databases may be made; `./test` starts a private one.

use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection, PgPool, Row, postgres::PgConnectOptions};

use crate::{
    Cause,
    accounts::{self, NewAccount},
    carts::Owner,
    coupons::{self, CouponRefusal},
    credits,
    generations::{Limits, Quality, Size, Style, Terms, Wish},
    ids::{
        AccountId, CartId, CartLineId, CouponId, CreditEntryId, GenerationId, ImageId, MailId, OrderId,
        OrderLineId, PaymentSessionId,
    },
    jobs::Lane,
    mails::{self, MailKind, Outgoing},
    money::{Currency, Money},
    orders::{self, events::OrderEventKind},
    payments::{self, SessionState},
    providers::{self, Caps},
    queue::{self, Claim},
    schema,
};

/// A migrated, empty database that is dropped with this value.
pub struct Database {
    /// Connections to it.
    pub pool: PgPool,
    /// Its URL, for processes of their own.
    pub url: String,
    name: String,
    server: String,
}

/// Chosen once for good: an advisory lock with this key is held while the template is made.
const TEMPLATE_LOCK: i64 = 7_305_014;

impl Database {
    /// Makes one.
    ///
    /// # Panics
    /// If `TEST_DATABASE_URL` is missing or its server does not do as told: a test cannot go on without.
    #[expect(clippy::disallowed_methods, reason = "a test has no Config: whoever starts it names the server")]
    pub async fn new() -> Self {
        let server = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names a Postgres server for tests; `./test` starts one and sets it");
        let template = template(&server).await;
        let name = format!("t_{}", ulid::Ulid::new().to_string().to_lowercase());
        let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
        let create = format!("create database {name} template {template} strategy file_copy");
        connection.execute(sqlx::AssertSqlSafe(create)).await.expect("a database from the template");
        connection.close().await.ok();
        let url = url_of(&server, &name);
        let pool = schema::connect(&url, "tests", 16).await.expect("the new database answers");
        Self { pool, url, name, server }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread with a runtime of its own: the test's may be shutting down.
        let dropped = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(&server).await {
                    let drop = format!("drop database if exists {name} with (force)");
                    connection.execute(sqlx::AssertSqlSafe(drop)).await.ok();
                }
            });
        });
        dropped.join().ok();
    }
}

/// An account whose address is verified, without credits.
///
/// # Panics
/// If there is one already.
pub async fn account(db: &PgPool, email: &str, password_hash: &str) -> AccountId {
    let cause = Cause::now(None);
    let new = NewAccount { email, password_hash, next: "", browser: None };
    accounts::open(db, &cause, &new).await.expect("an account");
    let id = accounts::credentials(db, email).await.expect("an answer").expect("an account").account_id;
    verify(db, id).await;
    id
}

/// Verifies the address of an account as if it had opened the link, and forgets the mail.
///
/// # Panics
/// If it was verified before.
pub async fn verify(db: &PgPool, id: AccountId) {
    let verified = sqlx::query(
        "update accounts set email_verified_at = created_at where id = $1 and email_verified_at is null",
    )
    .bind(id)
    .execute(db)
    .await
    .expect("verified");
    assert_eq!(verified.rows_affected(), 1, "it was not verified yet");
    let mails: Vec<MailId> =
        sqlx::query_scalar("delete from mails where account_id = $1 and kind = 'verify_email' returning id")
            .bind(id)
            .fetch_all(db)
            .await
            .expect("forgotten");
    for mail in mails {
        sqlx::query("delete from apalis.jobs where job_type = 'mail' and convert_from(job, 'utf8')::jsonb ->> 'mail_id' = $1")
            .bind(mail.to_string())
            .execute(db)
            .await
            .expect("forgotten");
    }
}

/// Takes the newest waiting mail of this kind to an address as a worker does: what is in it, and the secret bits of its link.
///
/// # Panics
/// If there is none.
pub async fn send(db: &PgPool, recipient: &str, kind: MailKind) -> (Outgoing, [u8; 32]) {
    let waiting = "select id from mails where recipient = $1 and kind = $2 and state = 'queued' order by id desc limit 1";
    let id: MailId = sqlx::query_scalar(waiting)
        .bind(recipient)
        .bind(kind)
        .fetch_optional(db)
        .await
        .expect("an answer")
        .unwrap_or_else(|| panic!("no {} waits for {recipient}", <&str>::from(kind)));
    let mut bits = [0; 32];
    bits[..16].copy_from_slice(id.0.as_bytes());
    let cause = Cause::now(None);
    let letter =
        mails::open(db, &cause, id, &Sha256::digest(bits).into()).await.expect("opened").expect("waiting");
    mails::sent(db, &cause, id).await.expect("sent");
    (letter, bits)
}

/// Terms under which everything may be drawn.
pub const TERMS: Terms<'static> = Terms {
    provider: providers::OPENAI,
    model: "model",
    caps: Caps { daily: None, monthly: None },
    usual_microdollars: 50_000,
};

/// Limits that no test reaches by accident.
pub const LIMITS: Limits =
    Limits { active: 1_000, hourly: 1_000, daily: 1_000, promise: chrono::Duration::hours(24) };

/// An order of one poster with this picture, 29.90 EUR with standard shipping to Berlin, as it is when it was just placed: to be
/// paid, without a session.
///
/// # Panics
/// If the database does not do as told.
pub async fn placed(db: &PgPool, owner: Owner, email: &str, image: ImageId) -> OrderId {
    let cause = Cause::now(None);
    let id = OrderId::new(cause.at);
    let mut tx = db.begin().await.expect("a transaction");
    sqlx::query(
        "insert into orders (id, account_id, email, browser_hash, currency, subtotal, discount, shipping, tax, total, tax_name, tax_rate_bp,
                             tax_is_inclusive, address, shipping_method, days_min, days_max, cart_version, placed_at)
         values ($1, $2, $3, $4, 'EUR', 2490, 0, 500, 477, 2990, 'VAT', 1900, true,
                 '{\"country\": \"DE\", \"name\": \"Ada\", \"company\": \"\", \"line1\": \"Hafenweg 9\", \"line2\": \"\", \"city\": \"Berlin\", \"region\": \"\", \"postcode\": \"10115\", \"phone\": \"\"}',
                 'standard', 4, 8, 1, $5)",
    )
    .bind(id)
    .bind(owner.account_id())
    .bind(email)
    .bind(owner.browser_hash())
    .bind(cause.at)
    .execute(&mut *tx)
    .await
    .expect("an order");
    sqlx::query(
        "insert into order_lines (id, order_id, position, cart_line_id, variant_id, image_id, product_kind, product_title, sku, size, finish,
                                  caption, orientation, crop_left, crop_top, crop_width, crop_height, effective_dpi, accepts_low_dpi,
                                  weight_g, quantity, unit, subtotal, discount, tax, total)
         select $1, $2, 1, $1, v.id, $3, p.kind, p.title, v.sku, v.size, v.finish, 'A lighthouse', 'portrait', 1250, 0, 7500, 10000, 65, true,
                v.weight_g, 1, 2490, 2490, 0, 398, 2490
         from variants v join products p on p.id = v.product_id where v.sku = 'POSTER-30X40-MATTE'",
    )
    .bind(OrderLineId::new(cause.at))
    .bind(id)
    .bind(image)
    .execute(&mut *tx)
    .await
    .expect("a line");
    let key = format!("placed:{id}");
    orders::events::record(&mut tx, &cause, id, OrderEventKind::Placed, serde_json::json!({}), &key)
        .await
        .expect("recorded");
    tx.commit().await.expect("committed");
    id
}

/// A session of an order, in this state, as if the provider had made it.
///
/// # Panics
/// If there is an open one already.
pub async fn session(db: &PgPool, order: OrderId, state: SessionState) -> PaymentSessionId {
    let id = PaymentSessionId::new(Cause::now(None).at);
    sqlx::query(
        "insert into payment_sessions (id, order_id, provider, provider_ref, state, amount, currency, url, expires_at, created_at)
         select $1, o.id, 'stripe', 'cs_' || $1::text, $3, o.total, o.currency, 'https://pay.example/' || $1::text, now() + interval '1 hour', now()
         from orders o where o.id = $2",
    )
    .bind(id)
    .bind(order)
    .bind(state)
    .execute(db)
    .await
    .expect("a session");
    id
}

/// Something that happened to an order, with what follows from it.
///
/// # Panics
/// If the database does not do as told.
pub async fn happened(db: &PgPool, order: OrderId, kind: OrderEventKind, details: serde_json::Value) {
    let cause = Cause::now(None);
    let mut tx = db.begin().await.expect("a transaction");
    let key = format!("{}:{order}:{}", <&str>::from(kind), cause.at.timestamp_micros());
    orders::events::record(&mut tx, &cause, order, kind, details, &key).await.expect("recorded");
    tx.commit().await.expect("committed");
}

/// Credits that a customer is welcomed with where a test does not say otherwise.
pub const WELCOME: i32 = 20;

/// One square draft of a sentence, and another one each time.
pub fn wish(prompt: &str) -> Wish {
    Wish {
        prompt: prompt.to_owned(),
        style: Style::AsWritten,
        size: Size::Square,
        quality: Quality::Draft,
        count: 1,
        source: None,
        client_key: GenerationId::new(Cause::now(None).at).0,
        again: true,
    }
}

/// Welcomes a customer with credits, once.
///
/// # Panics
/// If the database does not do as told.
pub async fn welcome(db: &PgPool, account_id: AccountId, amount: i32) {
    let mut tx = db.begin().await.expect("a transaction");
    credits::welcome(&mut tx, &Cause::now(None), account_id, amount).await.expect("welcomed");
    tx.commit().await.expect("committed");
}

/// Gives an account credits, without an entry in the audit log.
///
/// # Panics
/// If the database does not do as told.
pub async fn give_credits(db: &PgPool, account_id: AccountId, amount: i32) {
    let given = "insert into credit_entries (id, account_id, amount, reason, note, dedupe_key, created_at)
                 values ($1, $2, $3, 'staff', 'for a test', $1::text, now())";
    let id = CreditEntryId::new(Cause::now(None).at);
    sqlx::query(given).bind(id.0).bind(account_id.0).bind(amount).execute(db).await.expect("given");
}

/// Gives an account a role, past everything that guards it.
///
/// # Panics
/// If the database does not do as told.
pub async fn give_role(db: &PgPool, account_id: AccountId, role: &str) {
    let given = "update accounts set role = $2 where id = $1";
    sqlx::query(given).bind(account_id.0).bind(role).execute(db).await.expect("given");
}

/// Holds the newest job of the generation lane as a worker does, whoever held it before.
///
/// # Panics
/// If there is none.
pub async fn claim(db: &PgPool) -> Claim {
    queue::beat(db, &[("painter".to_owned(), Lane::Generation)]).await.expect("known");
    let free = "update apalis.jobs set status = 'Pending', run_at = now() where job_type = 'generation'";
    sqlx::query(free).execute(db).await.expect("free");
    sqlx::query("delete from job_attempts").execute(db).await.expect("forgotten");
    let mut jobs = queue::fetch(db, "painter", Lane::Generation, 100).await.expect("handed out");
    jobs.sort_by(|one, other| one.job_id.cmp(&other.job_id));
    Claim::new("painter", jobs.last().expect("a job"))
}

/// Holds a use of a coupon for an order, in a transaction of its own.
///
/// # Panics
/// If the database does not do as told.
pub async fn hold_coupon(db: &PgPool, coupon_id: CouponId, order_id: OrderId) -> Result<(), CouponRefusal> {
    let mut tx = db.begin().await.expect("a transaction");
    let held = coupons::hold(&mut tx, &Cause::now(None), coupon_id, order_id).await;
    let held = held.expect("answered");
    tx.commit().await.expect("committed");
    held
}

/// Releases the use of a coupon that an order holds, in a transaction of its own. Whether it held one is answered.
///
/// # Panics
/// If the database does not do as told.
pub async fn release_coupon(db: &PgPool, order_id: OrderId) -> bool {
    let mut tx = db.begin().await.expect("a transaction");
    let released = coupons::release(&mut tx, order_id).await.expect("answered");
    tx.commit().await.expect("committed");
    released
}

/// Uses up what an order holds of a coupon, in a transaction of its own. Whether that changed anything is answered.
///
/// # Panics
/// If the database does not do as told.
pub async fn use_coupon_up(db: &PgPool, order_id: OrderId) -> bool {
    let mut tx = db.begin().await.expect("a transaction");
    let used_up = coupons::use_up(&mut tx, order_id).await.expect("answered");
    tx.commit().await.expect("committed");
    used_up
}

/// An order that is to be paid, and where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Ordered {
    /// The order.
    pub id: OrderId,
    /// The session in which it is to be paid.
    pub session_id: PaymentSessionId,
    /// The cart that it came from.
    pub cart_id: CartId,
}

/// What an [`order_to_pay`] costs: two posters for 24.90 each, and 5.10 for shipping.
pub const ORDER_TOTAL: i64 = 5_490;

/// An order in euros out of a guest's cart, with its session. With a picture, it is of two posters with it; without, nobody knows
/// what is in it.
///
/// # Panics
/// If the database does not do as told.
pub async fn order_to_pay(db: &PgPool, image: Option<ImageId>) -> Ordered {
    let (cause, cart) = (
        Cause::now(None),
        "insert into carts (id, token_hash, currency, created_at, updated_at) values ($1, $2, 'EUR', $3, $3)",
    );
    let cart_id = CartId::new(cause.at);
    let hash: [u8; 32] = Sha256::digest(cart_id.0.as_bytes()).into();
    sqlx::query(cart).bind(cart_id.0).bind(hash.as_slice()).bind(cause.at).execute(db).await.expect("a cart");
    order_from(db, cart_id, image).await
}

/// One more [`order_to_pay`] out of a cart, of which none may be waiting to be paid.
///
/// # Panics
/// If the database does not do as told.
pub async fn order_from(db: &PgPool, cart_id: CartId, image: Option<ImageId>) -> Ordered {
    let cause = Cause::now(None);
    let id = OrderId::new(cause.at);
    let order = "insert into orders (id, email, currency, subtotal, discount, shipping, tax, total, tax_is_inclusive, cart_id, cart_version, placed_at)
                 values ($1, 'ada@example.org', 'EUR', 4980, 0, 510, 0, $2, true, $3, 1, $4)";
    sqlx::query(order)
        .bind(id.0)
        .bind(ORDER_TOTAL)
        .bind(cart_id.0)
        .bind(cause.at)
        .execute(db)
        .await
        .expect("an order");
    if let Some(image) = image {
        let line = CartLineId::new(cause.at);
        let in_cart = "insert into cart_lines (id, cart_id, variant_id, image_id, orientation, crop_left, crop_top, crop_width, crop_height, quantity, created_at)
                       select $1, $2, v.id, $3, 'portrait', 0, 0, 10000, 10000, 2, $4
                       from variants v join products p on p.id = v.product_id where p.kind = 'poster' order by v.id limit 1";
        sqlx::query(in_cart)
            .bind(line.0)
            .bind(cart_id.0)
            .bind(image.0)
            .bind(cause.at)
            .execute(db)
            .await
            .expect("a line of a cart");
        let ordered = "insert into order_lines (id, order_id, position, cart_line_id, variant_id, image_id, product_kind, product_title, sku,
                           size, finish, caption, orientation, crop_left, crop_top, crop_width, crop_height, accepts_low_dpi, weight_g,
                           quantity, unit, subtotal, discount, tax, total)
                       select $1, $2, 1, id, variant_id, image_id, 'poster', 'Poster', 'poster', '30 × 40 cm', 'Matte', 'A fox', orientation,
                              crop_left, crop_top, crop_width, crop_height, false, 200, quantity, 2490, 4980, 0, 0, 4980
                       from cart_lines where id = $3";
        let ordered = sqlx::query(ordered).bind(OrderLineId::new(cause.at).0).bind(id.0).bind(line.0);
        ordered.execute(db).await.expect("a line of an order");
    }
    let mut tx = db.begin().await.expect("a transaction");
    let due = Money::new(ORDER_TOTAL, Currency::Eur);
    let session_id = payments::begin(&mut tx, &cause, id, due).await.expect("begun");
    tx.commit().await.expect("committed");
    Ordered { id, session_id, cart_id }
}

async fn template(server: &str) -> String {
    let hash = schema::MIGRATOR
        .iter()
        .flat_map(|migration| migration.checksum.iter())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let name = format!("template_{hash:016x}");
    let mut connection = PgConnection::connect(server).await.expect("the test server answers");
    sqlx::query("select pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut connection)
        .await
        .expect("the lock");
    let ready: bool =
        sqlx::query("select exists (select from pg_database where datname = $1 and not datallowconn)")
            .bind(&name)
            .fetch_one(&mut connection)
            .await
            .expect("the catalogue")
            .get(0);
    if !ready {
        for statement in
            [format!("drop database if exists {name} with (force)"), format!("create database {name}")]
        {
            connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("a new template");
        }
        let pool =
            schema::connect(&url_of(server, &name), "template", 2).await.expect("the template answers");
        schema::migrate(&pool).await.expect("migrations");
        pool.close().await;
        // Closed to connections: only a finished template is, and a copy needs one that nobody uses.
        let close = format!("alter database {name} with allow_connections false");
        connection.execute(sqlx::AssertSqlSafe(close)).await.expect("the template closed");
    }
    connection.close().await.ok();
    name
}

fn url_of(server: &str, database: &str) -> String {
    use sqlx::ConnectOptions;
    let options: PgConnectOptions = server.parse().expect("TEST_DATABASE_URL is a URL");
    options.database(database).to_url_lossy().to_string()
}
