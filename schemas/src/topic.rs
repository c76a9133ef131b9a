//! Topic names under a prefix, and the policy each topic is created with.
//!
//! Nothing is created automatically by a broker: `candor topics create` (or `candor dev`) makes every
//! topic here with the settings of [`TopicSpec::config`].

/// How a topic's partition count is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionCount {
    /// As many as the operator asks for; topics that follow the sessions all share this count.
    PerSession,
    /// Always one: the order of all records matters.
    One,
}

/// One topic: its name, partitions and broker settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Full name, prefix included.
    pub name: String,
    /// How many partitions it has.
    pub partitions: PartitionCount,
    /// Topic-level broker settings (`cleanup.policy`, `retention.ms`, …).
    pub config: Vec<(&'static str, &'static str)>,
}

/// The names of Candor's topics. The default prefix is `candor` (`CANDOR_TOPIC_PREFIX`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Session started, event batches, completed, analysis requested; keyed by session id.
    pub events: String,
    /// Verdicts, one record per revision, and coordination findings; keyed by session id.
    pub verdicts: String,
    /// Compacted window snapshots, co-partitioned with `events`.
    pub windows: String,
    /// What closed windows looked like; keyed by what is counted together.
    pub fingerprints: String,
    /// Compacted keys, organisations, rulesets, settings; one partition.
    pub control: String,
    /// Records of `events` that cannot be processed, with the reason in their headers.
    pub dead_letters: String,
    /// Notices of survey platforms, and what became of them; keyed by integration.
    pub webhooks: String,
}

impl Topics {
    /// The names under `prefix`.
    pub fn new(prefix: &str) -> Self {
        Self {
            events: format!("{prefix}.events.v1"),
            verdicts: format!("{prefix}.verdicts.v1"),
            windows: format!("{prefix}.windows.v1"),
            fingerprints: format!("{prefix}.fingerprints.v1"),
            control: format!("{prefix}.control.v1"),
            dead_letters: format!("{prefix}.events.v1.dlq"),
            webhooks: format!("{prefix}.webhooks.v1"),
        }
    }

    /// Every topic with its policy.
    pub fn specs(&self) -> Vec<TopicSpec> {
        use PartitionCount::{One, PerSession};
        let spec = |name: &str, partitions, config: &[(&'static str, &'static str)]| TopicSpec {
            name: name.to_owned(),
            partitions,
            config: config.to_vec(),
        };
        // The broker's clock decides windows (INV-3), so the events topic carries append times.
        let events = [
            ("retention.ms", DAYS_7),
            ("message.timestamp.type", "LogAppendTime"),
            ("max.message.bytes", "2097152"),
        ];
        let windows = [
            ("cleanup.policy", "compact"),
            ("min.cleanable.dirty.ratio", "0.1"),
            ("segment.bytes", "67108864"),
        ];
        // A dead letter is its source record plus headers, so the limit is higher than the source's.
        let dead_letters = [("retention.ms", DAYS_30), ("max.message.bytes", "3145728")];
        vec![
            spec(&self.events, PerSession, &events),
            spec(&self.verdicts, PerSession, &[("retention.ms", DAYS_30)]),
            spec(&self.windows, PerSession, &windows),
            // Twice as long as the usual time for which sessions are counted together.
            spec(&self.fingerprints, PerSession, &[("retention.ms", DAYS_2)]),
            spec(&self.control, One, &[("cleanup.policy", "compact")]),
            spec(&self.dead_letters, PerSession, &dead_letters),
            spec(&self.webhooks, One, &[("retention.ms", DAYS_30)]),
        ]
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self::new("candor")
    }
}

const DAYS_2: &str = "172800000";
const DAYS_7: &str = "604800000";
const DAYS_30: &str = "2592000000";
