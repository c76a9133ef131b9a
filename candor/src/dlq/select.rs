//! Which letters a command is about.

use chrono::{DateTime, Utc};
use clap::Args;
use dead_letters::{MOST_SOURCES, Once, Whose};
use kafka::config::KafkaConfig;

use crate::operate::duration::moment;

/// Filters of letters.
#[derive(Debug, Clone, Args)]
pub struct Selection {
    /// The dead-letter topic ({prefix}.events.v1.dlq unless given)
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only those with this reason; may be repeated
    #[arg(long, value_name = "REASON")]
    pub reason: Vec<String>,
    /// Only those set aside from then on: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub since: Option<DateTime<Utc>>,
    /// Only those set aside before: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<DateTime<Utc>>,
}

impl Selection {
    /// The topic that is meant.
    pub(super) fn topic(&self, config: &KafkaConfig) -> String {
        let usual = || config.topics().dead_letters;
        self.topic.clone().unwrap_or_else(usual)
    }

    /// The letters that are meant: whoever runs the command sees everybody's.
    pub(super) fn letters(&self) -> dead_letters::Selection {
        dead_letters::Selection {
            whose: Whose::Anybody,
            reasons: self.reason.clone(),
            sources: Vec::new(),
            since: self.since,
            until: self.until,
        }
    }
}

/// Says on standard error what the numbers do not show.
pub(super) fn report(once: &Once) {
    if once.copies > 0 {
        eprintln!("{} copies of these are not shown", once.copies);
    }
    if once.is_full {
        eprintln!(
            "there are more than {MOST_SOURCES} letters; copies among the rest are not told apart"
        );
    }
}
