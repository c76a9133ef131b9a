//! Connections to PostgreSQL, and whether it can be reached.
//!
//! Reads may go to a replica; writes, and reads of what was just written, go to the primary. Every read
//! is a transaction under the API's role that sees one organisation (INV-9). A read has a deadline of its
//! own, because a server that hangs does not end its statements. When a read is given up, by its deadline
//! or because the client went away, PostgreSQL is told to stop, and the connection is closed, not reused.

mod lease;

use std::time::Duration;

use deadpool_postgres::{Pool, PoolError, TimeoutType, Transaction};
use runtime::CancellationToken;
use runtime::config::Secret;
use runtime::health::Component;
use schemas::ids::OrganisationId;
use storage::{DatabaseConfig, StorageError};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::error::{ApiError, DatabaseFailure, chain};
use crate::metrics::Metrics;
use lease::Lease;

/// How often the database is looked at when nobody asks.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// How much longer than the server's own limit a read may take.
const GRACE: Duration = Duration::from_millis(500);

/// Set on each new connection. Planning a query over every day's partition takes longer than to run it, so that plans
/// are made once and pruned when they run; see [`crate::read`] for those that name their days. A partition grows after its
/// plan was made: the plan must not read all of it. Queries that touch little are not worth compiling, and what is looked
/// up by an id is looked up once: there is nothing to remember.
const SETUP: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off; \
    SET enable_memoize = off";

/// One statement and its values. Its text is one of few, as many as there are weeks and days of history for some: each
/// connection keeps its plan.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The statement.
    pub(crate) sql: &'a str,
    /// In the order of its places.
    pub(crate) values: &'a [&'a (dyn ToSql + Sync)],
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// For reading: a replica, or the primary's.
    pool: Pool,
    primary: Pool,
    deadline: Duration,
    search_time: Duration,
}

impl Database {
    /// Pools; they connect when first asked. Reads go to `replica` when there is one. A search for sessions stops after
    /// `search_time`.
    pub(crate) fn new(
        config: &DatabaseConfig,
        replica: Option<&Secret>,
        search_time: Duration,
    ) -> Result<Self, StorageError> {
        let limit = config.statement_timeout;
        // Without a limit of the server there is still one of ours.
        let limit = if limit.is_zero() {
            Duration::from_secs(60)
        } else {
            limit
        };
        let primary = storage::pool_with_setup(config, SETUP)?;
        let pool = match replica {
            None => primary.clone(),
            Some(url) => {
                let config = DatabaseConfig {
                    url: url.clone(),
                    ..config.clone()
                };
                storage::pool_with_setup(&config, SETUP)?
            }
        };
        Ok(Self {
            pool,
            primary,
            deadline: limit + GRACE,
            search_time,
        })
    }

    /// How long a search for sessions goes on.
    pub(crate) fn search_time(&self) -> Duration {
        self.search_time
    }

