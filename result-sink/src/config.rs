//! Settings of the sink.

use std::net::SocketAddr;
use std::time::Duration;

use kafka::config::KafkaConfig;
use runtime::config::{Config, Millis, Reader};
use runtime::service::ServiceConfig;
use storage::DatabaseConfig;

use crate::retention::RetentionConfig;

/// How many records are held, and how they become batches. Each sink has a buffer of its own.
#[derive(Debug, Clone)]
pub struct BufferConfig {
    /// Records held at most, written or waiting; then no more are read.
    pub rows: usize,
    /// Bytes held at most.
    pub bytes: usize,
    /// Rows of one transaction at most; records that others of it overtake are not counted.
    pub batch_rows: usize,
    /// Bytes of one transaction at most, unless a single record is larger.
    pub batch_bytes: usize,
    /// How long the first record of a batch waits for company.
    pub linger: Duration,
}

impl Default for BufferConfig {
    fn default() -> Self {
        Self {
            rows: 260_000,
            bytes: 320 << 20,
            batch_rows: 64_000,
            batch_bytes: 96 << 20,
            linger: Duration::from_millis(20),
        }
    }
}

impl Config for BufferConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            rows: reader.or(
                "SINK_BUFFER_ROWS",
                "260000",
                "records held at most, per sink",
            ),
            bytes: reader.or(
                "SINK_BUFFER_BYTES",
                "335544320",
                "bytes held at most, per sink",
            ),
            batch_rows: reader.or(
                "SINK_BATCH_ROWS",
                "64000",
                "rows of one transaction at most; records that others overtake are not counted",
            ),
            batch_bytes: reader.or(
                "SINK_BATCH_BYTES",
                "100663296",
                "bytes of one transaction at most",
            ),
            linger: reader
                .or::<Millis>(
                    "SINK_LINGER_MS",
                    "20",
                    "how long a record waits for company",
                )
                .0,
        };
        let sensible = config.batch_rows > 0 && config.batch_bytes > 0;
        reader.check(
            sensible,
            "CANDOR_SINK_BATCH_ROWS and CANDOR_SINK_BATCH_BYTES must not be 0",
        );
        let fits = config.batch_rows <= config.rows && config.batch_bytes <= config.bytes;
        reader.check(fits, "a batch of the sink must fit into its buffer (CANDOR_SINK_BATCH_*, CANDOR_SINK_BUFFER_*)");
        config
    }
}

/// Every setting of the sink.
#[derive(Debug, Clone)]
pub struct SinkConfig {
    /// Where health and metrics are served.
    pub listen: SocketAddr,
    /// How to reach Kafka.
    pub kafka: KafkaConfig,
    /// How to reach PostgreSQL.
    pub database: DatabaseConfig,
    /// Whether verdicts are stored (group `{prefix}-sink`).
    pub verdicts: bool,
    /// Whether raw events are stored (group `{prefix}-raw`).
    pub raw_events: bool,
    /// How many batches of raw events are written at once.
    pub raw_writers: usize,
    /// How many batches of verdicts are written at once, each of its own partitions of the topic.
    pub verdict_writers: usize,
    /// Whether webhooks of survey platforms are stored (group `{prefix}-deliveries`).
    pub deliveries: bool,
    /// Generation of the topics, part of the key of raw rows and deliveries.
    pub generation: u32,
    /// Buffers and batches.
    pub buffer: BufferConfig,
    /// Longest attempt to write a batch; then the connection is given up.
    pub write_timeout: Duration,
    /// How often offsets are committed.
    pub commit_interval: Duration,
    /// How long a drain may take.
    pub drain_timeout: Duration,
    /// How many days ahead of today have partitions.
    pub partition_days: u32,
    /// How long what is stored is kept.
    pub retention: RetentionConfig,
}

impl SinkConfig {
    /// Defaults for that Kafka and that database, on a free port of the loopback interface.
    pub fn new(kafka: KafkaConfig, database: DatabaseConfig) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            kafka,
            database,
            verdicts: true,
            raw_events: true,
            raw_writers: 3,
            verdict_writers: 2,
            deliveries: true,
            generation: 1,
            buffer: BufferConfig::default(),
            write_timeout: Duration::from_secs(35),
            commit_interval: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(10),
            partition_days: 7,
            retention: RetentionConfig::default(),
        }
    }
}

/// How many writers of raw events and of verdicts.
fn read_writers(reader: &mut Reader<'_>) -> [usize; 2] {
    [
        reader.or(
            "SINK_RAW_WRITERS",
            "3",
            "batches of raw events that are written at once",
        ),
        reader.or(
            "SINK_VERDICT_WRITERS",
            "2",
            "batches of verdicts that are written at once",
        ),
    ]
}

