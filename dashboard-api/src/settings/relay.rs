//! The relay: writes the control records of the outbox to Kafka, in their order, at least once.
//!
//! Every instance of the service has one, and one of them at a time works: the holder of an advisory
//! lock that ends with its transaction. A record is marked after Kafka has acknowledged it, so a relay
//! that dies in between leaves it to be written again: the same bytes, before everything later. A relay
//! whose transaction was lost while it published cannot know whether another one has gone on meanwhile,
//! so what it wrote may stand behind something newer; it writes the newest records of those keys again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use control::{ControlWriter, WriteError};
use deadpool_postgres::{Client, Pool, Transaction};
use runtime::CancellationToken;
use schemas::control::{ControlKey, ControlRecord};
use storage::{DatabaseConfig, StorageError, relay_transaction};
use tokio::sync::Notify;

use crate::error::chain;
use crate::metrics::Metrics;

/// Name of the writer in the records' headers.
pub(crate) const SOURCE: &str = "/candor/dashboard-api";
/// How often the outbox is looked at when nobody says that there is something: changes that another
/// instance took, and what a dead relay left.
const IDLE_WAIT: Duration = Duration::from_secs(1);
/// First and longest wait after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Most records of one transaction: what is written again when it is lost.
const BATCH: i64 = 50;
/// A round that takes longer is given up: longer than Kafka takes to give up a record.
const ROUND_LIMIT: Duration = Duration::from_secs(50);
/// Longest text of an error that is kept.
const MAX_ERROR: usize = 500;
/// How often what was published long ago is cleared away.
const CLEARING: Duration = Duration::from_secs(3600);

/// Key of the advisory lock, "outbox" in ASCII.
const LOCK: &str = "SELECT pg_try_advisory_xact_lock(122550254464888)";
const PENDING: &str = "SELECT id, record_key, record_value FROM settings_outbox \
    WHERE published_at IS NULL ORDER BY id LIMIT $1";
const NEWEST: &str = "SELECT DISTINCT ON (record_key) id, record_key, record_value FROM settings_outbox \
    WHERE record_key = ANY($1) ORDER BY record_key, id DESC";
const DONE: &str =
    "UPDATE settings_outbox SET published_at = now(), last_error = NULL WHERE id = $1";
const FAILED: &str =
    "UPDATE settings_outbox SET attempts = attempts + 1, last_error = $2 WHERE id = $1";
