//! What every request shares.

use std::sync::Arc;

use anyhow::Context;
use secrecy::ExposeSecret;
use shop::{generations::Limits, money::Currency};
use sqlx::PgPool;
use url::Url;

use crate::{
    assets::Assets,
    clients::TrustedProxies,
    config::{AppEnv, Config, Switch},
    data_key::DataKey,
    hooks::stripe::Signatures,
    hosts::Hosts,
    passwords::Passwords,
    pictures::Pictures,
    reloading::Reloading,
    security::{csrf::TokenKey, headers::SecurityHeaders, known_browsers::KnownBrowsers},
    session::Cookies,
    storage::Storage,
    uploads::Uploads,
    views::Views,
    waiting_line::WaitingLine,
};

/// Connections to the database. A page holds one for a millisecond; more would only queue in Postgres instead of here.
const CONNECTIONS: u32 = 10;

/// How long a statement of a page may take. A page's own take a millisecond; one that waits for a lock, or searches for what
/// is everywhere, holds a connection that others need.
const STATEMENT_TIME: &str = "5s";

/// The shop as the web server sees it.
pub struct Site {
    /// The database.
    pub db: PgPool,
    /// The templates.
    pub views: Views,
    /// Style sheets, scripts and icons.
    pub assets: Reloading<Assets>,
    /// Links to pictures.
    pub storage: Storage,
    /// Who waits for pictures, as it was a moment ago.
    pub waiting_line: WaitingLine,
    /// Whether staff look at pictures before they hang in the gallery.
    pub gallery_is_reviewed: bool,
    /// Pictures whose links are made.
    pub pictures: Pictures,
    /// Hashes passwords, a few at a time.
    pub passwords: Passwords,
    /// Opens pictures that customers bring along, one at a time.
    pub uploads: Uploads,
    /// Names and attributes of our cookies.
    pub cookies: Cookies,
    /// Seals what must not be readable in the database.
    pub data_key: DataKey,
    /// Makes and checks the tokens in forms.
    pub token_key: TokenKey,
    /// Knows browsers in which somebody signed in before.
    pub known_browsers: KnownBrowsers,
    /// Sent with every answer.
    pub headers: SecurityHeaders,
    /// Where browsers reach us: scheme, host and port.
    pub origin: String,
    /// Names under which the shop may be asked for.
    pub hosts: Hosts,
    /// Proxies that are believed.
    pub trusted_proxies: TrustedProxies,
    /// How much one customer may ask for.
    pub generation_limits: Limits,
    /// The currency in which somebody sees prices who has not chosen another one.
    pub currency: Currency,
    /// Knows which events are the payment provider's own.
    pub stripe: Signatures,
    /// Credits that a new customer is welcomed with.
    pub welcome_credits: i32,
    /// Whether somebody works on the shop here.
    pub development: bool,
}

impl Site {
    /// Puts the shop together. A broken template, a missing asset or a silent database stops it.
    pub async fn open(config: Config) -> anyhow::Result<Arc<Self>> {
        config.check()?;
        let development = config.app_env == AppEnv::Development;
        let assets = Reloading::open(config.assets_dir.clone(), development, Assets::load)?;
        let views = Views::open(config.templates_dir.clone(), development)?;
        let storage = Storage::new(&config)?;
        let url = with_settings(config.database_url.expose_secret())?;
        let db = shop::schema::connect(url.as_str(), "web", CONNECTIONS)
            .await
            .context("the database does not answer")?;
        Ok(Arc::new(Self {
            db,
            views,
            assets,
            headers: SecurityHeaders::new(&storage.origin(), config.is_https())?,
            storage,
            waiting_line: WaitingLine::default(),
            currency: config.currency,
            stripe: Signatures::new(&config.stripe_webhook_secrets, config.is_stripe_live()),
            gallery_is_reviewed: config.gallery_review == Switch::On,
            pictures: Pictures::default(),
            passwords: Passwords::new(),
            uploads: Uploads::new(),
            cookies: Cookies::new(config.is_https()),
            data_key: DataKey::new(&config.data_key)?,
            token_key: TokenKey::derive(&config.session_secret),
            known_browsers: KnownBrowsers::derive(&config.session_secret),
            origin: config.public_url.origin().ascii_serialization(),
            hosts: Hosts::new(&config),
            generation_limits: config.generation_limits(),
            welcome_credits: config.welcome_credits,
            trusted_proxies: config.trusted_proxies,
            development,
        }))
    }
}

/// Has Postgres plan each statement once per connection, and give up on those that take longer than anybody waits.
///
/// By itself it would plan `limit $1` anew every time, since it takes the plan that it made without the number for a dearer
/// one: 0.26 ms for the gallery instead of 0.09.
fn with_settings(url: &str) -> anyhow::Result<Url> {
    let mut url: Url = url.parse().context("DATABASE_URL is not a URL")?;
    url.query_pairs_mut()
        .append_pair("options[plan_cache_mode]", "force_generic_plan")
        .append_pair("options[statement_timeout]", STATEMENT_TIME);
    Ok(url)
}
