//! A connection while it is used: what becomes of it afterwards.

use std::ops::DerefMut;
use std::time::Duration;

use deadpool_postgres::{Client, Transaction};
use schemas::ids::OrganisationId;
use storage::{Read, org_read, org_transaction, org_write_transaction};
use tokio_postgres::{NoTls, Row, Statement};

use super::Ask;
use crate::error::{ApiError, DatabaseFailure};

/// Longest wait for PostgreSQL to take word that a read was given up.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);

/// Statements that a connection keeps with their plans, before it begins anew. Half a year of weeks and as many days fit.
const MOST_STATEMENTS: usize = 600;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Nothing: it may be used again.
    None,
    /// PostgreSQL may be at work for it.
    Running,
    /// A read has failed: it may be in any state.
    Failed,
}

/// A connection that goes back to the pool only when its work was finished.
#[derive(Debug)]
pub(super) struct Lease {
    client: Option<Client>,
    work: Work,
}

impl Lease {
    /// A connection that does nothing yet.
    pub(super) fn new(client: Client) -> Self {
        Self {
            client: Some(client),
            work: Work::None,
        }
    }

    /// Work begins: from now on it may be given up.
    pub(super) fn begin(&mut self) {
        self.work = Work::Running;
    }

    /// What `query` reads in one read-only transaction.
    pub(super) async fn read<T>(
        &mut self,
        organisation: &OrganisationId,
        query: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let transaction = self.transaction(organisation).await?;
        let answer = query(&transaction).await?;
        transaction.rollback().await?;
        Ok(answer)
    }

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

    /// A transaction that reads and writes the rows of `organisation`.
    async fn write_transaction(
        &mut self,
        organisation: &OrganisationId,
    ) -> Result<Transaction<'_>, ApiError> {
        let Some(client) = self.client.as_mut() else {
            return Err(ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer));
        };
        org_write_transaction(client, organisation)
            .await
            .map_err(|error| ApiError::DatabaseUnavailable(DatabaseFailure::Transaction(error)))
    }

    /// Carries out a change. An error outside is the connection's, one inside the change's own.
    pub(super) async fn change<T>(
        &mut self,
        organisation: &OrganisationId,
        change: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<Result<T, ApiError>, ApiError> {
        let transaction = self.write_transaction(organisation).await?;
        let outcome = change(&transaction).await;
        if outcome.is_ok() {
            transaction.commit().await?;
        } else {
            // A refusal leaves a connection that is as good as before; a broken one says so here.
            transaction.rollback().await?;
        }
        Ok(outcome)
    }

    pub(super) async fn fetch<const N: usize>(
        &self,
        organisation: &OrganisationId,
        asks: [Ask<'_>; N],
    ) -> Result<[Vec<Row>; N], ApiError> {
        let Some(client) = self.client.as_ref() else {
            return Err(ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer));
        };
        if client.statement_cache.size() > MOST_STATEMENTS {
            client.statement_cache.clear();
        }
        let mut statements: Vec<Statement> = Vec::with_capacity(N);
        for ask in &asks {
            statements.push(client.prepare_cached(ask.sql).await?);
        }
        let reads = std::array::from_fn(|place| Read {
            statement: &statements[place],
            values: asks[place].values,
        });
        org_read(client, organisation, reads)
            .await
            .map_err(ApiError::from)
    }

    /// The work has ended, well or not.
    pub(super) fn end(&mut self, well: bool) {
        self.work = if well { Work::None } else { Work::Failed };
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut client) = self.client.take() else {
            return;
        };
        if self.work == Work::Running {
            abandon(client);
        } else if self.work == Work::Failed || client.deref_mut().is_closed() {
            drop(Client::take(client));
        }
    }
}

/// Has PostgreSQL stop what it does for a connection, then closes it. Until then the connection counts as one of the
/// pool's, so that clients that come and go never have more work under way than the pool allows.
fn abandon(client: Client) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        drop(Client::take(client));
        return;
    };
    let token = client.cancel_token();
    runtime.spawn(async move {
        let told = tokio::time::timeout(CANCEL_LIMIT, token.cancel_query(NoTls)).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::debug!("a query that was given up could not be cancelled");
        }
        drop(Client::take(client));
    });
}