const CLEAR: &str = "DELETE FROM settings_outbox WHERE published_at < now() - interval '30 days'";
const COUNT: &str = "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 \
    FROM settings_outbox WHERE published_at IS NULL";

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("no connection")]
    Pool(#[source] Box<deadpool_postgres::PoolError>),
    #[error("no transaction")]
    Transaction(#[source] StorageError),
    #[error("the database refused")]
    Query(#[from] tokio_postgres::Error),
    #[error("no answer in time")]
    NoAnswer,
    #[error("a stored record cannot be read")]
    Record(#[from] schemas::control::ControlError),
    #[error("the record was not published")]
    Publish(#[from] WriteError),
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There was nothing to do, or another relay is at it.
    Idle,
    /// Something was published; there may be more.
    Published,
    /// Kafka did not take a record.
    Refused,
}

/// Publishes the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    pool: Pool,
    writer: ControlWriter,
    woken: Arc<Notify>,
    metrics: Metrics,
}

/// What a relay remembers between rounds.
#[derive(Debug, Default)]
struct Memory {
    /// Keys of records that were written in a transaction that was lost.
    uncertain: BTreeSet<String>,
    failures: u32,
    cleared: Option<Instant>,
}

impl Relay {
    /// A relay with one connection of its own: it holds it for as long as Kafka takes, and requests shall
    /// not wait for that.
    pub(crate) fn new(
        database: &DatabaseConfig,
        writer: ControlWriter,
        metrics: Metrics,
    ) -> Result<Self, StorageError> {
        let own = DatabaseConfig {
            pool_size: 1,
            ..database.clone()
        };
        Ok(Self {
            pool: storage::pool(&own)?,
            writer,
            woken: Arc::default(),
            metrics,
        })
    }

    /// Says that there is something to publish.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Publishes until the shutdown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut memory = Memory::default();
        loop {
            let outcome = tokio::select! {
                () = shutdown.cancelled() => return,
                outcome = self.round(&mut memory) => outcome,
            };
            let failed = match &outcome {
                Ok(Round::Published) => {
                    memory.failures = 0;
                    continue;
                }
                Ok(Round::Idle) => false,
                Ok(Round::Refused) => true,
                Err(error) => {
                    if memory.failures == 0 {
                        tracing::warn!(error = %chain(error), "settings cannot be published");
                    }
                    true
                }
            };
            memory.failures = if failed { memory.failures + 1 } else { 0 };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(wait_after(memory.failures)) => {}
                // Kafka is not back because somebody has changed something else.
                () = self.woken.notified(), if !failed => {}
            }
        }
    }

    async fn round(&self, memory: &mut Memory) -> Result<Round, RelayError> {
        let client = self.pool.get().await;
        let mut client = client.map_err(|error| RelayError::Pool(Box::new(error)))?;
        let mut written = BTreeSet::new();
        let round = self.publish(&mut client, memory, &mut written);
        let outcome = tokio::time::timeout(ROUND_LIMIT, round).await;
        let outcome = outcome.unwrap_or(Err(RelayError::NoAnswer));
        if outcome.is_err() {
            // Whatever the connection is still doing, nobody shall wait behind it; its lock ends with it.
            drop(Client::take(client));
            memory.uncertain.append(&mut written);
        }
        outcome
    }

    /// One transaction: publishes what is pending and marks it. `written` gets the keys of what was written.
    async fn publish(
        &self,
        client: &mut Client,
        memory: &mut Memory,
        written: &mut BTreeSet<String>,
    ) -> Result<Round, RelayError> {
        let transaction = relay_transaction(client).await;
        let transaction = transaction.map_err(RelayError::Transaction)?;
        self.measure(&transaction).await?;
        if !transaction
            .query_one(LOCK, &[])
            .await?
            .try_get::<_, bool>(0)?
        {
            transaction.rollback().await?;
            return Ok(Round::Idle);
        }
        let mut round = Round::Idle;
        let pending = transaction.query(PENDING, &[&BATCH]).await?;
        for row in &pending {
            let (id, key, value): (i64, &str, &str) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            written.insert(key.to_owned());
            match self.write(key, value).await {
                Ok(()) => {
                    // A look at the database between two records: whose transaction is gone writes no more.
                    transaction.execute(DONE, &[&id]).await?;
                    round = Round::Published;
                }
                Err(error) => {
                    self.refused(&transaction, (id, memory.failures), &error)
                        .await?;
                    round = Round::Refused;
                    break;
                }
            }
        }
        // Not before everything older has been written: the newest of a key may be pending itself.
        let is_drained = i64::try_from(pending.len()).is_ok_and(|count| count < BATCH);
        let is_certain = is_drained && round != Round::Refused;
        if is_certain {
            self.rewrite(&transaction, memory, written).await?;
        }
        self.clear(&transaction, memory).await?;
        self.measure(&transaction).await?;
        transaction.commit().await?;
        if is_certain {
            memory.uncertain.clear();
        }
        Ok(round)
    }

    /// Writes the newest records of keys whose order is not certain.
    async fn rewrite(
        &self,
        transaction: &Transaction<'_>,
        memory: &Memory,
        written: &mut BTreeSet<String>,
    ) -> Result<(), RelayError> {
        if memory.uncertain.is_empty() {
            return Ok(());
        }
        let keys: Vec<&str> = memory.uncertain.iter().map(String::as_str).collect();
        for row in transaction.query(NEWEST, &[&keys]).await? {
            let (key, value): (&str, &str) = (row.try_get(1)?, row.try_get(2)?);
            written.insert(key.to_owned());
            self.write(key, value).await?;
        }
        Ok(())
    }

    async fn write(&self, key: &str, value: &str) -> Result<(), RelayError> {
        let record = ControlRecord::decode(&ControlKey::parse(key)?, value.as_bytes())?;
        let outcome = self.writer.put(&record).await;
        let label = if outcome.is_ok() {
            "published"
        } else {
            "failed"
        };
        let counter = &self.metrics.outbox_publications;
        counter.with_label_values(&[label]).inc();
        outcome?;
        Ok(())
    }

    async fn refused(
        &self,
        transaction: &Transaction<'_>,
        (id, failures): (i64, u32),
        error: &RelayError,
    ) -> Result<(), RelayError> {
        let text: String = chain(error).chars().take(MAX_ERROR).collect();
        if failures == 0 {
            tracing::warn!(error = %text, "settings cannot be published");
        }
        transaction.execute(FAILED, &[&id, &text]).await?;
        Ok(())
    }

    async fn clear(
        &self,
        transaction: &Transaction<'_>,
        memory: &mut Memory,
    ) -> Result<(), RelayError> {
        if memory
            .cleared
            .is_none_or(|cleared| cleared.elapsed() > CLEARING)
        {
            transaction.execute(CLEAR, &[]).await?;
            memory.cleared = Some(Instant::now());
        }
        Ok(())
    }

    async fn measure(&self, transaction: &Transaction<'_>) -> Result<(), RelayError> {
        let row = transaction.query_one(COUNT, &[]).await?;
        self.metrics.outbox_pending.set(row.try_get(0)?);
        self.metrics.outbox_age.set(row.try_get(1)?);
        Ok(())
    }
}

/// Twice as long after each failure in a row, each instance a little different.
fn wait_after(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    if failures == 0 {
        return IDLE_WAIT;
    }
    let wait = first
        .saturating_mul(1 << (failures - 1).min(10))
        .min(longest);
    wait.mul_f64(0.75 + rand::random::<f64>() * 0.25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_longest_and_begin_anew() {
        assert_eq!(wait_after(0), IDLE_WAIT);
        assert!(wait_after(1) <= BACKOFF.0);
        assert!(wait_after(4) > wait_after(1));
        let longest = wait_after(u32::MAX);
        assert!(
            longest > BACKOFF.1 / 2 && longest <= BACKOFF.1,
            "{longest:?}"
        );
    }
}
