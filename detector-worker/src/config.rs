//! Settings of the worker.

use std::net::SocketAddr;
use std::time::Duration;

use kafka::config::KafkaConfig;
use runtime::config::{Config, Millis, Reader, Seconds};
use runtime::service::ServiceConfig;

use crate::coordination::CoordinationConfig;

/// When windows close and verdicts are emitted. All times are broker time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowConfig {
    /// Inactivity after which a session is over.
    pub gap: Duration,
    /// How long after a gap or a completion a late record still belongs to the window.
    pub grace: Duration,
    /// Longest window.
    pub max_length: Duration,
    /// New events after which a running verdict is emitted.
    pub emit_events: u64,
    /// Broker time after which the next batch emits a running verdict.
    pub emit_after: Duration,
    /// How far the wall clock must be past a gap before it may close windows of an idle partition:
    /// more than clocks differ and fetches last.
    pub clock_margin: Duration,
    /// Generation of the events topic; grows when the topic is re-created or replaced.
    pub generation: u32,
}

impl Default for WindowConfig {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(1800),
            grace: Duration::from_secs(300),
            max_length: Duration::from_secs(86_400),
            emit_events: 25,
            emit_after: Duration::from_secs(2),
            clock_margin: Duration::from_secs(10),
            generation: 1,
        }
    }
}

impl Config for WindowConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            gap: reader
                .or::<Seconds>(
                    "SESSION_GAP_SECONDS",
                    "1800",
                    "inactivity after which a session is over",
                )
                .0,
            grace: reader
                .or::<Seconds>(
                    "SESSION_GRACE_SECONDS",
                    "300",
                    "how long late records still belong to a closed window",
                )
                .0,
            max_length: reader
                .or::<Seconds>("SESSION_MAX_SECONDS", "86400", "longest window")
                .0,
            emit_events: reader.or(
                "EMIT_EVENTS",
                "25",
                "new events after which a running verdict is emitted",
            ),
            emit_after: reader
                .or::<Millis>(
                    "EMIT_AFTER_MS",
                    "2000",
                    "time after which the next batch emits a running verdict",
                )
                .0,
            clock_margin: reader
                .or::<Seconds>(
                    "CLOCK_MARGIN_SECONDS",
                    "10",
                    "wall-clock margin before idle partitions close windows",
                )
                .0,
            generation: reader.or("TOPIC_GENERATION", "1", "generation of the events topic"),
        };
        reader.check(
            !config.gap.is_zero(),
            "CANDOR_SESSION_GAP_SECONDS must not be 0",
        );
        reader.check(
            config.max_length > config.gap,
            "CANDOR_SESSION_MAX_SECONDS must be above the gap",
        );
        config
    }
}

/// How state is kept and how the worker behaves when something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateConfig {
    /// Longest time between two snapshots of a partition: what a successor has to read again.
    pub snapshot_interval: Duration,
    /// After how long the broker aborts a snapshot's transaction that is still open, and fences its writer. A
    /// successor never waits for it; an outage that lasts longer costs a restart.
    pub transaction_timeout: Duration,
    /// Most bytes that the windows of all partitions may take, see [`crate::windows`].
    pub memory_bytes: usize,
    /// How long a partition waits for a version that is stamped on a session and not known yet.
    pub version_wait: Duration,
    /// Whether a partition waits when most of what comes is poison of many sessions.
    pub flood_pauses: bool,
    /// How long a verdict may wait for others to travel with: longer is cheaper, shorter is sooner.
    pub linger: Duration,
}

const MIB: usize = 1 << 20;

impl Default for StateConfig {
    fn default() -> Self {
        Self {
            snapshot_interval: Duration::from_secs(5),
            transaction_timeout: Duration::from_secs(60),
            memory_bytes: 2048 * MIB,
            version_wait: Duration::from_secs(60),
            flood_pauses: true,
            linger: Duration::from_millis(5),
        }
    }
}

