//! Connections to PostgreSQL for reading, and whether it can be reached.
//!
//! Every read is a transaction under the API's role that sees one organisation (INV-9). A read has a
//! deadline of its own, because a server that hangs does not end its statements; a connection whose
//! read was given up is closed, not reused.

use std::ops::DerefMut;
use std::time::Duration;

use deadpool_postgres::{Client, Pool, Transaction};
use runtime::CancellationToken;
use runtime::health::Component;
use schemas::ids::OrganisationId;
use storage::{DatabaseConfig, StorageError, org_transaction};
use tokio_postgres::error::SqlState;

use crate::error::{ApiError, DatabaseFailure, chain};
use crate::metrics::Metrics;

/// How often the database is looked at when nobody asks.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// How much longer than the server's own limit a read may take.
const GRACE: Duration = Duration::from_millis(500);

/// The database, for reading.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: Pool,
    deadline: Duration,
}

/// A connection that goes back to the pool only when its work was finished.
#[derive(Debug)]
struct Lease {
    client: Option<Client>,
    finished: bool,
}

impl Database {
    /// A pool; connects when first asked.
    pub(crate) fn new(config: &DatabaseConfig) -> Result<Self, StorageError> {
        let limit = config.statement_timeout;
        // Without a limit of the server there is still one of ours.
        let limit = if limit.is_zero() {
            Duration::from_secs(60)
        } else {
            limit
        };
        Ok(Self {
            pool: storage::pool(config)?,
            deadline: limit + GRACE,
        })
    }

    /// A connection.
    async fn lease(&self) -> Result<Lease, ApiError> {
        let client = self.pool.get().await.map_err(|error| {
            ApiError::DatabaseUnavailable(DatabaseFailure::Pool(Box::new(error)))
        })?;
        Ok(Lease {
            client: Some(client),
            finished: false,
        })
    }

    /// What `query` reads of the rows of `organisation`, in one read-only transaction, within the deadline.
    /// A connection whose read failed or was abandoned is not used again.
    pub(crate) async fn read<T>(
        &self,
        organisation: &OrganisationId,
        query: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.within(async {
            let mut lease = self.lease().await?;
            let transaction = lease.transaction(organisation).await?;
            let answer = query(&transaction).await?;
            transaction.rollback().await?;
            lease.finish();
            Ok(answer)
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
        self.read(organisation, async |transaction| {
            let query = "SELECT FROM sessions WHERE id = '00000000-0000-0000-0000-000000000000'";
            transaction.query_opt(query, &[]).await?;
            Ok(())
        })
        .await
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

impl Lease {
    /// A read-only transaction that sees the rows of `organisation`.
    async fn transaction(
        &mut self,
        organisation: &OrganisationId,
    ) -> Result<Transaction<'_>, ApiError> {
        let Some(client) = self.client.as_mut() else {
            return Err(ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer));
        };
        org_transaction(client, organisation)
            .await
            .map_err(|error| ApiError::DatabaseUnavailable(DatabaseFailure::Transaction(error)))
    }

    /// The reads have ended well: the connection may be used again.
    fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(mut client) = self.client.take() {
            let is_usable = self.finished && !client.deref_mut().is_closed();
            if !is_usable {
                // Whatever it is still doing, nobody shall wait behind it.
                drop(Client::take(client));
            }
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
