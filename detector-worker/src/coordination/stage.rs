//! The consumer's side of the second stage: decode a fingerprint record, count or compare it, publish what it changes.
//!
//! Runs on the consumer's thread and never blocks. What is committed is the first record whose findings are not all
//! acknowledged; beside it stands, as the commit's metadata, where a new owner begins to read in order to count on. Of
//! what lies between the two it publishes nothing: that was acknowledged before it was committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use detection::SessionSketch;
use kafka::consumer::{CommitPoint, Demand, Handler, HandlerError, StartPosition};
use kafka::ledger::OffsetLedger;
use kafka::{Partition, Record};
use schemas::coordination::{CoordinationFinding, FingerprintKind, FingerprintRecord};
use schemas::header::{HeaderError, RecordHeaders, RecordType};

use super::config::CoordinationConfig;
use super::copies::{Compared, Copies, Sighting};
use super::counter::{Counted, Counter, Observation, Tally};
use super::findings::{self, Cause};
use super::metrics::Metrics;
use super::policy;
use crate::outbox::Outbox;

/// Version of the commit's metadata.
const METADATA: &str = "c1";

/// Why a record is set aside. Only what would fail again identically is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Poison {
    #[error("the headers cannot be used")]
    Headers(#[source] HeaderError),
    #[error("the record type does not belong on this topic")]
    RecordType,
    #[error("the value is not a fingerprint record")]
    Value,
    #[error("the key is not that of the value")]
    KeyMismatch,
    #[error("headers and value name different organisations")]
    Organisation,
}

impl Poison {
    fn kind(&self) -> &'static str {
        match self {
            Self::Headers(error) => error.kind(),
            Self::RecordType => "record_type",
            Self::Value => "bad_value",
            Self::KeyMismatch => "key_mismatch",
            Self::Organisation => "organisation_mismatch",
        }
    }
}

struct Assignment {
    epoch: u64,
    counter: Counter,
    copies: Copies,
    ledger: OffsetLedger,
    /// Everything before was published by somebody before us.
    published_until: i64,
}

pub(crate) struct CoordinationStage {
    config: CoordinationConfig,
    outbox: Outbox<Cause>,
    verdicts_topic: Arc<str>,
    metrics: Metrics,
    assignments: BTreeMap<Partition, Assignment>,
    epoch: u64,
}

impl CoordinationStage {
    pub(crate) fn new(
        config: CoordinationConfig,
        outbox: Outbox<Cause>,
        verdicts_topic: &str,
        metrics: Metrics,
    ) -> Self {
        Self {
            config,
            outbox,
            verdicts_topic: verdicts_topic.into(),
            metrics,
            assignments: BTreeMap::new(),
            epoch: 0,
        }
    }

    fn count_record(&self, outcome: &str) {
        self.metrics.records.with_label_values(&[outcome]).inc();
    }

