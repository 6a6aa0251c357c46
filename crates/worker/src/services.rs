//! What a job needs from the outside: the database, the provider, object storage.

use sqlx::PgPool;

use crate::{
    config::{Config, Moderation},
    providers::{openai::OpenAi, storage::Storage},
};

/// The clients, one of each.
#[derive(Clone)]
pub struct Services {
    /// The shop's database.
    pub db: PgPool,
    /// Draws.
    pub openai: OpenAi,
    /// Whether sentences are checked before anything is drawn.
    pub moderation: Moderation,
    /// Keeps pictures.
    pub storage: Storage,
}

impl Services {
    /// Clients as configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If an HTTP client cannot be built.
    pub fn new(db: PgPool, config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            db,
            openai: OpenAi::new(config)?,
            moderation: config.openai_moderation,
            storage: Storage::new(config),
        })
    }
}
