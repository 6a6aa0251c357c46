//! The worker's real jobs against the sandbox.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{sync::Arc, time::Duration};

use mail_parser::{Message, MessageParser};
use sandbox::Sandbox;
use serde_json::{Value, json};
use shop::jobs::Job;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::time::Instant;
use worker::{
    jobs::Jobs,
    runner::{Settings, lanes::LaneSettings},
    services::Services,
};

use crate::support::{Shop, Working, quick, sandbox, services};

/// A shop with everything outside of it.
pub struct Whole {
    pub shop: Shop,
    pub services: Services,
    pub sandbox: Sandbox,
    http: reqwest::Client,
    _folder: TempDir,
}

impl Whole {
    pub async fn open() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (shop, folder) = (Shop::open().await, tempfile::tempdir().expect("a folder"));
        let sandbox = sandbox(folder.path()).await;
        let services = services(&shop.database.pool, &sandbox, &["--openai-moderation=on"]);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { shop, services, sandbox, http, _folder: folder }
    }

    pub fn db(&self) -> &PgPool {
        &self.shop.database.pool
    }

    /// Works all lanes beside the test.
    pub async fn work(&self) -> Working {
        let settings = Settings { lanes: LaneSettings::all(), ..quick() };
        self.shop.work(Arc::new(Jobs::new(self.services.clone())), settings).await
    }

    /// Waits until nothing is left to do now.
    pub async fn rest(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let sql = "select convert_from(job, 'utf8') from apalis.jobs
                       where status not in ('Done', 'Killed') and run_at < now() + interval '30 minutes'";
            let left: Vec<String> = sqlx::query_scalar(sql).fetch_all(self.db()).await.expect("jobs");
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left over: {left:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Works until nothing is left to do now.
    pub async fn work_off(&self) {
        let working = self.work().await;
        self.rest().await;
        working.stop().await;
    }

    /// `(outcome, error)` of all attempts at jobs of this name, oldest first.
    pub async fn attempts(&self, job: &str) -> Vec<(String, String)> {
        let sql = "select coalesce(a.outcome, 'open'), coalesce(a.error, '') from job_attempts a join apalis.jobs j on j.id = a.job_id
                   where convert_from(j.job, 'utf8')::jsonb ->> 'job' = $1 order by a.id";
        sqlx::query_as(sql).bind(job).fetch_all(self.db()).await.expect("attempts")
    }

    /// Has a job run again, as after a crash that came before its end was written.
    pub async fn again(&self, job: Job) {
        let sql = "update apalis.jobs set status = 'Pending', run_at = now(), attempts = 0, done_at = null
                   where convert_from(job, 'utf8')::jsonb = $1";
        let stored = serde_json::to_value(job).expect("json");
        let again = sqlx::query(sql).bind(stored).execute(self.db()).await.expect("again");
        assert_eq!(again.rows_affected(), 1, "there is one such job");
    }

    /// All mails, oldest first, as they arrived.
    pub async fn mails(&self) -> Vec<String> {
        let listed = self.read("mail").await;
        let mut mails = Vec::new();
        for mail in listed.as_array().expect("a list").iter().rev() {
            let id = mail["id"].as_str().expect("an id");
            mails.push(self.get(&format!("mail/{id}")).await.text().await.expect("text"));
        }
        mails
    }

    pub async fn poke(&self, path: &str, body: Value) {
        let url = format!("{}/_sandbox/{path}", self.sandbox.dashboard_url());
        let answer = self.http.post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    pub async fn refuse_mails(&self, code: u16, mails: u32) {
        self.poke("mail/refusal", json!({"code": code, "mails": mails})).await;
    }

    async fn read(&self, path: &str) -> Value {
        self.get(path).await.json().await.expect("json")
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}/_sandbox/{path}", self.sandbox.dashboard_url());
        self.http.get(url).send().await.expect("an answer")
    }
}

/// A mail, taken apart.
pub fn parse(raw: &str) -> Message<'_> {
    MessageParser::default().parse(raw).expect("a mail")
}
