//! How to reach the database, and the pool that does.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
};
use runtime::config::{Config, Millis, Reader, Secret};
use tokio_postgres::NoTls;

use crate::StorageError;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `postgresql://user:password@host/database`. The user is the one that migrated, or a member of the service's role.
    pub url: Secret,
    /// Most connections at a time.
    pub pool_size: usize,
    /// A statement that runs longer is ended by the server; zero means never.
    pub statement_timeout: Duration,
    /// Longest wait for the server to accept a connection.
    pub connect_timeout: Duration,
    /// Longest wait for a connection of the pool to become free.
    pub wait_timeout: Duration,
    /// What `pg_stat_activity` shows.
    pub application_name: String,
}

impl DatabaseConfig {
    /// Defaults for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url),
            pool_size: 8,
            statement_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            wait_timeout: Duration::from_secs(5),
            application_name: "candor".to_owned(),
        }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, application_name: &str) -> Self {
        application_name.clone_into(&mut self.application_name);
        self
    }
}

impl DatabaseConfig {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.check(
            self.pool_size > 0,
            "CANDOR_DATABASE_POOL_SIZE must not be 0",
        );
        reader.check(
            !self.connect_timeout.is_zero(),
            "CANDOR_DATABASE_CONNECT_TIMEOUT_MS must not be 0",
        );
        reader.check(
            !self.wait_timeout.is_zero(),
            "CANDOR_DATABASE_WAIT_MS must not be 0",
        );
        let text = self.url.expose();
        let readable = text.is_empty() || text.parse::<tokio_postgres::Config>().is_ok();
        reader.check(readable, "CANDOR_DATABASE_URL must be a PostgreSQL URL");
    }
}

impl Config for DatabaseConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            url: reader.required(
                "DATABASE_URL",
                "where PostgreSQL is: postgresql://user:password@host/database",
            ),
            pool_size: reader.or(
                "DATABASE_POOL_SIZE",
                "8",
                "most connections to PostgreSQL at a time",
            ),
            statement_timeout: reader
                .or::<Millis>(
                    "DATABASE_STATEMENT_TIMEOUT_MS",
                    "30000",
                    "longest statement, 0 for no limit",
                )
                .0,
            connect_timeout: reader
                .or::<Millis>(
                    "DATABASE_CONNECT_TIMEOUT_MS",
                    "5000",
                    "longest wait for a connection",
                )
                .0,
            wait_timeout: reader
                .or::<Millis>(
                    "DATABASE_WAIT_MS",
                    "5000",
                    "longest wait for a connection of the pool to become free",
                )
                .0,
            application_name: reader.or(
                "DATABASE_APPLICATION_NAME",
                "candor",
                "what pg_stat_activity shows",
            ),
        };
        config.check(reader);
        config
    }
}

/// A server-side end of transactions whose client has gone silent: they hold row locks.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(60);

/// A pool of connections; none is opened before the first is asked for.
///
/// # Errors
/// [`StorageError::BadUrl`] or [`StorageError::BuildPool`].
pub fn pool(config: &DatabaseConfig) -> Result<Pool, StorageError> {
    pool_with_setup(config, "")
}

/// A pool that runs the statements of `setup` once on each new connection, as the login's own role: temporary tables,
/// settings of the session.
///
/// # Errors
/// [`StorageError::BadUrl`] or [`StorageError::BuildPool`].
pub fn pool_with_setup(
    config: &DatabaseConfig,
    setup: impl Into<String>,
) -> Result<Pool, StorageError> {
    let setup: Arc<str> = setup.into().into();
    let mut postgres: tokio_postgres::Config =
        config.url.expose().parse().map_err(StorageError::BadUrl)?;
    let options = format!(
        "-c statement_timeout={} -c idle_in_transaction_session_timeout={}",
        config.statement_timeout.as_millis(),
        IDLE_IN_TRANSACTION.as_millis()
    );
    postgres
        .application_name(&config.application_name)
        .connect_timeout(config.connect_timeout)
        .options(options);
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let run_setup = Hook::async_fn(move |client: &mut ClientWrapper, _| {
        let setup = setup.clone();
        Box::pin(async move {
            let outcome = client.batch_execute(&setup).await;
            outcome.map_err(HookError::Backend)
        })
    });
    Pool::builder(Manager::from_config(postgres, NoTls, recycling))
        .max_size(config.pool_size)
        .runtime(Runtime::Tokio1)
        .create_timeout(Some(config.connect_timeout))
        .wait_timeout(Some(config.wait_timeout))
        .post_create(run_setup)
        .build()
        .map_err(StorageError::BuildPool)
}
