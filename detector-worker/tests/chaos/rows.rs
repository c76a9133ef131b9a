//! What a group has published and committed, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use detector_worker::windows::PartitionState;
use schemas::header::RecordType;
use schemas::ids::SessionId;
use schemas::verdict::{Phase, VerdictRecord};
use testkit::{CollectedRecord, TestTopics, Until, collect, committed};

/// Session, window, offset and phase of the revision.
type Revision = (SessionId, i64, i64, Phase);
/// Partition and offset of the record that was set aside.
type Place = (String, String);

#[derive(Debug)]
pub(crate) struct Rows {
    /// Every revision as JSON, without the time it took.
    pub(crate) verdicts: BTreeMap<Revision, String>,
    /// Every record set aside, with reason, key and value.
    dead_letters: BTreeMap<Place, (String, Vec<u8>)>,
    /// Of each partition: the committed offset, and how many records ended in a counted outcome.
    counts: BTreeMap<i32, (i64, u64)>,
}

impl Rows {
    /// What the workers with the topics `own` have made of the events of `events`.
    pub(crate) async fn read(events: &TestTopics, own: &TestTopics) -> Self {
        let (brokers, names) = (own.brokers(), own.topics());
        let verdicts = collect(brokers, &names.verdicts, Until::HighWatermark).await;
        let letters = collect(brokers, &names.dead_letters, Until::HighWatermark).await;
        let group = format!("{}-detector", own.prefix());
        let commits = committed(brokers, &group, &events.topics().events).await;
        let mut rows = Self {
            verdicts: BTreeMap::new(),
            dead_letters: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        let verdict = RecordType::Verdict.as_str();
        let is_verdict = |record: &CollectedRecord| record.header("ce_type") == Some(verdict);
        for record in verdicts.into_iter().filter(is_verdict) {
            rows.add_verdict(record.payload.as_deref().unwrap());
        }
        for letter in letters {
            let header = |name| letter.header(name).unwrap().to_owned();
            let place = (header("candor_dlq_partition"), header("candor_dlq_offset"));
            let what = (header("candor_dlq_reason"), letter.payload.clone().unwrap());
            let before = rows.dead_letters.insert(place, what.clone());
            assert!(
                before.is_none_or(|before| before == what),
                "two letters of one record"
            );
        }
        for commit in commits {
            let state = PartitionState::decode(&commit.metadata).unwrap_or_default();
            let place = (commit.next_offset, state.outcomes.total());
            rows.counts.insert(commit.partition, place);
        }
        rows
    }

    fn add_verdict(&mut self, value: &[u8]) {
        let mut record: VerdictRecord = serde_json::from_slice(value).unwrap();
        if let Some(verdict) = &mut record.verdict {
            verdict.processing_time_ms = 0.0;
        }
        let revision = record.revision;
        let key = (
            record.session_id,
            record.window,
            revision.offset,
            revision.phase,
        );
        let text = serde_json::to_string(&record).unwrap();
        if let Some(before) = self.verdicts.insert(key, text.clone()) {
            assert_eq!(before, text, "one revision, two verdicts");
        }
    }

    /// What differs between the groups, or from a log of `records` of which each is counted once.
    pub(crate) fn difference(&self, other: &Self, records: u64) -> Option<String> {
        for (name, rows) in [("disturbed", self), ("undisturbed", other)] {
            let miscounted = rows
                .counts
                .iter()
                .find(|(_, (offset, count))| *offset as u64 != *count);
            if let Some((partition, (offset, count))) = miscounted {
                return Some(format!(
                    "{name}: {count} of {offset} records of partition {partition} counted"
                ));
            }
            let counted: u64 = rows.counts.values().map(|(_, count)| count).sum();
            if counted != records {
                return Some(format!("{name}: {counted} of {records} records counted"));
            }
        }
        let only = |left: &Self, right: &Self| -> Vec<String> {
            let missing = left
                .verdicts
                .iter()
                .filter(|(key, text)| right.verdicts.get(key) != Some(text));
            missing
                .map(|(key, text)| format!("{key:?} {text}"))
                .collect()
        };
        let (more, less) = (only(self, other), only(other, self));
        if let Some(first) = more.first().or(less.first()) {
            return Some(format!(
                "{} verdicts only disturbed, {} only undisturbed, first: {first}",
                more.len(),
                less.len()
            ));
        }
        if self.dead_letters != other.dead_letters {
            return Some(format!(
                "{} and {} dead letters",
                self.dead_letters.len(),
                other.dead_letters.len()
            ));
        }
        self.open_window()
            .map(|window| format!("{window:?} has no final verdict yet"))
    }

    /// Records set aside for another reason than the state of a window.
    pub(crate) fn certain_poison(&self) -> u64 {
        let letters = self.dead_letters.values();
        letters
            .filter(|(reason, _)| reason != "organisation_mismatch")
            .count() as u64
    }

    /// A window whose last verdict is not a final one.
    fn open_window(&self) -> Option<(SessionId, i64)> {
        let mut last: HashMap<(SessionId, i64), (i64, Phase)> = HashMap::new();
        for (session, window, offset, phase) in self.verdicts.keys() {
            if *phase == Phase::Requested {
                continue;
            }
            let newest = last.entry((*session, *window)).or_insert((*offset, *phase));
            *newest = (*newest).max((*offset, *phase));
        }
        let mut open = last
            .into_iter()
            .filter(|(_, (_, phase))| *phase != Phase::Final);
        open.next().map(|(window, _)| window)
    }

    /// Every session that was fed has verdicts, and so has a final one by the rule above.
    pub(crate) fn every_window_has_ended(&self, sessions: usize) {
        let known: BTreeSet<SessionId> = self.verdicts.keys().map(|key| key.0).collect();
        assert_eq!(known.len(), sessions);
        assert_eq!(self.open_window(), None);
    }
}