    /// A connection.
    async fn lease(pool: &Pool) -> Result<Lease, ApiError> {
        let client = pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => ApiError::DatabaseBusy,
            other => ApiError::DatabaseUnavailable(DatabaseFailure::Pool(Box::new(other))),
        })?;
        Ok(Lease::new(client))
    }

    /// What `query` reads of the rows of `organisation`, in one read-only transaction, within the deadline.
    /// A connection whose read failed or was abandoned is not used again.
    pub(crate) async fn read<T>(
        &self,
        organisation: &OrganisationId,
        query: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.read_of(&self.pool, organisation, query).await
    }

    async fn read_of<T>(
        &self,
        pool: &Pool,
        organisation: &OrganisationId,
        query: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.within(async {
            let mut lease = Self::lease(pool).await?;
            lease.begin();
            let outcome = lease.read(organisation, query).await;
            lease.end(outcome.is_ok());
            outcome
        })
        .await
    }

    /// The rows of each statement, of the rows of `organisation` and all of one moment: one round trip, within the
    /// deadline. What a statement reads must be bounded by itself.
    pub(crate) async fn fetch<const N: usize>(
        &self,
        organisation: &OrganisationId,
        asks: [Ask<'_>; N],
    ) -> Result<[Vec<Row>; N], ApiError> {
        self.within(async {
            let mut lease = Self::lease(&self.pool).await?;
            lease.begin();
            let outcome = lease.fetch(organisation, asks).await;
            lease.end(outcome.is_ok());
            outcome
        })
        .await
    }

    /// Awaits a read, but not for ever.
    async fn within<T>(
        &self,
        read: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        match tokio::time::timeout(self.deadline, read).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer)),
        }
    }

    async fn probe(&self, organisation: &OrganisationId) -> Result<(), ApiError> {
        let sql = "SELECT FROM sessions WHERE id = '00000000-0000-0000-0000-000000000000'";
        let ask = Ask { sql, values: &[] };
        self.fetch(organisation, [ask]).await.map(|_| ())
    }

    /// Keeps the health component right until the shutdown. Looks at the tables as a reader does, so
    /// that missing migrations are seen as well.
    pub(crate) async fn watch(
        self,
        organisation: OrganisationId,
        component: Component,
        metrics: Metrics,
        shutdown: CancellationToken,
    ) {
        let mut was_up = None;
        loop {
            let outcome = self.probe(&organisation).await;
            let is_up = outcome.is_ok();
            match &outcome {
                Ok(()) => component.up(),
                Err(error) => component.down(format!("PostgreSQL: {error}")),
            }
            if was_up != Some(is_up) {
                match &outcome {
                    Ok(()) => tracing::info!("database can be read"),
                    Err(error) => {
                        tracing::warn!(error = %chain(error), "database cannot be read");
                    }
                }
            }
            was_up = Some(is_up);
            self.count_connections(&metrics);
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(PROBE_INTERVAL) => {}
            }
        }
    }

    fn count_connections(&self, metrics: &Metrics) {
        let status = self.pool.status();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let states = [
            ("open", status.size),
            ("idle", status.available),
            ("limit", status.max_size),
            ("awaited", status.waiting),
        ];
        for (state, number) in states {
            metrics
                .connections
                .with_label_values(&[state])
                .set(count(number));
        }
    }
}

impl Database {
    /// Like [`Self::read`], from the primary: of rows that the caller may just have written.
    pub(crate) async fn read_primary<T>(
        &self,
        organisation: &OrganisationId,
        query: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.read_of(&self.primary, organisation, query).await
    }

    /// What `change` makes of the rows of `organisation`, in one transaction of the primary, within the
    /// deadline: committed when it is `Ok`, undone when it is not. A commit whose answer was lost is
    /// `DatabaseUnavailable` and may stand all the same, so a repetition must do no harm.
    pub(crate) async fn write<T>(
        &self,
        organisation: &OrganisationId,
        change: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.within(async {
            let mut lease = Self::lease(&self.primary).await?;
            lease.begin();
            let ended = lease.change(organisation, change).await;
            lease.end(ended.is_ok());
            ended?
        })
        .await
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Statement { source, .. } => Self::from(source),
            other => Self::DatabaseUnavailable(DatabaseFailure::Transaction(other)),
        }
    }
}

impl From<tokio_postgres::Error> for ApiError {
    /// Sorts what PostgreSQL said: too slow, away (or not set up yet), or a fault of ours.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            return if error.is_closed() || is_io(&error) {
                Self::DatabaseUnavailable(DatabaseFailure::Connection(error))
            } else {
                Self::Query(error)
            };
        };
        let is_missing = [
            SqlState::UNDEFINED_TABLE,
            SqlState::UNDEFINED_OBJECT,
            SqlState::INSUFFICIENT_PRIVILEGE,
        ]
        .contains(code);
        // Classes: connection, resources, operator's intervention, system.
        let is_away = ["08", "53", "57", "58"]
            .iter()
            .any(|class| code.code().starts_with(class));
        if *code == SqlState::QUERY_CANCELED {
            Self::QueryTooSlow
        } else if is_missing || is_away {
            Self::DatabaseUnavailable(DatabaseFailure::Connection(error))
        } else {
            Self::Query(error)
        }
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}
