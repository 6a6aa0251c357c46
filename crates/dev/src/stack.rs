//! The whole stack: what is started in which order, and stopped in the opposite one.

use std::{fs, ops::RangeInclusive, time::Duration};

use anyhow::{Context, ensure};
use sandbox::{Ports, Sandbox, SandboxConfig};
use url::Url;

use crate::{
    environment::{Environment, Wiring},
    keeper::Keeper,
    lock::Lock,
    logs::{Logs, Source},
    outside::{Mail, OpenAi, Outside, Storage, Stripe},
    owner,
    places::Places,
    ports,
    postgres::{Cluster, Durability, Kept},
    program::Program,
    secrets::Secrets,
    signals::{Signals, Wish},
    strays,
    supervise::Supervised,
};

/// A program that says nothing for so long will not come.
const PATIENCE: Duration = Duration::from_mins(1);
const BUCKET: &str = "pictures";
/// Where `web` takes Stripe's events.
const WEBHOOKS: &str = "/hooks/stripe";

/// What to start.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The project and where the data lies.
    pub places: Places,
    /// Which parts are real.
    pub outside: Outside,
    /// How long the sandbox draws.
    pub draw_time: RangeInclusive<Duration>,
    /// How long `worker` and `web` may take to end what they have begun.
    pub drain: Duration,
    /// Where all lines go.
    pub logs: Logs,
    /// What the person at the terminal wants.
    pub signals: Signals,
}

/// What runs, in the order in which it was started. What is not there was not started, or is real.
pub struct Stack {
    plan: Plan,
    secrets: Secrets,
    keeper: Keeper,
    _lock: Lock,
    postgres: Option<Kept>,
    sandbox: Option<Sandbox>,
    worker: Option<Supervised>,
    web: Option<Supervised>,
    wiring: Option<Wiring>,
}

impl Stack {
    /// Starts everything; what had been started is stopped again when something fails or a stop is wished.
    pub async fn start(plan: Plan) -> anyhow::Result<Self> {
        let places = plan.places.clone();
        fs::create_dir_all(&places.data).with_context(|| format!("cannot make {}", places.data.display()))?;
        let lock = Lock::take(&places.lock(), "the stack")?;
        let secrets = Secrets::kept_at(&places.secrets())?;
        strays::end(&places.data);
        let keeper = Keeper::start(&lock)?;
        let signals = plan.signals.clone();
        let mut stack = Self {
            plan,
            secrets,
            keeper,
            _lock: lock,
            postgres: None,
            sandbox: None,
            worker: None,
            web: None,
            wiring: None,
        };
        let outcome = tokio::select! {
            outcome = stack.bring_up() => outcome,
            () = signals.wished(Wish::Stop) => Err(anyhow::anyhow!("stopped while it started")),
        };
        match outcome {
            Ok(()) => Ok(stack),
            Err(error) => {
                stack.stop_parts().await;
                // What was cut off between its start and its entry here is known to the keeper.
                stack.keeper.finish();
                Err(error)
            }
        }
    }

    async fn bring_up(&mut self) -> anyhow::Result<()> {
        let database_url = match self.plan.outside.database.clone() {
            Some(given) => given,
            None => self.start_postgres().await?,
        };
        let outside = &self.plan.outside;
        if outside.openai.is_none()
            || outside.stripe.is_none()
            || outside.storage.is_none()
            || outside.mail.is_none()
        {
            self.start_sandbox().await?;
        }
        let wiring = self.wire(database_url)?;
        if self.plan.outside.stripe.is_none()
            && let Some(sandbox) = &self.sandbox
        {
            let url = format!("http://{}{WEBHOOKS}", wiring.web_listen);
            sandbox.add_stripe_webhook(&url, &self.secrets.stripe_webhook_secret)?;
        }
        self.secrets.keep_at(&self.plan.places.secrets())?;

        let migrate = self.program(Source::Migrate, "worker", &["migrate"], wiring.migrate(), "")?;
        let status = migrate.finish(&self.plan.logs).await?;
        ensure!(status.success(), "the database could not be migrated ({status}): its own words stand above");

        self.make_owner(&wiring).await?;

        let worker =
            self.program(Source::Worker, "worker", &["run"], wiring.worker(&self.plan.places), "lanes open")?;
        let web = self.program(Source::Web, "web", &[], wiring.web(&self.plan.places), "listening on")?;
        self.wiring = Some(wiring);
        let worker = self.worker.insert(supervised(worker, &self.plan, &self.keeper));
        let web = self.web.insert(supervised(web, &self.plan, &self.keeper));
        tokio::try_join!(worker.ready(PATIENCE), web.ready(PATIENCE))?;
        Ok(())
    }

    /// Somebody to enter the office with. A database of one's own is left as it is.
    async fn make_owner(&self, wiring: &Wiring) -> anyhow::Result<()> {
        if self.plan.outside.database.is_some() {
            return Ok(());
        }
        let environment = wiring.web(&self.plan.places);
        let program = self.program(Source::Web, "web", &owner::ARGUMENTS, environment, "")?;
        let status = program.finish_with(&self.plan.logs, &owner::input(&self.secrets)).await?;
        ensure!(status.success(), "no owner could be made ({status}): its own words stand above");
        Ok(())
    }

