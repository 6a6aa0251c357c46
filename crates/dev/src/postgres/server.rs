//! A server that answers: ours, or one that an earlier run left behind.

use std::time::Duration;

use anyhow::Context;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, Executor, PgConnection};
use tokio::{
    process::Child,
    time::{sleep, timeout},
};

use crate::lock::is_alive;

/// The shop's role and its database.
const SHOP: &str = "shop";

/// A server on 127.0.0.1.
#[derive(Debug)]
pub struct Server {
    /// Its port.
    pub port: u16,
    /// Its first process.
    pub pid: i32,
    password: String,
    child: Option<Child>,
}

impl Server {
    /// One that we started.
    pub fn started(child: Child, pid: i32, port: u16, password: &str) -> Self {
        Self { port, pid, password: password.to_owned(), child: Some(child) }
    }

    /// One that was running.
    pub fn adopted(pid: i32, port: u16, password: &str) -> Self {
        Self { port, pid, password: password.to_owned(), child: None }
    }

    /// Was it running before we came?
    pub fn is_adopted(&self) -> bool {
        self.child.is_none()
    }

    /// Where the superuser gets in.
    pub fn superuser_url(&self) -> String {
        url(self.port, "postgres", &self.password, "postgres")
    }

    /// Where the shop gets in: its owner's role is no superuser, as with a database that is rented.
    pub fn shop_url(&self) -> String {
        url(self.port, SHOP, &self.password, SHOP)
    }

    /// Makes the shop's role and database when they are missing.
    pub async fn make_shop(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.superuser_url()).await?;
        let role: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
            .bind(SHOP)
            .fetch_one(&mut connection)
            .await?;
        if !role {
            // The password is our own hexadecimal: nothing in it needs quoting.
            let statement = format!("create role {SHOP} login password '{}'", self.password);
            connection
                .execute(sqlx::AssertSqlSafe(statement))
                .await
                .context("cannot make the shop's role")?;
        }
        let database: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(SHOP)
            .fetch_one(&mut connection)
            .await?;
        if !database {
            let statement = format!("create database {SHOP} owner {SHOP}");
            connection
                .execute(sqlx::AssertSqlSafe(statement))
                .await
                .context("cannot make the shop's database")?;
        }
        connection.close().await?;
        Ok(())
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) {
        match &mut self.child {
            Some(child) => drop(child.wait().await),
            None => {
                while is_alive(self.pid) {
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Asks it to end its sessions and stop, and waits; insists when that takes too long.
    pub async fn stop(&mut self) {
        if self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
            return;
        }
        for (signal, patience) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 10), (Signal::SIGKILL, 5)] {
            // A process that is gone is what we wanted.
            let _ = kill(Pid::from_raw(self.pid), signal);
            if timeout(Duration::from_secs(patience), self.ended()).await.is_ok() {
                return;
            }
        }
    }
}

/// What one try to get in showed.
pub enum Connecting {
    /// It answers.
    Open(PgConnection),
    /// Nobody there, or not ready.
    NotYet,
    /// It does not know our password.
    Refused,
}

impl Connecting {
    /// Tries once, as the superuser.
    pub async fn try_once(port: u16, password: &str) -> Self {
        let url = url(port, "postgres", password, "postgres");
        match timeout(Duration::from_secs(5), PgConnection::connect(&url)).await {
            Ok(Ok(connection)) => Self::Open(connection),
            // 28P01 invalid_password, 28000 invalid_authorization_specification
            Ok(Err(sqlx::Error::Database(refusal)))
                if matches!(refusal.code().as_deref(), Some("28P01" | "28000")) =>
            {
                Self::Refused
            }
            Ok(Err(_)) | Err(_) => Self::NotYet,
        }
    }
}

fn url(port: u16, role: &str, password: &str, database: &str) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}")
}
