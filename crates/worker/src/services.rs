//! What a job needs from the outside: the database, whoever draws, object storage, a mail server, payment providers.

use sqlx::PgPool;

use crate::{
    config::{AppEnv, Config, Moderation},
    letters::Letters,
    payments::Providers,
    providers::{openai::OpenAi, smtp::Smtp, storage::Storage},
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
    /// Sends mails.
    pub smtp: Smtp,
    /// What mails say.
    pub letters: Letters,
    /// Take payments.
    pub payments: Providers,
    /// For how many minutes a page can be paid.
    pub checkout_minutes: u16,
}

impl Services {
    /// Clients as configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If a client cannot be built, or a letter cannot be read.
    pub fn new(db: PgPool, config: &Config) -> anyhow::Result<Self> {
        let watched = config.app_env == AppEnv::Development;
        Ok(Self {
            db,
            openai: OpenAi::new(config)?,
            moderation: config.openai_moderation,
            storage: Storage::new(config),
            smtp: Smtp::new(config)?,
            letters: Letters::open(&config.templates_dir, &config.public_url, watched)?,
            payments: Providers::new(config)?,
            checkout_minutes: config.checkout_minutes,
        })
    }
}
