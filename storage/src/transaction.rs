//! Transactions under a service's role: the only way that services touch tables.
//!
//! Role and organisation are set `LOCAL`: they end with the transaction, so a connection that goes back to the pool
//! carries nothing of the request before (INV-9).

use deadpool_postgres::{Client, Transaction};
use schemas::ids::OrganisationId;
use tokio_postgres::IsolationLevel;

use crate::StorageError;

/// Reads the rows of one organisation, and writes its settings and reviews.
pub const API_ROLE: &str = "candor_api";
/// Inserts and updates the rows of every organisation.
pub const SINK_ROLE: &str = "candor_sink";
/// Tells the control topic what the settings of every organisation became; sees the outbox and nothing else.
pub const RELAY_ROLE: &str = "candor_relay";

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
    take_role(&transaction, organisation)
        .await
        .map_err(during())?;
    Ok(transaction)
}

/// Opens a transaction that reads and writes the rows of `organisation` and no others, as far as the API may write
/// at all. The caller commits. Statements see what others have committed meanwhile: lock the rows that a decision rests on.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn org_write_transaction<'a>(
    client: &'a mut Client,
    organisation: &OrganisationId,
) -> Result<Transaction<'a>, StorageError> {
    let during = || StorageError::during("opening a writing transaction of an organisation");
    let transaction = client.transaction().await.map_err(during())?;
    take_role(&transaction, organisation)
        .await
        .map_err(during())?;
    Ok(transaction)
}

/// One round trip; an organisation's name has no character that would need quoting.
async fn take_role(
    transaction: &Transaction<'_>,
    organisation: &OrganisationId,
) -> Result<(), tokio_postgres::Error> {
    let statements =
        format!("SET LOCAL ROLE {API_ROLE}; SET LOCAL candor.organisation = '{organisation}'");
    transaction.batch_execute(&statements).await
}

/// Opens a transaction of the sinks.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn sink_transaction(client: &mut Client) -> Result<Transaction<'_>, StorageError> {
    role_transaction(client, SINK_ROLE, "opening a transaction of the sink").await
}

/// Opens a transaction of the relay of settings.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn relay_transaction(client: &mut Client) -> Result<Transaction<'_>, StorageError> {
    role_transaction(client, RELAY_ROLE, "opening a transaction of the relay").await
}

async fn role_transaction<'a>(
    client: &'a mut Client,
    role: &str,
    what: &'static str,
) -> Result<Transaction<'a>, StorageError> {
    let during = || StorageError::during(what);
    let transaction = client.transaction().await.map_err(during())?;
    let statement = format!("SET LOCAL ROLE {role}");
    transaction
        .batch_execute(&statement)
        .await
        .map_err(during())?;
    Ok(transaction)
}