impl Config for StateConfig {
    #[rustfmt::skip]
    fn read(reader: &mut Reader<'_>) -> Self {
        let millis = |reader: &mut Reader<'_>, name, usual, help| reader.or::<Millis>(name, usual, help).0;
        let config = Self {
            snapshot_interval: millis(reader, "SNAPSHOT_INTERVAL_MS", "5000", "longest time between two snapshots of a partition"),
            transaction_timeout: millis(reader, "TRANSACTION_TIMEOUT_MS", "60000",
                "after how long the broker aborts a snapshot that is still open; above its longest outage"),
            memory_bytes: reader.or::<usize>("DETECTOR_MEMORY_MIB", "2048", "most memory of all windows, MiB; beyond it the worker waits")
                .saturating_mul(MIB),
            version_wait: reader.or::<Seconds>("VERSION_WAIT_SECONDS", "60",
                "how long a partition waits for a stamped version that is not known yet").0,
            flood_pauses: reader.or("DEAD_LETTER_FLOOD_PAUSES", "true",
                "whether a partition waits when most records of many sessions are poison"),
            linger: millis(reader, "VERDICT_LINGER_MS", "5", "how long verdicts wait for others to travel with"),
        };
        reader.check(!config.snapshot_interval.is_zero(), "CANDOR_SNAPSHOT_INTERVAL_MS must not be 0");
        reader.check(config.memory_bytes >= 16 * MIB, "CANDOR_DETECTOR_MEMORY_MIB must be 16 or more");
        config
    }
}

/// Settings of the worker.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How to reach Kafka.
    pub kafka: KafkaConfig,
    /// Where health and metrics are served.
    pub listen: SocketAddr,
    /// Consumer group; `{prefix}-detector` unless set.
    pub group: String,
    /// Topic to read; `{prefix}.events.v1` unless set.
    pub events_topic: String,
    /// Topic to write; `{prefix}.verdicts.v1` unless set.
    pub verdicts_topic: String,
    /// Topic for dead letters; `{prefix}.events.v1.dlq` unless set.
    pub dead_letter_topic: String,
    /// Topic of the windows' snapshots; `{prefix}.windows.v1` unless set. Groups that read the same
    /// events topic need one each.
    pub windows_topic: String,
    /// Topic of rulesets and models; `{prefix}.control.v1`.
    pub control_topic: String,
    /// Snapshots, memory, waiting.
    pub state: StateConfig,
    /// Topic between the two stages; `{prefix}.fingerprints.v1` unless set.
    pub fingerprints_topic: String,
    /// Windows.
    pub windows: WindowConfig,
    /// The second stage.
    pub coordination: CoordinationConfig,
}

impl WorkerConfig {
    /// The usual group and topics of `kafka`.
    pub fn new(kafka: KafkaConfig, listen: SocketAddr) -> Self {
        let topics = kafka.topics();
        Self {
            group: format!("{}-detector", kafka.prefix),
            events_topic: topics.events,
            verdicts_topic: topics.verdicts,
            dead_letter_topic: topics.dead_letters,
            windows_topic: topics.windows,
            control_topic: topics.control,
            fingerprints_topic: topics.fingerprints,
            coordination: CoordinationConfig::new(&kafka),
            kafka,
            listen,
            windows: WindowConfig::default(),
            state: StateConfig::default(),
        }
    }
}

impl Config for WorkerConfig {
    #[rustfmt::skip]
    fn read(reader: &mut Reader<'_>) -> Self {
        let kafka = KafkaConfig::read(reader);
        let listen = reader.or("LISTEN", "127.0.0.1:8082", "where health and metrics are served");
        let mut config = Self::new(kafka, listen);
        let names = [
            ("DETECTOR_GROUP", &mut config.group, "consumer group, {prefix}-detector unless set"),
            ("EVENTS_TOPIC", &mut config.events_topic, "topic to read, {prefix}.events.v1 unless set"),
            ("VERDICTS_TOPIC", &mut config.verdicts_topic, "topic to write, {prefix}.verdicts.v1 unless set"),
            ("DEAD_LETTER_TOPIC", &mut config.dead_letter_topic, "topic for dead letters, {prefix}.events.v1.dlq unless set"),
            ("WINDOWS_TOPIC", &mut config.windows_topic, "topic of the windows' snapshots, {prefix}.windows.v1 unless set; one for each group"),
            ("FINGERPRINTS_TOPIC", &mut config.fingerprints_topic, "topic between the two stages, {prefix}.fingerprints.v1 unless set"),
        ];
        for (name, value, help) in names {
            if let Some(chosen) = reader.optional(name, help) {
                *value = chosen;
            }
        }
        config.windows = WindowConfig::read(reader);
        config.state = StateConfig::read(reader);
        config.coordination = CoordinationConfig::read(reader, &config.kafka);
        config
    }
}

impl ServiceConfig for WorkerConfig {
    fn listen(&self) -> SocketAddr {
        self.listen
    }
}
