//! Stand-ins for the outside services, speaking the real wire on 127.0.0.1: OpenAI's image and moderation API, Stripe with
//! its payment page and webhooks, an S3 store, an SMTP inbox, and a dashboard with a knob for every failure that the shop
//! must survive.
//!
//! The supervisor behind `./dev` and the journeys embed it; it is in no production binary and refuses to start in one.
//! It shares no types with our own clients, so that both sides cannot be wrong in the same way.

mod clock;
mod dashboard;
mod mail;
mod openai;
mod painting;
mod pokes;
mod server;
mod storage;
mod stripe;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};

pub use stripe::{Account, Answer, Order, Pace, Paid, PayWith, Payment, Post, Till, Webhook};

/// What a sandbox needs to know before it starts.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where objects and mails are kept; made when it is not there. What it holds survives a restart.
    pub data_dir: PathBuf,
    /// The ports to listen on.
    pub ports: Ports,
    /// The S3 bucket that is there from the start.
    pub bucket: String,
    /// The only S3 access key that is accepted.
    pub access_key: String,
    /// The secret that S3 requests are signed with.
    pub secret_key: String,
    /// How long one call for pictures takes, whatever the machine: 2 to 6 seconds feels real, zero is for tests.
    pub draw_time: RangeInclusive<Duration>,
    /// Who is told of every Stripe event from the start.
    pub stripe_webhooks: Vec<Webhook>,
}

/// A port for each listener; `None` takes any that is free.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// The OpenAI API.
    pub openai: Option<u16>,
    /// Stripe's API and payment page.
    pub stripe: Option<u16>,
    /// The S3 store.
    pub s3: Option<u16>,
    /// The SMTP inbox.
    pub smtp: Option<u16>,
    /// The dashboard, the mail reader and the pokes.
    pub dashboard: Option<u16>,
}

/// The stand-ins while they run. Dropping it ends them too; [`Sandbox::stop`] also waits until the ports are free.
pub struct Sandbox {
    addresses: Addresses,
    till: Till,
    tasks: server::Tasks,
}

/// Where each listener was bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub openai: SocketAddr,
    pub stripe: SocketAddr,
    pub s3: SocketAddr,
    pub smtp: SocketAddr,
    pub dashboard: SocketAddr,
}

/// What the dashboard shows and the pokes turn.
pub(crate) struct World {
    pub addresses: Addresses,
    pub bucket: String,
    pub data_dir: PathBuf,
    pub openai: Arc<openai::OpenAi>,
    pub stripe: Arc<stripe::Stripe>,
    pub storage: Arc<storage::Storage>,
    pub inbox: Arc<mail::Inbox>,
    pub refusals: Arc<mail::Refusals>,
}

impl World {
    /// Stripe from inside the process.
    pub fn till(&self) -> Till {
        Till(Arc::clone(&self.stripe))
    }
}

impl Sandbox {
    /// Binds all listeners on 127.0.0.1 and answers from then on.
    pub async fn start(config: SandboxConfig) -> anyhow::Result<Sandbox> {
        refuse_production(app_env().as_deref())?;
        ensure!(config.draw_time.start() <= config.draw_time.end(), "draw_time ends before it starts");
        let (openai_at, stripe_at, s3_at, smtp_at, dashboard_at) = (
            server::bind(config.ports.openai, "OpenAI").await?,
            server::bind(config.ports.stripe, "Stripe").await?,
            server::bind(config.ports.s3, "S3").await?,
            server::bind(config.ports.smtp, "SMTP").await?,
            server::bind(config.ports.dashboard, "dashboard").await?,
        );
        let addresses = Addresses {
            openai: openai_at.local_addr()?,
            stripe: stripe_at.local_addr()?,
            s3: s3_at.local_addr()?,
            smtp: smtp_at.local_addr()?,
            dashboard: dashboard_at.local_addr()?,
        };
        tokio::fs::create_dir_all(&config.data_dir)
            .await
            .with_context(|| format!("cannot make the sandbox's folder {}", config.data_dir.display()))?;

        let tasks = server::Tasks::new();
        let storage = Arc::new(storage::Storage::open(&config).await?);
        let inbox = Arc::new(mail::Inbox::open(config.data_dir.join("mail")).await?);
        let refusals = Arc::new(mail::Refusals::default());
        let openai = Arc::new(openai::OpenAi::new(config.draw_time, tasks.clone()));
        let stripe = stripe::Stripe::open(
            &config.data_dir.join("stripe"),
            format!("http://{}", addresses.stripe),
            config.stripe_webhooks,
            tasks.clone(),
        )
        .await?;
        let world = Arc::new(World {
            addresses,
            bucket: config.bucket,
            data_dir: config.data_dir,
            openai: Arc::clone(&openai),
            stripe: Arc::clone(&stripe),
            storage: Arc::clone(&storage),
            inbox: Arc::clone(&inbox),
            refusals: Arc::clone(&refusals),
        });

        server::serve_pages(&tasks, openai_at, openai::routes(&openai));
        server::serve_pages(&tasks, stripe_at, stripe::routes(&stripe));
        server::serve_pages(&tasks, dashboard_at, dashboard::routes(&world));
        storage::serve(&tasks, s3_at, storage);
        mail::serve(&tasks, smtp_at, inbox, refusals);
        Ok(Sandbox { addresses, till: Till(stripe), tasks })
    }

    /// The base URL for an OpenAI client, `/v1` included.
    pub fn openai_base_url(&self) -> String {
        format!("http://{}/v1", self.addresses.openai)
    }

    /// The base URL for a Stripe client, without `/v1` and with a slash at its end.
    pub fn stripe_base_url(&self) -> String {
        format!("http://{}/", self.addresses.stripe)
    }

    /// Stripe from inside the process: pay, refund, dispute, turn knobs, and read its books.
    pub fn till(&self) -> &Till {
        &self.till
    }

    /// Tells an endpoint of every Stripe event from now on, and of what waits for one with this secret. Returns its id.
    ///
    /// # Errors
    /// If the address is not an `http://` one.
    pub fn add_stripe_webhook(&self, url: &str, secret: &str) -> anyhow::Result<String> {
        self.till.add_webhook(url, secret)
    }

    /// The endpoint for an S3 client that addresses buckets by path.
    pub fn s3_endpoint(&self) -> String {
        format!("http://{}", self.addresses.s3)
    }

    /// Where mail is taken; no TLS, and any credentials are accepted.
    pub fn smtp_addr(&self) -> SocketAddr {
        self.addresses.smtp
    }

    /// The dashboard, which also answers the pokes under `/_sandbox/`.
    pub fn dashboard_url(&self) -> String {
        format!("http://{}", self.addresses.dashboard)
    }

    /// Ends every task, waits for them, and frees the ports.
    pub async fn stop(self) {
        self.tasks.stop().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.cancel();
    }
}

#[expect(clippy::disallowed_methods, reason = "the guard must not depend on what a caller says about itself")]
fn app_env() -> Option<String> {
    std::env::var("APP_ENV").ok()
}

fn refuse_production(app_env: Option<&str>) -> anyhow::Result<()> {
    ensure!(app_env != Some("production"), "the sandbox does not start with APP_ENV=production");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn production_is_refused() {
        assert!(super::refuse_production(Some("production")).is_err());
        assert!(super::refuse_production(Some("development")).is_ok());
        assert!(super::refuse_production(None).is_ok());
    }
}