    /// Counts a record and files what it changes; returns how many were filed.
    fn count(
        &mut self,
        cause: Cause,
        seen: &FingerprintRecord,
        traceparent: Option<&str>,
    ) -> Result<u32, HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&cause.partition) else {
            return Ok(0);
        };
        let key = seen.key();
        let observation = Observation {
            key: &key,
            session: seen.session_id,
            observed_ms: seen.observed_at.timestamp_millis(),
            offset: cause.offset,
        };
        let counted = assignment.counter.observe(observation);
        self.metrics
            .evicted
            .inc_by(assignment.counter.take_evicted());
        let replayed = cause.offset < assignment.published_until;
        let mut filed = 0;
        if let Counted::New(tally) = counted {
            let told = self.tell(cause.partition, (&key, seen), tally);
            if !replayed {
                for session in told {
                    filed += u32::from(self.file(cause, (seen, session, tally), traceparent)?);
                }
            }
        }
        self.count_record(match counted {
            _ if replayed => "replayed",
            Counted::New(_) => "counted",
            Counted::Known => "repeated",
            Counted::Late => "late",
        });
        Ok(filed)
    }

    /// Who is told of `tally`, now that `seen` has brought it about.
    fn tell(
        &mut self,
        partition: Partition,
        (key, seen): (&str, &FingerprintRecord),
        tally: Tally,
    ) -> Vec<schemas::ids::SessionId> {
        let rules = self.config.rules;
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Vec::new();
        };
        if tally.sessions < rules.min_sessions {
            return Vec::new();
        }
        if rules.tells_all(tally.sessions) {
            return assignment.counter.tell_all(key, tally.sessions);
        }
        assignment
            .counter
            .tell(key, seen.session_id, tally.sessions);
        vec![seen.session_id]
    }

    /// Files the finding of one session; whether there is one.
    fn file(
        &mut self,
        cause: Cause,
        (seen, session, tally): (&FingerprintRecord, schemas::ids::SessionId, Tally),
        traceparent: Option<&str>,
    ) -> Result<bool, HandlerError> {
        let Some(finding) = self.config.rules.finding(seen, session, tally) else {
            return Ok(false);
        };
        self.file_finding(cause, &finding, traceparent)?;
        Ok(true)
    }

    fn file_finding(
        &mut self,
        cause: Cause,
        finding: &CoordinationFinding,
        traceparent: Option<&str>,
    ) -> Result<(), HandlerError> {
        let message = findings::message(&self.verdicts_topic, finding, traceparent);
        let message =
            message.map_err(|error| failure(format!("a finding cannot be encoded: {error}")))?;
        self.outbox.push(cause, message);
        let findings = &self.metrics.findings;
        findings.with_label_values(&[finding.kind.as_str()]).inc();
        Ok(())
    }

    /// Compares a sketch with those of its survey and files what it changes; returns how many were filed.
    fn compare(
        &mut self,
        cause: Cause,
        (seen, sketch): (&FingerprintRecord, SessionSketch),
        traceparent: Option<&str>,
    ) -> Result<u32, HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&cause.partition) else {
            return Ok(0);
        };
        let observed_ms = seen.observed_at.timestamp_millis();
        assignment.counter.note_time(observed_ms, cause.offset);
        let compared = assignment.copies.observe(Sighting {
            key: &seen.key(),
            session: seen.session_id,
            fingerprint: seen.fingerprint,
            sketch,
            observed_ms,
            offset: cause.offset,
        });
        let evicted = assignment.copies.take_evicted();
        let replayed = cause.offset < assignment.published_until;
        self.metrics.evicted.inc_by(evicted);
        self.count_record(match &compared {
            _ if replayed => "replayed",
            Compared::New(_) => "counted",
            Compared::Known => "repeated",
            Compared::Late => "late",
        });
        let mut filed = 0;
        if let (Compared::New(told), false) = (compared, replayed) {
            for told in told {
                self.file_finding(cause, &policy::copied(seen, told), traceparent)?;
                filed += 1;
            }
        }
        Ok(filed)
    }

    fn set_aside(&mut self, cause: Cause, record: &Record<'_>, poison: &Poison) -> u32 {
        let assignment = self.assignments.get(&cause.partition);
        if assignment.is_some_and(|assignment| cause.offset < assignment.published_until) {
            self.count_record("replayed");
            return 0;
        }
        self.count_record("dead_lettered");
        let dead_letters = &self.metrics.dead_letters;
        dead_letters.with_label_values(&[poison.kind()]).inc();
        tracing::warn!(kafka.topic = record.topic, kafka.partition = record.partition, kafka.offset = record.offset, reason = poison.kind(), error = %poison, "fingerprint set aside");
        self.outbox
            .push_dead_letter(cause, record.to_owned(), poison.kind());
        1
    }

    fn send_waiting(&mut self) -> Result<(), HandlerError> {
        let sent = self.outbox.send_waiting();
        sent.map_err(|error| failure(format!("a record cannot be sent: {error}")))
    }

    fn take_acknowledgements(&mut self) -> Result<(), HandlerError> {
        for (cause, outcome) in self.outbox.take_acknowledged() {
            let assignment = self.assignments.get_mut(&cause.partition);
            let current = assignment.filter(|assignment| assignment.epoch == cause.epoch);
            let Some(assignment) = current else {
                continue;
            };
            // Without it nothing after it may be committed: start again from the commit.
            outcome.map_err(|error| {
                failure(format!(
                    "a finding or dead letter was not delivered: {error}"
                ))
            })?;
            let completed = assignment.ledger.complete(cause.offset);
            completed.map_err(|error| failure(error.to_string()))?;
        }
        Ok(())
    }
}

/// The sketch that a record must carry, and must not if it is of a device.
fn sketch_of(seen: &FingerprintRecord) -> Result<Option<SessionSketch>, Poison> {
    match (seen.kind, &seen.sketch) {
        (FingerprintKind::Device, None) => Ok(None),
        (FingerprintKind::Device, Some(_)) | (_, None) => Err(Poison::Value),
        (_, Some(bytes)) => SessionSketch::from_bytes(bytes.bytes())
            .map(Some)
            .map_err(|_| Poison::Value),
    }
}

