//! The database's shape: connecting, migrating, and checking that it is the one this code was written for.

use apalis_postgres::PostgresStorage;
use sqlx::{
    PgPool,
    error::DatabaseError,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Our migrations. apalis' own run before them.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// md5 of the body of `apalis.get_jobs` as `0011_providers.sql` makes it. A later migration of apalis would replace it
/// silently, and with it the counting of attempts.
const GET_JOBS_MD5: &str = "46472b76b1df124189eca5e125c19472";

/// Why a database cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Migrations are missing, or newer than this program.
    #[error("the database is not migrated for this version: run `worker migrate`")]
    NotMigrated,
    /// Something replaced our fetch.
    #[error(
        "apalis.get_jobs is not ours (md5 {found}): an apalis upgrade replaced it; write a migration that restores it"
    )]
    ForeignFetch {
        /// What is there instead.
        found: String,
    },
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// apalis' migrations failed.
    #[error("apalis' migrations failed: {0}")]
    Apalis(#[from] apalis_postgres::Error),
}

/// A pool of at most `connections` to the database at `url`.
pub async fn connect(url: &str, application: &str, connections: u32) -> sqlx::Result<PgPool> {
    let options: PgConnectOptions = url.parse()?;
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(std::time::Duration::from_secs(5))
        .connect_with(options.application_name(application))
        .await
}

/// Brings the database to this version: apalis' migrations, then ours. Safe to repeat and to run twice at once.
pub async fn migrate(db: &PgPool) -> Result<(), SchemaError> {
    PostgresStorage::<()>::setup(db).await?;
    MIGRATOR.run(db).await?;
    check(db).await
}

/// Is this the database that this program was written for?
pub async fn check(db: &PgPool) -> Result<(), SchemaError> {
    let newest = MIGRATOR.iter().map(|migration| migration.version).max();
    let applied = sqlx::query_scalar!("select max(version) from _sqlx_migrations where success")
        .fetch_one(db)
        .await
        .map_err(|error| {
            // 42P01 undefined_table: nothing was ever migrated.
            let code = error.as_database_error().and_then(DatabaseError::code);
            if code.as_deref() == Some("42P01") { SchemaError::NotMigrated } else { error.into() }
        })?;
    if applied != newest {
        return Err(SchemaError::NotMigrated);
    }
    let found = sqlx::query_scalar!(
        r#"select md5(p.prosrc) as "md5!" from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'apalis' and p.proname = 'get_jobs'"#
    )
    .fetch_one(db)
    .await?;
    if found == GET_JOBS_MD5 { Ok(()) } else { Err(SchemaError::ForeignFetch { found }) }
}
