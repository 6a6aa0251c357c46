//! A whole shop for one story: a database, the outside, and the production processes.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use sandbox::{Ports, Sandbox, SandboxConfig, Till};
use shop::testing::{self, Database};
use tempfile::TempDir;

use crate::{Customer, customers::PASSWORD, outside::Outside, processes::Process};

const KEY: &str = "journeys";
const SECRET: &str = "journeys-secret-key";
const SESSION_SECRET: &str = "0123456789 a secret of a journey, fifty characters or more";
const DATA_KEY: &str = "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMgYWxvbmU=";
const OPENAI_KEY: &str = "sk-journeys";
/// What the shop is to the payment provider.
pub const STRIPE_KEY: &str = "sk_test_journeys";
/// What the payment provider signs events with.
pub const WEBHOOK_SECRET: &str = "whsec_a_secret_of_a_journey";
const BUCKET: &str = "pictures";

/// A shop that is open. [`TestShop::close`] ends it in order and looks for what was left over.
pub struct TestShop {
    /// Its database.
    pub database: Database,
    /// The outside of it.
    pub outside: Outside,
    /// Its web process.
    pub web: Process,
    /// Its address.
    pub url: String,
    /// Its worker processes.
    pub workers: Vec<Process>,
    sandbox: Sandbox,
    folder: TempDir,
    /// Settings of the workers on top of the usual ones.
    settings: Vec<(&'static str, String)>,
}

/// Jobs `j` that come round by themselves, whatever the story is.
const BY_SCHEDULE: &str = "convert_from(j.job, 'utf8')::jsonb ->> 'job' in ('expire_generations', 'check_models', 'reconcile', 'check_payments', 'fetch_payment_events', 'reconcile_payments', 'prune')";

/// A client that waits for no answer longer than a minute.
///
/// # Errors
/// If it cannot be built.
pub fn client() -> Result<reqwest::ClientBuilder> {
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(reqwest::Client::builder().timeout(Duration::from_mins(1)).redirect(reqwest::redirect::Policy::none()))
}

impl TestShop {
    /// Opens a shop with so many worker processes. A picture takes no time until told otherwise.
    ///
    /// # Errors
    /// If one of its parts does not start.
    pub async fn open(workers: usize) -> Result<Self> {
        Self::open_with(workers, &[]).await
    }

    /// [`TestShop::open`], with settings for the workers on top of the usual ones.
    ///
    /// # Errors
    /// If one of its parts does not start.
    pub async fn open_with(workers: usize, settings: &[(&'static str, &str)]) -> Result<Self> {
        let database = Database::new().await;
        let folder = tempfile::tempdir()?;
        let sandbox = Sandbox::start(SandboxConfig {
            data_dir: folder.path().join("sandbox"),
            ports: Ports::default(),
            bucket: BUCKET.to_owned(),
            access_key: KEY.to_owned(),
            secret_key: SECRET.to_owned(),
            draw_time: Duration::ZERO..=Duration::ZERO,
            stripe_webhooks: Vec::new(),
        })
        .await?;
        let outside = Outside::new(client()?.build()?, sandbox.dashboard_url());
        let address = free_address()?;
        let url = format!("http://{address}");
        let mut environment = environment(&database, &sandbox, &url);
        environment.extend([
            ("WEB_LISTEN", address),
            // A browser here can be anywhere, by what it says in X-Forwarded-For.
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            // One customer does here what many would do elsewhere.
            ("WELCOME_CREDITS", "100000".to_owned()),
            ("GENERATIONS_AT_ONCE", "100000".to_owned()),
            ("PICTURES_PER_HOUR", "100000".to_owned()),
            ("PICTURES_PER_DAY", "100000".to_owned()),
            // Stories about the gallery need nobody of the staff; those about reviews turn it on.
            ("GALLERY_REVIEW", "off".to_owned()),
            ("SESSION_SECRET", SESSION_SECRET.to_owned()),
            ("DATA_KEY", DATA_KEY.to_owned()),
            ("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET.to_owned()),
            ("ASSETS_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets").to_owned()),
        ]);
        let mut web = Process::start("web", folder.path(), &environment)?;
        web.says("listening on").await?;
        sandbox.add_stripe_webhook(&format!("{url}/hooks/stripe"), WEBHOOK_SECRET)?;
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut shop = Self { database, outside, web, url, workers: Vec::new(), sandbox, folder, settings };
        for _ in 0..workers {
            shop.hire("").await?;
        }
        Ok(shop)
    }

    /// Starts one more worker process with these lanes; nothing means all.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn hire(&mut self, lanes: &str) -> Result<()> {
        let mut environment = environment(&self.database, &self.sandbox, &self.url);
        environment.extend([
            ("WORKER_LANES", lanes.to_owned()),
            ("STRIPE_BASE_URL", self.sandbox.stripe_base_url()),
            ("STRIPE_SECRET_KEY", STRIPE_KEY.to_owned()),
            ("SMTP_URL", format!("smtp://{}", self.sandbox.smtp_addr())),
            ("MAIL_FROM", "AI Gallery <shop@example.org>".to_owned()),
        ]);
        environment.extend(self.settings.iter().cloned());
        let mut worker = Process::start("worker", self.folder.path(), &environment)?;
        worker.says("lanes open").await?;
        self.workers.push(worker);
        Ok(())
    }

    /// Somebody who has just signed up, and whose address is verified: by the mail, if there is a worker to send it.
    ///
    /// # Errors
    /// If signing up did not work.
    pub async fn customer(&self) -> Result<Customer> {
        let email = format!("{}@example.org", ulid::Ulid::new().to_string().to_lowercase());
        if !self.workers.is_empty() {
            return Customer::sign_up(&self.url, &self.outside, &email).await;
        }
        let customer = Customer::arrive(&self.url)?;
        customer.open_account(&email).await?;
        let known = shop::accounts::credentials(&self.database.pool, &email).await?;
        let id = known.context("no account")?.account_id;
        testing::verify(&self.database.pool, id).await;
        testing::give_credits(&self.database.pool, id, 1_000).await;
        // Nobody is there to send the mail.
        sqlx::query("delete from apalis.jobs where job_type = 'mail'").execute(&self.database.pool).await?;
        customer.sign_in(&email, PASSWORD).await?;
        Ok(customer)
    }

    /// Where the payment provider is; ends with a slash.
    pub fn stripe_base_url(&self) -> String {
        self.sandbox.stripe_base_url()
    }

    /// The payment provider, from its inside.
    pub fn till(&self) -> &Till {
        self.sandbox.till()
    }

    /// What its programs were told and nobody else may know.
    ///
    /// # Panics
    /// If the database has no password.
    pub fn secrets(&self) -> BTreeMap<&'static str, String> {
        let database = self.database.url.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        let password = database.and_then(|(user, _)| user.split_once(':')).expect("a password").1;
        BTreeMap::from([
            ("the secret of sessions", SESSION_SECRET.to_owned()),
            ("the key that seals secrets", DATA_KEY.to_owned()),
            ("the key of the image provider", OPENAI_KEY.to_owned()),
            ("the secret key of object storage", SECRET.to_owned()),
            ("the key of the payment provider", STRIPE_KEY.to_owned()),
            ("the secret of the payment provider's events", WEBHOOK_SECRET.to_owned()),
            ("the password of the database", password.to_owned()),
        ])
    }

