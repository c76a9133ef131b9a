//! Partitions from the services' side: make them ahead, and count what fell outside.

use chrono::NaiveDate;
use deadpool_postgres::Client;

use crate::{StorageError, sink_transaction};

/// Makes the partitions of the days from `first` to `last`, both included, in every partitioned table; rows of those days
/// leave the default partition. Returns how many were missing. Harmless when repeated, and when several do it at once.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn ensure_partitions(
    client: &mut Client,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<i32, StorageError> {
    let during = || StorageError::during("making partitions");
    let transaction = sink_transaction(client).await?;
    // Who waits for the default partition makes all others wait behind it: rather give up and come again.
    let limit = "SET LOCAL lock_timeout = '10s'";
    transaction.batch_execute(limit).await.map_err(during())?;
    let statement = "SELECT candor_ensure_partitions($1::text::date, $2::text::date)";
    let (first, last) = (first.to_string(), last.to_string());
    let row = transaction.query_one(statement, &[&first, &last]).await;
    let made = row.map_err(during())?.get(0);
    transaction.commit().await.map_err(during())?;
    Ok(made)
}

/// Rows outside every day's partition, all tables together: ids from the far past or future.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn count_default_rows(client: &mut Client) -> Result<i64, StorageError> {
    let during = || StorageError::during("counting the default partitions");
    let transaction = sink_transaction(client).await?;
    let statement = "SELECT (SELECT count(*) FROM sessions_default) + (SELECT count(*) FROM session_windows_default) \
        + (SELECT count(*) FROM detection_results_default) + (SELECT count(*) FROM coordination_findings_default) \
        + (SELECT count(*) FROM session_respondents_default) + (SELECT count(*) FROM behavior_batches_default)";
    let row = transaction.query_one(statement, &[]).await;
    let rows = row.map_err(during())?.get(0);
    transaction.commit().await.map_err(during())?;
    Ok(rows)
}
