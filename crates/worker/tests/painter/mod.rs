//! A shop whose worker draws with the sandbox, over the wire and with the production's own jobs.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sandbox::Sandbox;
use serde_json::{Value, json};
use shop::{
    Cause,
    credits::{self, Balance},
    generations::{self, Generation, Wish},
    ids::GenerationId,
    providers::{self, OPENAI, Provider},
    testing::{LIMITS, give_credits},
};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::time::Instant;
use worker::{
    jobs::Jobs,
    runner::{Settings, lanes::LaneSettings},
    services::Services,
};

use crate::support::{Shop, Working, quick, sandbox, services};

/// What the customer has at the start.
pub const CREDITS: i64 = 10;
/// What a picture is thought to cost before any was drawn, in millionths of a dollar.
pub const ESTIMATE: i64 = 200_000;

/// The shop, and the outside.
pub struct Painter {
    pub shop: Shop,
    pub services: Services,
    pub sandbox: Sandbox,
    http: reqwest::Client,
    folder: TempDir,
}

/// What the provider's ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invoice {
    pub calls: u64,
    pub moderations: u64,
    pub pictures: u64,
    pub microdollars: i64,
}

impl Painter {
    /// Opens one; later arguments of the worker win over the usual ones.
    pub async fn open(arguments: &[&str]) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (shop, folder) = (Shop::open().await, tempfile::tempdir().expect("a folder"));
        let sandbox = sandbox(folder.path()).await;
        let services = services(&shop.database.pool, &sandbox, arguments);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let painter = Self { shop, services, sandbox, http, folder };
        painter.poke("openai/prepared", json!({"on": true})).await;
        painter
    }

    pub fn db(&self) -> &PgPool {
        &self.shop.database.pool
    }

    /// Asks for pictures on behalf of the one customer.
    pub async fn ask(&self, wish: &Wish) -> GenerationId {
        generations::request(self.db(), &Cause::now(None), self.shop.owner, wish, LIMITS)
            .await
            .expect("requested")
            .expect("accepted")
    }

    pub async fn give_credits(&self) {
        give_credits(self.db(), self.shop.owner, i32::try_from(CREDITS).expect("small")).await;
    }

    /// Works all lanes beside the test.
    pub async fn work(&self) -> Working {
        let settings = Settings { lanes: LaneSettings::all(), ..quick() };
        self.shop.work(Arc::new(Jobs::new(self.services.clone())), settings).await
    }

    /// Orders the answer to the next call.
    pub async fn order(&self, answer: &Value) {
        self.poke("openai/next", answer.clone()).await;
    }

    pub async fn poke(&self, path: &str, body: Value) {
        let url = format!("{}/_sandbox/{path}", self.sandbox.dashboard_url());
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    pub async fn invoice(&self) -> Invoice {
        let url = format!("{}/_sandbox/openai/calls", self.sandbox.dashboard_url());
        let calls: Value = self.http.get(url).send().await.expect("an answer").json().await.expect("json");
        let number = |name: &str| calls[name].as_u64().expect("a number");
        Invoice {
            calls: number("generations"),
            moderations: number("moderations"),
            pictures: number("pictures"),
            microdollars: number("microdollars").cast_signed(),
        }
    }

    pub async fn generation(&self, id: GenerationId) -> Generation {
        generations::find(self.db(), self.shop.owner, id).await.expect("read").expect("there")
    }

    pub async fn balance(&self) -> Balance {
        credits::balance(self.db(), self.shop.owner).await.expect("read")
    }

    pub async fn provider(&self) -> Provider {
        providers::all(self.db()).await.expect("read").remove(0)
    }

    /// What we think we spent, in millionths of a dollar.
    pub async fn spent(&self) -> i64 {
        providers::spent(self.db(), Cause::now(None).at, OPENAI).await.expect("read").month
    }

    /// The job of a generation: its status, tries used, and when it is due.
    pub async fn job(&self, id: GenerationId) -> (String, i32, DateTime<Utc>) {
        sqlx::query_as(
            "select status, attempts, run_at from apalis.jobs where convert_from(job, 'utf8')::jsonb ->> 'generation_id' = $1::text",
        )
        .bind(id.0)
        .fetch_one(self.db())
        .await
        .expect("a job")
    }

    /// Why each call for a generation failed, for staff.
    pub async fn errors(&self, id: GenerationId) -> Vec<String> {
        sqlx::query_scalar(
            "select coalesce(error, '') from provider_calls where generation_id = $1 order by ordinal",
        )
        .bind(id.0)
        .fetch_all(self.db())
        .await
        .expect("calls")
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.db()).await.expect("a count")
    }

    pub async fn sql(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(self.db()).await.expect("done");
    }

    /// As if everything in the store had been there for two days.
    pub async fn make_objects_older(&self) {
        let root = self.folder.path().to_owned();
        let aged = tokio::task::spawn_blocking(move || {
            std::process::Command::new("find")
                .arg(root)
                .args(["-type", "f", "-exec", "touch", "-d", "2 days ago", "{}", "+"])
                .status()
        });
        assert!(aged.await.expect("no panic").expect("find can be run").success());
    }

    /// Waits until no job is running and none will be within so many seconds.
    pub async fn rest(&self, seconds: f64) {
        let due = "select count(*) from apalis.jobs j left join providers p on p.lane = j.job_type
                   where j.status not in ('Done', 'Killed')
                     and (j.status = 'Running' or (j.run_at <= now() + make_interval(secs => $1) and p.pause is null
                          and (p.free_at is null or p.free_at <= now() + make_interval(secs => $1))))";
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let due: i64 = sqlx::query_scalar(due).bind(seconds).fetch_one(self.db()).await.expect("a count");
            if due == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "it never comes to rest");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}
