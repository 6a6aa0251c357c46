//! A database of its own for each test, copied from a template that is migrated once.
//!
//! `TEST_DATABASE_URL` names a server where databases may be made; `./test` starts a private one.

use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection, PgPool, Row, postgres::PgConnectOptions};

use crate::{
    Cause,
    accounts::{self, NewAccount},
    credits,
    generations::{Limits, Quality, Size, Style, Terms, Wish},
    ids::{AccountId, CreditEntryId, GenerationId, MailId},
    jobs::Lane,
    mails::{self, MailKind, Outgoing},
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
