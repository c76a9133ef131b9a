//! The end of stored data from the sink's side: days that are dropped, and rows that end with a statement.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::{Client, Transaction};

use crate::{StorageError, sink_transaction};

/// Who drops a partition makes everybody else wait behind it: it gives up rather soon and comes again.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// Rows that end with one statement.
const CHUNK: i64 = 5_000;

/// A partitioned table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetainedTable {
    /// Its name.
    pub name: &'static str,
    /// The session id by which it is partitioned.
    key: &'static str,
    /// Whether a partition holds a week; else it holds a day.
    is_weekly: bool,
}

impl RetainedTable {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            key: "session_id",
            is_weekly: false,
        }
    }

    /// Where rows end that are in no partition which ends with their day.
    fn leftovers(self) -> Cow<'static, str> {
        if self.is_weekly {
            Cow::Borrowed(self.name)
        } else {
            // Not the table: the triggers of sessions would take the rows for erased.
            Cow::Owned(format!("{}_default", self.name))
        }
    }
}

/// Verdicts and what they are made of. Sessions first: nothing that a list shows is without its details.
pub const SESSION_TABLES: [RetainedTable; 5] = [
    RetainedTable {
        key: "id",
        ..RetainedTable::new("sessions")
    },
    RetainedTable {
        is_weekly: true,
        ..RetainedTable::new("session_respondents")
    },
    RetainedTable::new("session_windows"),
    RetainedTable::new("detection_results"),
    RetainedTable::new("coordination_findings"),
];

/// Raw events.
pub const RAW_TABLES: [RetainedTable; 1] = [RetainedTable::new("behavior_batches")];

/// Counts and places in lists, each with the column that says how old a row is.
pub const SUMMARY_TABLES: [SummaryTable; 5] = [
    SummaryTable("session_rollups", "hour"),
    SummaryTable("session_rollups_daily", "day"),
    SummaryTable("organisation_rollups", "hour"),
    SummaryTable("organisation_rollups_daily", "day"),
    SummaryTable("campaigns", "last_at"),
];

/// What survey platforms have told.
pub const DELIVERY_TABLES: [SummaryTable; 1] =
    [SummaryTable("integration_deliveries", "received_at")];

/// A table without partitions, whose rows are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummaryTable(&'static str, &'static str);

impl SummaryTable {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.0
    }
}

/// Drops the oldest partition of a day before `first_kept` of those tables; its name, or `None` when there is none. Rows
/// and no more: what was counted of them stays counted. Harmless when repeated, and when several do it at once.
///
/// # Errors
/// [`StorageError::Statement`], also when somebody uses the table for longer than a moment.
pub async fn drop_partition_before(
    client: &mut Client,
    tables: &[RetainedTable],
    first_kept: NaiveDate,
) -> Result<Option<String>, StorageError> {
    let during = || StorageError::during("dropping a partition");
    let transaction = impatient_transaction(client).await?;
    let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
    let statement = "SELECT candor_drop_partition_before($1, $2::text::date)";
    let row = transaction
        .query_one(statement, &[&names, &first_kept.to_string()])
        .await;
    let dropped = row.map_err(during())?.get(0);
    transaction.commit().await.map_err(during())?;
    Ok(dropped)
}

/// Deletes rows of days before `first_kept` that are in no partition which ends with their day, some thousands at a time.
/// Returns how many; 0 when there are none left.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn delete_leftovers_before(
    client: &mut Client,
    table: RetainedTable,
    first_kept: NaiveDate,
) -> Result<u64, StorageError> {
    let (key, leftovers) = (table.key, table.leftovers());
    // Rows of several partitions may have one place; all of them are past their time.
    let statement = format!(
        "DELETE FROM {leftovers} WHERE {key} < candor_day_floor($1::text::date) AND ctid = ANY (ARRAY( \
         SELECT ctid FROM {leftovers} WHERE {key} < candor_day_floor($1::text::date) LIMIT {CHUNK}))"
    );
    let transaction = impatient_transaction(client).await?;
    let deleted = transaction
        .execute(&statement, &[&first_kept.to_string()])
        .await;
    finish(transaction, deleted).await
}

/// Deletes rows of a table without partitions that are older than `first_kept`, some thousands at a time. Returns how many; 0 when
/// there are none left.
///
/// # Errors
/// [`StorageError::Statement`].
pub async fn delete_summaries_before(
    client: &mut Client,
    table: SummaryTable,
    first_kept: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let SummaryTable(name, column) = table;
    let statement = format!(
        "DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE {column} < $1 LIMIT {CHUNK}))"
    );
    let transaction = impatient_transaction(client).await?;
    let deleted = transaction.execute(&statement, &[&first_kept]).await;
    finish(transaction, deleted).await
}

async fn impatient_transaction(client: &mut Client) -> Result<Transaction<'_>, StorageError> {
    let transaction = sink_transaction(client).await?;
    let limit = format!("SET LOCAL lock_timeout = {}", LOCK_WAIT.as_millis());
    let limited = transaction.batch_execute(&limit).await;
    limited.map_err(StorageError::during("opening a transaction of retention"))?;
    Ok(transaction)
}

async fn finish(
    transaction: Transaction<'_>,
    deleted: Result<u64, tokio_postgres::Error>,
) -> Result<u64, StorageError> {
    let during = || StorageError::during("deleting rows past their retention");
    let deleted = deleted.map_err(during())?;
    transaction.commit().await.map_err(during())?;
    Ok(deleted)
}
