//! Reads of one organisation's rows in one round trip.
//!
//! The transaction is opened, asked and ended without waiting in between: PostgreSQL answers a pipeline in its order. If
//! opening fails, nothing after it is carried out, because the transaction has failed; and what is asked are prepared
//! statements only, because a pipeline keeps its order only as long as each part is sent when it is first polled.

use futures::future::{join_all, join3};
use schemas::ids::OrganisationId;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::{API_ROLE, StorageError};

/// Most reads of one pipeline; `join_all` polls more than thirty in another order.
const MAX_READS: usize = 16;

/// One statement of a pipeline, with its values.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// Prepared on the connection that is asked.
    pub statement: &'a Statement,
    /// In the order of the statement's places.
    pub values: &'a [&'a (dyn ToSql + Sync)],
}

/// The rows of each of `reads`, which see the rows of `organisation` and no others, all of one moment. One round trip.
///
/// When the future is dropped before it has ended, the connection must not be used again: PostgreSQL may still be at
/// work on it.
///
/// # Errors
/// [`StorageError::Statement`] of the first that failed; the transaction has ended all the same.
pub async fn org_read<const N: usize>(
    client: &Client,
    organisation: &OrganisationId,
    reads: [Read<'_>; N],
) -> Result<[Vec<Row>; N], StorageError> {
    const { assert!(N <= MAX_READS) };
    // An organisation's name has no character that would need quoting.
    let begin = format!(
        "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ; SET LOCAL ROLE {API_ROLE}; \
         SET LOCAL candor.organisation = '{organisation}'"
    );
    let asked = join_all(
        reads
            .iter()
            .map(|read| client.query(read.statement, read.values)),
    );
    let (begun, answers, ended) = join3(
        client.batch_execute(&begin),
        asked,
        client.batch_execute("ROLLBACK"),
    )
    .await;
    begun.map_err(StorageError::during(
        "opening a transaction of an organisation",
    ))?;
    let mut rows = [const { Vec::new() }; N];
    for (place, answer) in rows.iter_mut().zip(answers) {
        *place = answer.map_err(StorageError::during("reading rows of an organisation"))?;
    }
    ended.map_err(StorageError::during(
        "ending a transaction of an organisation",
    ))?;
    Ok(rows)
}
