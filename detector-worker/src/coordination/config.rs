//! Settings of the second stage.

use std::time::Duration;

use kafka::config::KafkaConfig;
use runtime::config::{Reader, Seconds};

use super::copies::Copies;
use super::counter::Bounds;
use super::policy::Rules;

/// Longest time for which a session may count: the fingerprints topic is kept for twice as long, and that far back a new
/// owner reads.
const MAX_EXPIRY: Duration = Duration::from_secs(86_400);

/// Settings of the second stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoordinationConfig {
    /// Whether this process runs it. Fingerprints are published in any case.
    pub enabled: bool,
    /// Consumer group; `{prefix}-coordination` unless set.
    pub group: String,
    /// From how many sessions on something is said.
    pub rules: Rules,
    /// How long a session counts after it was seen with a fingerprint, broker time.
    pub expiry: Duration,
    /// Most sessions remembered for a partition of the fingerprints topic.
    pub max_entries: usize,
    /// Most sessions counted with one fingerprint.
    pub max_sessions: usize,
    /// Most sketches of trajectories and rhythms remembered for a partition.
    pub max_sketches: usize,
}

impl CoordinationConfig {
    /// The usual settings under the prefix of `kafka`.
    pub fn new(kafka: &KafkaConfig) -> Self {
        Self {
            enabled: true,
            group: format!("{}-coordination", kafka.prefix),
            rules: Rules::default(),
            expiry: MAX_EXPIRY,
            max_entries: 200_000,
            max_sessions: 1000,
            max_sketches: 50_000,
        }
    }

    /// Reads the settings; the group's usual name is under the prefix of `kafka`.
    pub(crate) fn read(reader: &mut Reader<'_>, kafka: &KafkaConfig) -> Self {
        let usual = Self::new(kafka);
        let config = Self {
            enabled: reader.or(
                "COORDINATION",
                "true",
                "whether sessions with one device are counted here",
            ),
            group: reader
                .optional(
                    "COORDINATION_GROUP",
                    "consumer group, {prefix}-coordination unless set",
                )
                .unwrap_or(usual.group),
            rules: Rules {
                min_sessions: reader.or(
                    "COORDINATION_MIN_SESSIONS",
                    "3",
                    "sessions with one device from which there is a finding",
                ),
                many_sessions: reader.or(
                    "COORDINATION_MANY_SESSIONS",
                    "50",
                    "sessions with one device from which the risk is high",
                ),
            },
            expiry: reader
                .or::<Seconds>(
                    "COORDINATION_EXPIRY_SECONDS",
                    "86400",
                    "how long a session counts; at most a day",
                )
                .0,
            max_entries: reader.or(
                "COORDINATION_MAX_ENTRIES",
                "200000",
                "most sessions remembered for a partition",
            ),
            max_sessions: reader.or(
                "COORDINATION_MAX_SESSIONS",
                "1000",
                "most sessions counted with one device",
            ),
            max_sketches: reader.or(
                "COORDINATION_MAX_SKETCHES",
                "50000",
                "most trajectories and rhythms remembered for a partition",
            ),
        };
        config.check(reader);
        config
    }

    fn check(&self, reader: &mut Reader<'_>) {
        let Rules {
            min_sessions,
            many_sessions,
        } = self.rules;
        reader.check(
            min_sessions >= 2,
            "CANDOR_COORDINATION_MIN_SESSIONS must be at least 2",
        );
        reader.check(
            many_sessions > min_sessions,
            "CANDOR_COORDINATION_MANY_SESSIONS must be above CANDOR_COORDINATION_MIN_SESSIONS",
        );
        reader.check(
            self.max_sessions >= many_sessions as usize,
            "CANDOR_COORDINATION_MAX_SESSIONS must not be below CANDOR_COORDINATION_MANY_SESSIONS",
        );
        reader.check(
            self.max_entries >= self.max_sessions,
            "CANDOR_COORDINATION_MAX_ENTRIES must not be below CANDOR_COORDINATION_MAX_SESSIONS",
        );
        reader.check(
            self.max_sketches >= 2,
            "CANDOR_COORDINATION_MAX_SKETCHES must be at least 2",
        );
        reader.check(
            !self.expiry.is_zero() && self.expiry <= MAX_EXPIRY,
            "CANDOR_COORDINATION_EXPIRY_SECONDS must be from 1 to 86400",
        );
    }

    /// Nothing to compare with yet, within the bounds of one partition.
    pub(crate) fn copies(&self) -> Copies {
        let bounds = self.bounds();
        Copies::new(self.max_sketches, bounds.reach_ms())
    }

    /// What the counter of one partition may remember.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            expiry_ms: i64::try_from(self.expiry.as_millis()).unwrap_or(i64::MAX / 8),
            max_entries: self.max_entries,
            max_sessions: self.max_sessions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::Config;

    struct Read(CoordinationConfig);

    impl Config for Read {
        fn read(reader: &mut Reader<'_>) -> Self {
            Self(CoordinationConfig::read(reader, &KafkaConfig::default()))
        }
    }

    fn read(variables: &[(&str, &str)]) -> Result<CoordinationConfig, Vec<String>> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        runtime::config::load_from::<Read>(lookup)
            .map(|loaded| loaded.config.0)
            .map_err(|errors| errors.0)
    }

    #[test]
    fn without_settings_it_is_as_usual() {
        let usual = CoordinationConfig::new(&KafkaConfig::default());
        assert_eq!(read(&[]), Ok(usual));
    }

    #[test]
    fn settings_that_cannot_go_together_are_all_named() {
        let problems = read(&[
            ("CANDOR_COORDINATION_MIN_SESSIONS", "1"),
            ("CANDOR_COORDINATION_MANY_SESSIONS", "1"),
            ("CANDOR_COORDINATION_MAX_SESSIONS", "0"),
            ("CANDOR_COORDINATION_MAX_ENTRIES", "0"),
            ("CANDOR_COORDINATION_EXPIRY_SECONDS", "86401"),
            ("CANDOR_COORDINATION_MAX_SKETCHES", "1"),
        ]);
        assert_eq!(problems.unwrap_err().len(), 5);
        let small = read(&[("CANDOR_COORDINATION_MAX_ENTRIES", "999")]);
        assert_eq!(small.unwrap_err().len(), 1);
    }
}