fn decode(
    record: &Record<'_>,
    headers: &RecordHeaders,
) -> Result<(FingerprintRecord, Option<SessionSketch>), Poison> {
    if headers.record_type != RecordType::Fingerprint {
        return Err(Poison::RecordType);
    }
    let seen: FingerprintRecord =
        serde_json::from_slice(record.payload).map_err(|_| Poison::Value)?;
    if seen.organisation != headers.organisation {
        return Err(Poison::Organisation);
    }
    // By another key it would be in another partition than those it is counted with.
    if seen.key().as_bytes() != record.key {
        return Err(Poison::KeyMismatch);
    }
    let sketch = sketch_of(&seen)?;
    Ok((seen, sketch))
}

impl Handler for CoordinationStage {
    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        self.epoch += 1;
        let begin = begin_of(&start.metadata)
            .unwrap_or(start.offset)
            .min(start.offset);
        let assignment = Assignment {
            epoch: self.epoch,
            counter: Counter::new(self.config.bounds()),
            copies: self.config.copies(),
            ledger: OffsetLedger::new(begin),
            published_until: start.offset,
        };
        self.assignments.insert(partition, assignment);
        Ok(begin)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get(&record.partition) else {
            return Ok(());
        };
        let cause = Cause {
            partition: record.partition,
            epoch: assignment.epoch,
            offset: record.offset,
        };
        let headers = RecordHeaders::decode(record.headers()).map_err(Poison::Headers);
        let decoded = headers
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|headers| decode(record, headers));
        let traceparent = headers.ok().and_then(|headers| headers.traceparent);
        let filed = match decoded {
            Ok((seen, None)) => self.count(cause, &seen, traceparent.as_deref())?,
            Ok((seen, Some(sketch))) => {
                self.compare(cause, (&seen, sketch), traceparent.as_deref())?
            }
            Err(poison) => self.set_aside(cause, record, &poison),
        };
        if let Some(assignment) = self.assignments.get_mut(&record.partition) {
            let begun = assignment.ledger.begin(record.offset, filed);
            begun.map_err(|error| failure(error.to_string()))?;
        }
        self.send_waiting()
    }

    fn tick(&mut self, _now_ms: i64) -> Result<Demand, HandlerError> {
        self.take_acknowledgements()?;
        self.send_waiting()?;
        Ok(if self.outbox.has_room() {
            Demand::Continue
        } else {
            Demand::Pause
        })
    }

    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint> {
        let assignment = self.assignments.get(&partition)?;
        let entries = assignment.counter.entries() + assignment.copies.entries();
        let entries = i64::try_from(entries).unwrap_or(i64::MAX);
        let gauge = &self.metrics.entries;
        gauge
            .with_label_values(&[&partition.to_string()])
            .set(entries);
        let next_offset = assignment.ledger.frontier().max(assignment.published_until);
        // While history is read again, what still counts may lie where reading stands, or beyond it.
        let oldest = assignment.counter.restart_offset();
        let begin = oldest.unwrap_or(i64::MAX);
        let begin = begin.min(assignment.ledger.position()).min(next_offset);
        Some(CommitPoint {
            next_offset,
            metadata: format!("{METADATA} {begin}"),
        })
    }

    fn begin_drain(&mut self, _partitions: &[Partition]) {}

    fn is_drained(&mut self, partitions: &[Partition]) -> bool {
        partitions
            .iter()
            .filter_map(|partition| self.assignments.get(partition))
            .all(|assignment| assignment.ledger.in_flight() == 0)
    }

    fn released(&mut self, partition: Partition) {
        self.assignments.remove(&partition);
        self.outbox.forget(|cause| cause.partition == partition);
        // The gauge of a partition that is somebody else's must not stand still here.
        let label = partition.to_string();
        drop(self.metrics.entries.remove_label_values(&[&label]));
    }
}

/// Where reading begins, as a commit's metadata says; `None` of another version's.
fn begin_of(metadata: &str) -> Option<i64> {
    let (version, begin) = metadata.split_once(' ')?;
    let begin = begin.parse().ok()?;
    (version == METADATA && begin >= 0).then_some(begin)
}

fn failure(reason: String) -> HandlerError {
    HandlerError { reason }
}

#[cfg(test)]
mod tests;
