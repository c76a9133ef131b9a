//! Keeps partitions ahead of the days: at start, then every hour.
//!
//! Rows do not wait for it: without a partition they go to the default one, are counted, and move when their day is
//! made. The clock decides here which days exist, never what a row says.

use std::time::Duration;

use chrono::{Days, Utc};
use deadpool_postgres::Pool;
use runtime::health::Component;
use storage::StorageError;

use crate::backoff::Backoff;
use crate::error::WriteError;
use crate::metrics::SinkMetrics;

/// How often to look. Days change slowly; an hour also moves rows of a day that came too early.
const INTERVAL: Duration = Duration::from_secs(3600);
/// How many days back have partitions: as long as the events topic keeps records, which may be replayed.
pub(crate) const DAYS_BACK: u64 = 7;

/// Makes partitions until it is dropped.
#[derive(Debug)]
pub(crate) struct PartitionKeeper {
    pub(crate) pool: Pool,
    pub(crate) days_ahead: u32,
    /// How many days back: [`DAYS_BACK`], or less when retention ends them sooner.
    pub(crate) days_back: u64,
    pub(crate) metrics: SinkMetrics,
    /// Up once the schema is there and has its partitions.
    pub(crate) health: Component,
}

impl PartitionKeeper {
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            match self.keep().await {
                Ok(made) => {
                    self.health.up();
                    if made > 0 {
                        tracing::info!(partitions = made, "partitions made ahead");
                    }
                    backoff = Backoff::default();
                    tokio::time::sleep(INTERVAL).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "partitions not made, trying again");
                    self.health.down(error.to_string());
                    backoff.wait().await;
                }
            }
        }
    }

    async fn keep(&self) -> Result<i32, WriteError> {
        let mut client = self.pool.get().await?;
        let today = Utc::now().date_naive();
        let first = today
            .checked_sub_days(Days::new(self.days_back))
            .unwrap_or(today);
        let ahead = Days::new(u64::from(self.days_ahead));
        let last = today.checked_add_days(ahead).unwrap_or(today);
        let made = storage::ensure_partitions(&mut client, first, last).await?;
        let outside: Result<i64, StorageError> = storage::count_default_rows(&mut client).await;
        self.metrics.default_rows.set(outside?);
        Ok(made)
    }
}