    /// Waits until no job is left to do.
    ///
    /// # Errors
    /// If that takes longer than `patience`.
    pub async fn settle(&self, patience: Duration) -> Result<()> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let left = format!(
                "select count(*) from apalis.jobs j
                 where status not in ('Done', 'Killed') and not ({BY_SCHEDULE}) and run_at < now() + interval '30 minutes'"
            );
            let left: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(left)).fetch_one(&self.database.pool).await?;
            if left == 0 {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                bail!("{left} jobs are left over");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Jobs that were given up.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_jobs(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from apalis.jobs where status = 'Killed'")
            .fetch_one(&self.database.pool)
            .await?)
    }

    /// Ends the story: no job may be left, as many dead ones as it tells of, and all processes stop in order.
    ///
    /// # Errors
    /// What was left over, or did not stop.
    pub async fn close(mut self, dead: i64) -> Result<()> {
        self.settle(Duration::from_mins(1)).await?;
        ensure!(self.dead_jobs().await? == dead, "{} jobs are dead, not {dead}", self.dead_jobs().await?);
        let open = format!(
            "select count(*) from job_attempts a join apalis.jobs j on j.id = a.job_id
             where a.ended_at is null and not ({BY_SCHEDULE})"
        );
        let open: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(open)).fetch_one(&self.database.pool).await?;
        ensure!(open == 0, "{open} attempts have no end");
        self.web.stop().await.context("web")?;
        for worker in &mut self.workers {
            worker.stop().await.context("worker")?;
        }
        self.sandbox.stop().await;
        Ok(())
    }
}

fn environment(database: &Database, sandbox: &Sandbox, url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("APP_ENV", "development".to_owned()),
        ("DATABASE_URL", database.url.clone()),
        ("OPENAI_BASE_URL", sandbox.openai_base_url()),
        ("OPENAI_API_KEY", OPENAI_KEY.to_owned()),
        ("S3_ENDPOINT", sandbox.s3_endpoint()),
        ("S3_REGION", "us-east-1".to_owned()),
        ("S3_BUCKET", BUCKET.to_owned()),
        ("S3_ACCESS_KEY_ID", KEY.to_owned()),
        ("S3_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("TEMPLATES_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates").to_owned()),
        ("LOG_FORMAT", "text".to_owned()),
    ]
}

/// An address nobody listens on. Somebody else could take it before the child does; then the child says so and ends.
fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