impl Config for SinkConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut millis = |name, default, help| reader.or::<Millis>(name, default, help).0;
        let write_timeout = millis(
            "SINK_WRITE_TIMEOUT_MS",
            "35000",
            "longest attempt to write a batch",
        );
        let commit_interval = millis(
            "SINK_COMMIT_INTERVAL_MS",
            "1000",
            "how often offsets are committed",
        );
        let drain_timeout = millis(
            "SINK_DRAIN_TIMEOUT_MS",
            "10000",
            "how long a drain may take",
        );
        let [raw_writers, verdict_writers] = read_writers(reader);
        let config = Self {
            listen: reader.or(
                "LISTEN",
                "127.0.0.1:8083",
                "host:port of health and metrics",
            ),
            kafka: KafkaConfig::read(reader),
            database: DatabaseConfig::read(reader),
            verdicts: reader.or("SINK_VERDICTS", "true", "store verdicts"),
            raw_events: reader.or("SINK_RAW", "true", "store raw events"),
            raw_writers,
            verdict_writers,
            deliveries: reader.or(
                "SINK_DELIVERIES",
                "true",
                "store what survey platforms have told the gateway",
            ),
            generation: reader.or("TOPIC_GENERATION", "1", "generation of the events topic"),
            buffer: BufferConfig::read(reader),
            write_timeout,
            commit_interval,
            drain_timeout,
            partition_days: reader.or(
                "SINK_PARTITION_DAYS",
                "7",
                "days ahead that have partitions",
            ),
            retention: RetentionConfig::read(reader),
        };
        config.check(reader);
        config
    }
}

impl SinkConfig {
    /// What must hold between settings.
    fn check(&self, reader: &mut Reader<'_>) {
        let fits = self.drain_timeout < self.kafka.session_timeout;
        reader.check(
            fits,
            "CANDOR_SINK_DRAIN_TIMEOUT_MS must be below the session timeout",
        );
        reader.check(
            self.verdicts || self.raw_events || self.deliveries,
            "CANDOR_SINK_VERDICTS, CANDOR_SINK_RAW and CANDOR_SINK_DELIVERIES are all off",
        );
        reader.check(
            self.partition_days <= 366,
            "CANDOR_SINK_PARTITION_DAYS must be at most 366",
        );
        reader.check(
            (1..=16).contains(&self.raw_writers),
            "CANDOR_SINK_RAW_WRITERS must be from 1 to 16",
        );
        reader.check(
            (1..=16).contains(&self.verdict_writers),
            "CANDOR_SINK_VERDICT_WRITERS must be from 1 to 16",
        );
        // One connection for each writer, one for making and one for dropping partitions.
        reader.check(
            self.database.pool_size
                >= self
                    .raw_writers
                    .saturating_add(self.verdict_writers)
                    .saturating_add(3),
            "CANDOR_DATABASE_POOL_SIZE must be at least 3 above the writers of raw events and verdicts",
        );
    }
}

impl ServiceConfig for SinkConfig {
    fn listen(&self) -> SocketAddr {
        self.listen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<SinkConfig, Vec<String>> {
        let pairs: Vec<(String, String)> = [
            ("KAFKA_BROKERS", "k:9092"),
            ("DATABASE_URL", "postgresql://u@h/d"),
        ]
        .iter()
        .chain(pairs)
        .map(|(name, value)| (format!("CANDOR_{name}"), (*value).to_owned()))
        .collect();
        let lookup = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        runtime::config::load_from(lookup)
            .map(|loaded| loaded.config)
            .map_err(|errors| errors.0)
    }

    #[test]
    fn defaults_hold() {
        let config = load(&[]).unwrap();
        assert!(config.verdicts && config.raw_events);
        assert_eq!(config.buffer.linger, Duration::from_millis(20));
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_all_at_once() {
        let problems = load(&[
            ("SINK_BATCH_ROWS", "9"),
            ("SINK_BUFFER_ROWS", "8"),
            ("SINK_DRAIN_TIMEOUT_MS", "45000"),
            ("SINK_RAW", "false"),
            ("SINK_VERDICTS", "false"),
            ("SINK_RAW_WRITERS", "6"),
            ("RETENTION_DAYS", "30"),
            ("ROLLUP_RETENTION_DAYS", "29"),
            ("SINK_DELIVERIES", "false"),
        ]);
        assert_eq!(problems.unwrap_err().len(), 5);
        let replayed_while_dropped = load(&[("RETENTION_DAYS", "7")]);
        assert_eq!(replayed_while_dropped.unwrap_err().len(), 1);
    }
}