    async fn start_postgres(&mut self) -> anyhow::Result<String> {
        let places = &self.plan.places;
        let cluster = Cluster::find(
            places.cluster(),
            &places.unpacked_postgres(),
            &self.secrets.database_password,
            Durability::Relaxed,
            self.secrets.ports.database,
        )?;
        if !places.cluster().exists() {
            self.plan
                .logs
                .line(Source::Dev, &format!("making a PostgreSQL {} for this project", cluster.version()));
        }
        let server = cluster.start(&self.keeper).await?;
        self.secrets.ports.database = Some(server.port);
        let (url, adopted) = (server.shop_url(), server.is_adopted());
        // Under watch before anything else can fail.
        let made = server.make_shop().await;
        self.postgres = Some(Kept::watch(cluster, server, self.plan.logs.clone(), self.keeper.clone()));
        made?;
        if adopted {
            self.plan.logs.line(Source::Dev, "took over the PostgreSQL that an earlier run left behind");
        }
        Ok(url)
    }

    async fn start_sandbox(&mut self) -> anyhow::Result<()> {
        self.plan.logs.hear_sandbox();
        let kept = &self.secrets.ports;
        let free = |port: Option<u16>| port.filter(|port| ports::is_free(*port));
        let sandbox = Sandbox::start(SandboxConfig {
            data_dir: self.plan.places.sandbox(),
            ports: Ports {
                openai: free(kept.openai),
                stripe: free(kept.stripe),
                s3: free(kept.storage),
                smtp: free(kept.mail),
                dashboard: free(kept.dashboard),
            },
            bucket: BUCKET.to_owned(),
            access_key: self.secrets.s3_access_key_id.clone(),
            secret_key: self.secrets.s3_secret_access_key.clone(),
            draw_time: self.plan.draw_time.clone(),
            // The address of `web` is not known yet.
            stripe_webhooks: Vec::new(),
        })
        .await
        .context("the sandbox did not start")?;
        let kept = &mut self.secrets.ports;
        kept.openai = port_of(&sandbox.openai_base_url());
        kept.stripe = port_of(&sandbox.stripe_base_url());
        kept.storage = port_of(&sandbox.s3_endpoint());
        kept.mail = Some(sandbox.smtp_addr().port());
        kept.dashboard = port_of(&sandbox.dashboard_url());
        self.sandbox = Some(sandbox);
        Ok(())
    }

    fn wire(&self, database_url: String) -> anyhow::Result<Wiring> {
        let outside = &self.plan.outside;
        let sandbox = || self.sandbox.as_ref().context("the sandbox is not there");
        let openai = match outside.openai.clone() {
            Some(given) => given,
            None => OpenAi { base_url: sandbox()?.openai_base_url(), key: "sandbox".into() },
        };
        let stripe = match outside.stripe.clone() {
            Some(given) => given,
            None => Stripe {
                base_url: sandbox()?.stripe_base_url(),
                key: "sk_test_sandbox".into(),
                webhook_secrets: self.secrets.stripe_webhook_secret.clone(),
            },
        };
        let storage = match outside.storage.clone() {
            Some(given) => given,
            None => Storage {
                endpoint: sandbox()?.s3_endpoint(),
                public_endpoint: sandbox()?.s3_endpoint(),
                region: "us-east-1".into(),
                bucket: BUCKET.into(),
                access_key_id: self.secrets.s3_access_key_id.clone(),
                secret_access_key: self.secrets.s3_secret_access_key.clone(),
            },
        };
        let mail = match outside.mail.clone() {
            Some(given) => given,
            None => Mail {
                smtp_url: format!("smtp://{}", sandbox()?.smtp_addr()),
                from: "AI Gallery <shop@example.org>".into(),
            },
        };
        let web_listen = if let Some(given) = outside.web_listen.clone() {
            given
        } else {
            // A port that stands in for a taken one is not kept: the next run tries the usual one again.
            format!("127.0.0.1:{}", ports::free(self.secrets.ports.web)?)
        };
        Ok(Wiring {
            database_url,
            public_url: outside.public_url.clone().unwrap_or_else(|| format!("http://{web_listen}")),
            web_listen,
            session_secret: outside
                .session_secret
                .clone()
                .unwrap_or_else(|| self.secrets.session_secret.clone()),
            data_key: outside.data_key.clone().unwrap_or_else(|| self.secrets.data_key.clone()),
            openai,
            stripe,
            storage,
            mail,
        })
    }

    fn program(
        &self,
        source: Source,
        name: &str,
        arguments: &[&'static str],
        mut environment: Environment,
        ready: &'static str,
    ) -> anyhow::Result<Program> {
        environment.insert(strays::MARK, self.plan.places.data.display().to_string());
        Ok(Program {
            source,
            path: Places::built(name)?,
            arguments: arguments.to_vec(),
            environment,
            folder: self.plan.places.root.clone(),
            ready,
        })
    }

    /// What the parts were told.
    pub fn wiring(&self) -> Option<&Wiring> {
        self.wiring.as_ref()
    }

    /// The sandbox, when a part of it is used.
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// What was made up.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// What was planned.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Stops everything in order: first who takes requests, last what all lean on. Fails when one had to be killed.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let in_order = self.stop_parts().await;
        self.keeper.release();
        ensure!(in_order, "not everything ended by itself: what had begun is begun again at the next start");
        Ok(())
    }

    async fn stop_parts(&mut self) -> bool {
        let mut in_order = true;
        for program in [self.web.take(), self.worker.take()].into_iter().flatten() {
            in_order &= program.stop().await;
        }
        if let Some(sandbox) = self.sandbox.take() {
            sandbox.stop().await;
        }
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
        in_order
    }
}

fn port_of(url: &str) -> Option<u16> {
    Url::parse(url).ok()?.port()
}

fn supervised(program: Program, plan: &Plan, keeper: &Keeper) -> Supervised {
    Supervised::start(program, plan.drain, plan.logs.clone(), keeper.clone(), plan.signals.clone())
}
