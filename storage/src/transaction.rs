//! Transactions under a service's role: the only way that services touch tables.
//!
//! Role and organisation are set `LOCAL`: they end with the transaction, so a connection that goes back to the pool
//! carries nothing of the request before (INV-9).

use deadpool_postgres::{Client, Transaction};
use schemas::ids::OrganisationId;
use tokio_postgres::IsolationLevel;

use crate::StorageError;

/// Reads the rows of one organisation.
pub const API_ROLE: &str = "candor_api";
/// Inserts and updates the rows of every organisation.
pub const SINK_ROLE: &str = "candor_sink";

/// Opens a read-only transaction that sees the rows of `organisation` and no others, all of one moment: an answer made
/// of several statements never contradicts itself.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn org_transaction<'a>(
    client: &'a mut Client,
    organisation: &OrganisationId,
) -> Result<Transaction<'a>, StorageError> {
    let during = || StorageError::during("opening a transaction of an organisation");
    let transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(IsolationLevel::RepeatableRead)
        .start()
        .await
        .map_err(during())?;
    // One round trip; an organisation's name has no character that would need quoting.
    let statements =
        format!("SET LOCAL ROLE {API_ROLE}; SET LOCAL candor.organisation = '{organisation}'");
    transaction
        .batch_execute(&statements)
        .await
        .map_err(during())?;
    Ok(transaction)
}

/// Opens a transaction of the sinks.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn sink_transaction(client: &mut Client) -> Result<Transaction<'_>, StorageError> {
    let during = || StorageError::during("opening a transaction of the sink");
    let transaction = client.transaction().await.map_err(during())?;
    let statement = format!("SET LOCAL ROLE {SINK_ROLE}");
    transaction
        .batch_execute(&statement)
        .await
        .map_err(during())?;
    Ok(transaction)
}
