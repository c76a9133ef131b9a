//! Ends what has been kept long enough: at start, then every hour.
//!
//! Days are dropped whole, one partition in a transaction; rows outside every day, counts and campaigns end with
//! statements. Several sinks may do it at once. Counts are not touched by a dropped day: they have a retention of their
//! own, which is not shorter.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use deadpool_postgres::{Client, Pool};
use runtime::config::{Config, Reader};
use storage::{
    DELIVERY_TABLES, RAW_TABLES, RetainedTable, SESSION_TABLES, SUMMARY_TABLES, SummaryTable,
};

use crate::error::WriteError;
use crate::metrics::SinkMetrics;

/// How often to look. Days end slowly.
const INTERVAL: Duration = Duration::from_secs(3600);
/// First and last wait after a failure. Each attempt may hold others up for a moment, so it is not made often.
const RETRY: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// A session that was counted and dropped would be counted again if its records could still be replayed: the topics keep
/// them for seven days.
const LEAST_SESSION_DAYS: u32 = 8;

/// How many days things are kept beside today; 0 for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Sessions, their windows, results and findings, by the day of the session.
    pub session_days: u32,
    /// Raw events, by the day of their session.
    pub raw_days: u32,
    /// Counts by hour, and campaigns.
    pub rollup_days: u32,
    /// What survey platforms have told.
    pub delivery_days: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            session_days: 0,
            raw_days: 30,
            rollup_days: 0,
            delivery_days: 90,
        }
    }
}

impl Config for RetentionConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            session_days: reader.or(
                "RETENTION_DAYS",
                "0",
                "days that sessions, verdicts and findings are kept, 0 for ever",
            ),
            raw_days: reader.or(
                "RAW_RETENTION_DAYS",
                "30",
                "days that raw events are kept, 0 for ever",
            ),
            rollup_days: reader.or(
                "ROLLUP_RETENTION_DAYS",
                "0",
                "days that counts and campaigns are kept, 0 for ever",
            ),
            delivery_days: reader.or(
                "DELIVERY_RETENTION_DAYS",
                "90",
                "days that the log of webhooks is kept, 0 for ever",
            ),
        };
        let replayable = config.session_days == 0 || config.session_days >= LEAST_SESSION_DAYS;
        reader.check(
            replayable,
            "CANDOR_RETENTION_DAYS must be 0 or at least 8: longer than the topics keep what may be replayed",
        );
        let outlive = config.rollup_days == 0
            || (config.session_days > 0 && config.rollup_days >= config.session_days);
        reader.check(
            outlive,
            "CANDOR_ROLLUP_RETENTION_DAYS must be 0 or at least CANDOR_RETENTION_DAYS: counts outlive their sessions",
        );
        config
    }
}

impl RetentionConfig {
    /// The first day that is kept when so many are kept beside `today`; `None` when all are.
    fn first_kept(days: u32, today: NaiveDate) -> Option<NaiveDate> {
        let kept = (days > 0).then(|| Days::new(u64::from(days)))?;
        today.checked_sub_days(kept)
    }

    /// How many of the last `days` days are kept in every table.
    pub(crate) fn common_days(&self, days: u64) -> u64 {
        [self.session_days, self.raw_days]
            .into_iter()
            .filter(|kept| *kept > 0)
            .map(u64::from)
            .fold(days, u64::min)
    }
}

/// Drops and deletes until it is dropped itself.
#[derive(Debug)]
pub(crate) struct Retention {
    pub(crate) pool: Pool,
    pub(crate) config: RetentionConfig,
    pub(crate) metrics: SinkMetrics,
}

impl Retention {
    pub(crate) async fn run(self) {
        let [first, last] = RETRY;
        let mut wait = first;
        loop {
            match self.pass(Utc::now()).await {
                Ok(()) => {
                    wait = first;
                    tokio::time::sleep(INTERVAL).await;
                }
                Err(error) => {
                    self.metrics.retention_failures.inc();
                    tracing::warn!(%error, "what is past its retention is not gone, trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(last);
                }
            }
        }
    }

    async fn pass(&self, now: DateTime<Utc>) -> Result<(), WriteError> {
        let mut client = self.pool.get().await?;
        let today = now.date_naive();
        let first_kept = |days| RetentionConfig::first_kept(days, today);
        if let Some(day) = first_kept(self.config.session_days) {
            self.end_days(&mut client, &SESSION_TABLES, day).await?;
        }
        if let Some(day) = first_kept(self.config.raw_days) {
            self.end_days(&mut client, &RAW_TABLES, day).await?;
        }
        if let Some(day) = first_kept(self.config.rollup_days) {
            self.end_rows(&mut client, &SUMMARY_TABLES, day).await?;
        }
        if let Some(day) = first_kept(self.config.delivery_days) {
            self.end_rows(&mut client, &DELIVERY_TABLES, day).await?;
        }
        Ok(())
    }

    async fn end_days(
        &self,
        client: &mut Client,
        tables: &[RetainedTable],
        first_kept: NaiveDate,
    ) -> Result<(), WriteError> {
        for table in tables {
            let alone = std::slice::from_ref(table);
            while let Some(partition) =
                storage::drop_partition_before(client, alone, first_kept).await?
            {
                tracing::info!(partition, "partition dropped");
                let dropped = &self.metrics.partitions_dropped;
                dropped.with_label_values(&[table.name]).inc();
            }
            loop {
                let rows = storage::delete_leftovers_before(client, *table, first_kept).await?;
                if !self.count(table.name, rows) {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn end_rows(
        &self,
        client: &mut Client,
        tables: &[SummaryTable],
        first_kept: NaiveDate,
    ) -> Result<(), WriteError> {
        let instant = first_kept.and_time(chrono::NaiveTime::MIN).and_utc();
        for table in tables {
            loop {
                let rows = storage::delete_summaries_before(client, *table, instant).await?;
                if !self.count(table.name(), rows) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Counts deleted rows; whether there were any.
    fn count(&self, table: &str, rows: u64) -> bool {
        if rows > 0 {
            let expired = &self.metrics.expired_rows;
            expired.with_label_values(&[table]).inc_by(rows);
        }
        rows > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_kept_beside_the_days_and_nothing_ends_without_a_number() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let first_kept = |days| RetentionConfig::first_kept(days, today);
        assert_eq!(first_kept(0), None);
        assert_eq!(first_kept(2), NaiveDate::from_ymd_opt(2026, 2, 28));
        assert_eq!(first_kept(u32::MAX), None);
    }

    #[test]
    fn partitions_are_made_for_days_that_no_table_drops() {
        let days = |session_days, raw_days| {
            let config = RetentionConfig {
                session_days,
                raw_days,
                ..RetentionConfig::default()
            };
            config.common_days(7)
        };
        assert_eq!([days(0, 0), days(8, 30), days(0, 2)], [7, 7, 2]);
    }
}
