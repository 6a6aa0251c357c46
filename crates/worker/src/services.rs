//! What a job needs from the outside: the database, the provider, object storage.

use sqlx::PgPool;

use crate::{
    config::Config,
    providers::{openai::OpenAi, storage::Storage},
};

/// The clients, one of each.
#[derive(Clone)]
pub struct Services {
    /// The shop's database.
    pub db: PgPool,
    /// Draws.
    pub openai: OpenAi,
    /// Keeps pictures.
    pub storage: Storage,
}

impl Services {
    /// Clients as configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If an HTTP client cannot be built.
    pub fn new(db: PgPool, config: &Config) -> anyhow::Result<Self> {
        Ok(Self { db, openai: OpenAi::new(config)?, storage: Storage::new(config) })
    }
}
