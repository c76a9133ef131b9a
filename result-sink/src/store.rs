//! The sinks' way into the database for whoever has records and no topic: the same decoding, staging, statements and
//! triggers, one transaction a call.

use deadpool_postgres::{Client, Pool};
use kafka::{OwnedRecord, PackedRecord};
use storage::{DatabaseConfig, StorageError};

use crate::buffer::WorkItem;
use crate::destination::{Decoded, Destination, Staged};
use crate::raw::{self, RawEvents};
use crate::verdict_sql;
use crate::verdicts::Verdicts;

/// Why records were not stored; none of the call's are.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A record that the sink would set aside, or pass over.
    #[error("record {offset} is no row: {reason}")]
    NoRow {
        /// The record's offset.
        offset: i64,
        /// Why, as in dead letters.
        reason: &'static str,
    },
    /// The transaction.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A statement.
    #[error("a row was refused")]
    Statement(#[from] tokio_postgres::Error),
}

/// A pool whose connections can write; opens none yet.
///
/// # Errors
/// As [`storage::pool`].
pub fn pool(config: &DatabaseConfig) -> Result<Pool, StorageError> {
    let setup = format!("{}{}", verdict_sql::STAGING, raw::STAGING);
    storage::pool_with_setup(config, setup)
}

/// The statement that reads what a batch touches and writes its sessions, for checking its plan. It takes the sessions' ids
/// (`uuid[]`), the lowest and the highest.
pub fn sessions_statement() -> &'static str {
    verdict_sql::upsert_sessions()
}

/// Stores records of the verdicts topic: verdicts and findings. Harmless when repeated.
///
/// # Errors
/// [`StoreError`].
pub async fn verdicts(client: &mut Client, records: Vec<OwnedRecord>) -> Result<(), StoreError> {
    store(client, &Verdicts, records).await
}

/// Stores event batches, records of the events topic of that generation. Harmless when repeated.
///
/// # Errors
/// [`StoreError`].
pub async fn batches(
    client: &mut Client,
    generation: i32,
    records: Vec<OwnedRecord>,
) -> Result<(), StoreError> {
    store(client, &RawEvents { generation }, records).await
}

async fn store<D: Destination>(
    client: &mut Client,
    destination: &D,
    records: Vec<OwnedRecord>,
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let rows = records
        .into_iter()
        .map(|record| PackedRecord::of(&record.as_record()))
        .map(|record| match destination.decode(&record) {
            Decoded::Row(row) => Ok(Staged {
                item: WorkItem::new(record, 0),
                row,
            }),
            Decoded::Skip(reason) | Decoded::Poison(reason) => Err(StoreError::NoRow {
                offset: record.offset,
                reason,
            }),
        });
    let rows: Vec<Staged<D::Row>> = rows.collect::<Result<_, _>>()?;
    let transaction = storage::sink_transaction(client).await?;
    destination.write(&transaction, &rows).await?;
    transaction.commit().await?;
    Ok(())
}
