//! A small log of records, and how it is fed to a partition's windows.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use detector_worker::config::WindowConfig;
use detector_worker::old_windows::restart::RestartPoint;
use detector_worker::old_windows::{Outcome, PartitionWindows};
use detector_worker::windows::{Content, Input};
use schemas::batch::BatchRecord;
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::session::{
    AnalysisRequested, ClientStamp, SessionCompleted, SessionStarted, StampedVersions,
};
use schemas::verdict::{Phase, VerdictRecord};

pub(crate) const START: i64 = 1_790_000_000_000;

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
    Batch {
        events: usize,
        sequence: u64,
    },
    Completed,
    Requested,
    /// Poison: another organisation than the window's.
    Foreign,
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

fn first_record(session_id: SessionId, time: DateTime<Utc>) -> SessionStarted {
    SessionStarted {
        session_id,
        created_at: time,
        expires_at: time + chrono::Duration::hours(1),
        test: false,
        external_id: None,
        platform: None,
        survey_id: Some("S1".to_owned()),
        respondent_id: None,
        device: BTreeMap::new(),
        metadata: BTreeMap::new(),
        client: ClientStamp::default(),
        versions: StampedVersions {
            ruleset: "builtin-1".to_owned(),
            model: "none".to_owned(),
            experiment: Some(ARM.to_owned()),
        },
    }
}

/// Hands one entry of the log to `windows`.
pub(crate) fn feed(
    windows: &mut PartitionWindows,
    offset: i64,
    entry: &Entry,
    out: &mut Vec<VerdictRecord>,
) -> Option<Outcome> {
    let session_id = session(entry.session);
    let time = Utc.timestamp_millis_opt(START + entry.at).unwrap();
    let value;
    let content = match entry.kind {
        Kind::Started => Content::Started(Box::new(first_record(session_id, time))),
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
    windows.record(input, out).ok()
}

pub(crate) fn fresh() -> PartitionWindows {
    PartitionWindows::new(config(), Default::default(), 0, RestartPoint::default())
}

/// Runs a whole log undisturbed.
pub(crate) fn run(log: &[Entry]) -> Vec<VerdictRecord> {
    let (mut windows, mut out) = (fresh(), Vec::new());
    for (offset, entry) in log.iter().enumerate() {
        feed(&mut windows, offset as i64, entry, &mut out);
        windows.advance(None, usize::MAX, &mut out);
    }
    windows.advance(Some(START + 1_000_000), usize::MAX, &mut out);
    out
}

pub(crate) type Row = (SessionId, i64, (i64, Phase));

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
