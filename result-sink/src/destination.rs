//! What differs between the sinks: which records become rows, and how rows are written. Everything else (buffer, retry,
//! isolation of bad rows, dead letters) is the writer's.

use std::future::Future;

use deadpool_postgres::Transaction;
use kafka::PackedRecord;

use crate::buffer::WorkItem;

/// What a record is to a sink.
#[derive(Debug, PartialEq)]
pub(crate) enum Decoded<Row> {
    /// A row to be stored.
    Row(Row),
    /// Nothing to store, and nothing wrong. Holds a stable label.
    Skip(&'static str),
    /// Cannot be stored, now or ever: a dead letter. Holds the reason.
    Poison(&'static str),
}

/// A record with the row it became.
#[derive(Debug)]
pub(crate) struct Staged<Row> {
    pub(crate) item: WorkItem,
    pub(crate) row: Row,
}

/// Where a sink's records go.
pub(crate) trait Destination: Clone + Send + Sync + 'static {
    /// What a record becomes.
    type Row: Send + Sync + 'static;

    /// The `sink` label of metrics.
    const NAME: &'static str;

    /// Judges a record.
    fn decode(&self, record: &PackedRecord) -> Decoded<Self::Row>;

    /// Takes out of `rows`, which are in the order of arrival, what others of them overtake, and returns its records: nothing
    /// of them would be stored. The order of those that stay is kept.
    fn fold(_rows: &mut Vec<Staged<Self::Row>>) -> Vec<WorkItem> {
        Vec::new()
    }

    /// Writes rows; must change nothing when they are stored already. The caller commits.
    fn write(
        &self,
        transaction: &Transaction<'_>,
        rows: &[Staged<Self::Row>],
    ) -> impl Future<Output = Result<(), tokio_postgres::Error>> + Send;
}
