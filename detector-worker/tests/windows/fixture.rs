//! A small log of records, and how it is fed to a partition's windows.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use detection::{BUILTIN_RULESET, Ruleset};
use detector_worker::config::WindowConfig;
use detector_worker::versions::Versions;
use detector_worker::windows::{
    Content, Input, Outcome, PartitionWindows, Refused, Restored, Snapshot,
};
use kafka::consumer::StartPosition;
use schemas::batch::BatchRecord;
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::session::{
    AnalysisRequested, ClientStamp, SessionCompleted, SessionStarted, StampedVersions,
};
use schemas::verdict::{Phase, VerdictRecord};

pub(crate) const START: i64 = 1_790_000_000_000;

/// A ruleset that has to be learned first.
pub(crate) const STRICT: &str = "strict-7";

pub(crate) fn config() -> WindowConfig {
    WindowConfig {
        gap: Duration::from_millis(1000),
        grace: Duration::from_millis(300),
        max_length: Duration::from_millis(5000),
        emit_events: 25,
        emit_after: Duration::from_millis(200),
        clock_margin: Duration::from_millis(50),
        generation: 1,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Started,
    /// A first record stamped with [`STRICT`].
    StartedStrict,
    Batch {
        events: usize,
        sequence: u64,
    },
    Completed,
    Requested,
    /// Poison: another organisation than the window's.
    Foreign,
    /// Poison: bytes that say nothing.
    Garbage,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) session: u8,
    pub(crate) kind: Kind,
}

pub(crate) fn session(number: u8) -> SessionId {
    let secret = SessionSecret::new([7; 32]).unwrap();
    secret.mint(
        &"acme".parse().unwrap(),
        Utc.timestamp_millis_opt(START).unwrap(),
        [number; 6],
    )
}

pub(crate) fn batch_value(entry: &Entry, events: usize, sequence: u64) -> String {
    let list: Vec<String> = (0..events)
        .map(|index| {
            format!(
                r#"{{"event_type":"click","timestamp":{},"data":{{"x":{},"y":5,"hold":{}}}}}"#,
                START + entry.at + index as i64,
                index * 150,
                if entry.session == 0 { 2 } else { 90 }
            )
        })
        .collect();
    format!(
        r#"{{"batch_id":"b","writer":"w","sequence":{sequence},"events":[{}]}}"#,
        list.join(",")
    )
}

/// The experiment's arm of every session.
pub(crate) const ARM: &str = "colours:b";

pub(crate) fn first_record(session_id: SessionId, time: DateTime<Utc>) -> SessionStarted {
    SessionStarted {
        session_id,
        created_at: time,
        expires_at: time + chrono::Duration::hours(1),
        test: false,
        external_id: None,
        platform: None,
        survey_id: Some("S1".to_owned()),
        respondent_id: Some("R-17".to_owned()),
        device: BTreeMap::new(),
        metadata: BTreeMap::new(),
        client: ClientStamp::default(),
        versions: StampedVersions {
            ruleset: BUILTIN_RULESET.to_owned(),
            model: "none".to_owned(),
            experiment: Some(ARM.to_owned()),
            shadow: None,
        },
    }
}

/// What a worker knows before and after the control topic has told it of [`STRICT`].
pub(crate) fn rulesets(learned: bool) -> Versions {
    let mut strict = Ruleset {
        version: STRICT.to_owned(),
        ..Ruleset::default()
    };
    strict.thresholds.prior = 0.4;
    Versions::of(learned.then_some(strict), [])
}

