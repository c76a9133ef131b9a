//! Bringing dead letters back, in one request.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dead_letters::{DeadLetterError, Notice, Position, Selection, Wanted, Whose, Writer, plan};
use kafka::config::KafkaConfig;
use runtime::problem::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;

/// Most letters of one request: they go back within a few seconds.
const MOST: usize = 5000;
/// Longest time in which the letters are looked for.
const WITHIN: Duration = Duration::from_secs(20);
/// Most letters whose failure is told one by one.
const TOLD: usize = 20;

/// Which dead letters are to be brought back: those that are named, or all that the filters take.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayAsk {
    /// The letters, `PARTITION:OFFSET`; at most 5,000.
    #[serde(default)]
    ids: Vec<String>,
    /// Only those with this reason.
    reason: Option<String>,
    /// Only those whose record stood in this topic.
    source: Option<String>,
    /// Only those set aside from then on.
    since: Option<DateTime<Utc>>,
    /// Only those set aside before.
    until: Option<DateTime<Utc>>,
    /// Also those that have been replayed before.
    #[serde(default)]
    again: bool,
    /// Says what would be done and does nothing.
    #[serde(default)]
    pub(super) dry_run: bool,
}

impl ReplayAsk {
    /// Checks what was sent.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: String, code: &str, detail: &str| {
            errors.push(FieldError {
                pointer,
                code: code.to_owned(),
                detail: detail.to_owned(),
            });
        };
        let filters = [&self.reason, &self.source]
            .into_iter()
            .any(Option::is_some);
        if self.ids.is_empty() && !filters && self.since.is_none() && self.until.is_none() {
            let detail = "name letters, or give reason, source, since or until";
            wrong("/ids".to_owned(), "required", detail);
        }
        if self.ids.len() > MOST {
            wrong("/ids".to_owned(), "too_many", "at most 5,000 letters");
        }
        let bad = self.ids.iter().take(MOST).enumerate();
        let bad = bad.filter(|(_, id)| id.parse::<Position>().is_err());
        for (number, _) in bad.take(TOLD) {
            let detail = "PARTITION:OFFSET as listed";
            wrong(format!("/ids/{number}"), "invalid", detail);
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::InvalidParameters(errors))
        }
    }

    /// The letters that are meant, of those that may be. They go to topics of this deployment only.
    pub(super) fn wanted(&self, whose: Whose, kafka: &KafkaConfig) -> Wanted {
        let topics = kafka.topics();
        let mut sources = vec![
            topics.events,
            topics.verdicts,
            topics.fingerprints,
            topics.webhooks,
        ];
        if let Some(source) = &self.source {
            sources.retain(|topic| topic == source);
            // A topic that is none of ours has no letters, which an empty list would not say.
            if sources.is_empty() {
                sources.push(String::new());
            }
        }
        Wanted {
            positions: self.ids.iter().filter_map(|id| id.parse().ok()).collect(),
            selection: Selection {
                whose,
                reasons: self.reason.iter().cloned().collect(),
                sources,
                since: self.since,
                until: self.until,
            },
            again: self.again,
            most: MOST,
            within: Some(WITHIN),
        }
    }
}

/// A letter that may not be back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayFailure {
    /// The letter.
    id: String,
    /// Why.
    problem: String,
}

/// What was done, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayReport {
    /// Letters that are meant.
    letters: u64,
    /// Of them, those that were back already and stay untouched.
    replayed_before: u64,
    /// Those that go back.
    to_replay: u64,
    /// Those that go back, by reason.
    by_reason: BTreeMap<String, u64>,
    /// Those that go back, by the topic they go to.
    by_topic: BTreeMap<String, u64>,
    /// Those that are back now.
    pub(super) replayed: u64,
    /// Those that may not be; asking again finds out and finishes.
    pub(super) failed: u64,
    /// Some of those that may not be.
    failures: Vec<ReplayFailure>,
    /// Whether nothing was done.
    dry_run: bool,
}

/// Plans, and writes unless it is a rehearsal. Blocks.
pub(super) fn run(
    wanted: &Wanted,
    (kafka, topic): (&KafkaConfig, &str),
    dry_run: bool,
) -> Result<ReplayReport, DeadLetterError> {
    let mut failures = Vec::new();
    let mut tell = |notice: Notice<'_>| {
        let (at, problem) = match notice {
            Notice::Interrupted { .. } => return,
            Notice::NotSent { at, error } => (at, error.to_string()),
            Notice::NotAcknowledged { at, error } => (at, error.to_string()),
        };
        if failures.len() < TOLD {
            let id = at.to_string();
            failures.push(ReplayFailure { id, problem });
        }
    };
    let mut plan = plan(wanted, kafka, topic, &mut tell)?;
    if !dry_run && plan.work() > 0 {
        Writer::new(kafka, topic, &mut tell)?.write(&mut plan)?;
    }
    let to_replay = plan.tally.by_topic.values().sum();
    let tally = plan.tally;
    Ok(ReplayReport {
        letters: tally.letters,
        replayed_before: tally.replayed_before,
        to_replay,
        by_reason: tally.by_reason,
        by_topic: tally.by_topic,
        replayed: tally.replayed,
        failed: tally.failed,
        failures,
        dry_run,
    })
}