/// Hands one entry of the log to `windows`; `None` for poison, which is set aside.
///
/// # Errors
/// What must wait for its version.
pub(crate) fn offer(
    windows: &mut PartitionWindows,
    offset: i64,
    entry: &Entry,
    out: &mut Vec<VerdictRecord>,
) -> Result<Outcome, Refused> {
    let session_id = session(entry.session);
    let time = Utc.timestamp_millis_opt(START + entry.at).unwrap();
    let value;
    let content = match entry.kind {
        Kind::Started | Kind::StartedStrict => {
            let mut started = first_record(session_id, time);
            if entry.kind == Kind::StartedStrict {
                started.versions.ruleset = STRICT.to_owned();
            }
            Content::Started(Box::new(started))
        }
        Kind::Batch { events, sequence } => {
            value = batch_value(entry, events, sequence);
            Content::Batch(BatchRecord::decode(value.as_bytes()).unwrap())
        }
        Kind::Foreign => {
            value = batch_value(entry, 1, 0);
            Content::Batch(BatchRecord::decode(value.as_bytes()).unwrap())
        }
        Kind::Completed => Content::Completed(SessionCompleted {
            session_id,
            completed_at: time,
        }),
        Kind::Requested => Content::Requested(AnalysisRequested {
            session_id,
            request_id: format!("r{offset}"),
            requested_at: time,
        }),
        Kind::Garbage => {
            return Err(Refused::Poison(detector_worker::poison::Poison::Value));
        }
    };
    let organisation: OrganisationId = if entry.kind == Kind::Foreign {
        "other"
    } else {
        "acme"
    }
    .parse()
    .unwrap();
    let input = Input {
        offset,
        broker_ms: START + entry.at,
        session_id,
        organisation,
        content,
    };
    windows.record(input, out)
}

/// Hands one entry of the log to `windows`, as the worker does: `None` for poison, which is set aside.
pub(crate) fn feed(
    windows: &mut PartitionWindows,
    offset: i64,
    entry: &Entry,
    out: &mut Vec<VerdictRecord>,
) -> Option<Outcome> {
    match offer(windows, offset, entry, out) {
        Ok(outcome) => Some(outcome),
        Err(Refused::Poison(_)) => {
            windows.set_aside(offset);
            None
        }
        Err(Refused::VersionMissing(missing)) => panic!("{missing}"),
    }
}

pub(crate) fn start(offset: i64, metadata: &str) -> StartPosition {
    StartPosition {
        offset,
        metadata: metadata.to_owned(),
    }
}

pub(crate) fn restore(
    offset: i64,
    metadata: &str,
    rows: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
) -> Restored {
    let start = start(offset, metadata);
    PartitionWindows::restore(config(), rulesets(true), &start, rows).unwrap()
}

pub(crate) fn fresh() -> PartitionWindows {
    restore(0, "", []).windows
}

/// A changelog that has taken in `snapshot`, as another worker would read it.
pub(crate) fn rows_of(snapshot: &Snapshot) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = snapshot.rows.iter();
    rows.filter_map(|row| {
        let key = row.session_id.to_string().into_bytes();
        Some((key, row.value.clone()?))
    })
    .collect()
}

/// What the next owner makes of `windows`, which have never been snapshotted before.
pub(crate) fn handed_over(windows: &mut PartitionWindows) -> PartitionWindows {
    let snapshot = windows.take_snapshot();
    let restored = restore(
        snapshot.next_offset,
        &snapshot.state.encode(),
        rows_of(&snapshot),
    );
    assert_eq!(restored.read_from, snapshot.next_offset);
    restored.windows
}

/// Runs a whole log undisturbed.
pub(crate) fn run(log: &[Entry]) -> Vec<VerdictRecord> {
    run_with_windows(log).0
}

pub(crate) fn run_with_windows(log: &[Entry]) -> (Vec<VerdictRecord>, PartitionWindows) {
    let (mut windows, mut out) = (fresh(), Vec::new());
    for (offset, entry) in log.iter().enumerate() {
        feed(&mut windows, offset as i64, entry, &mut out);
        windows.advance(None, usize::MAX, &mut out);
    }
    windows.advance(Some(START + 1_000_000), usize::MAX, &mut out);
    (out, windows)
}

pub(crate) type Row = (SessionId, i64, (i64, Phase));

/// Verdicts as a sink keeps them: one per revision.
pub(crate) fn rows(records: impl IntoIterator<Item = VerdictRecord>) -> BTreeMap<Row, String> {
    let mut rows = BTreeMap::new();
    for mut record in records {
        if let Some(verdict) = &mut record.verdict {
            verdict.processing_time_ms = 0.0;
        }
        let key = (
            record.session_id,
            record.window,
            (record.revision.offset, record.revision.phase),
        );
        let text = serde_json::to_string(&record).unwrap();
        if let Some(before) = rows.insert(key, text.clone()) {
            assert_eq!(before, text, "one revision, two verdicts");
        }
    }
    rows
}
