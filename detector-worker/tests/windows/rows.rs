//! The rows of the changelog: their form, what becomes of damaged and foreign ones, and that putting
//! windows away changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use generators::{Generator, Kind as Person, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::Recording;
use schemas::session::{ClientStamp, Property};
use schemas::verdict::VerdictRecord;

use detector_worker::windows::{
    Content, Input, Outcome, PartitionState, PartitionWindows, RestoreError,
};

use crate::fixture::{
    Entry, Kind, START, config, feed, first_record, fresh, handed_over, restore, rows, rows_of,
    rulesets, run, session, start,
};
use crate::rules::{batch, entry};

/// Something of every channel, every option and a time with nanoseconds, by hand: nothing but the codec
/// and the features may change the row.
const EVERYTHING: &str = r#"{"batch_id":"b","writer":"tab-1","sequence":7,"events":[
    {"event_type":"device","timestamp":1790000000000,"data":{"webdriver":false,"mobile":true,"touch_points":0,"screen_width":390,"screen_height":844,"viewport_width":390.5,"viewport_height":700,"languages":2,"renderer":"software","platform":"ios","browser":"safari","pixel_ratio":3,"fingerprint":"f-1"}},
    {"event_type":"network","timestamp":1790000000001,"data":{"vpn":true,"datacenter":false}},
    {"event_type":"question_view","timestamp":1790000000100,"data":{"question":"Q1","text_length":120}},
    {"event_type":"mouse_move","timestamp":1790000000200,"data":{"x":10,"y":20.25,"trusted":true}},
    {"event_type":"click","timestamp":1790000000300,"data":{"x":10,"y":20.25,"hold":83.7,"offset_x":-1.5,"offset_y":0.1}},
    {"event_type":"click","timestamp":1790000001500,"data":{"x":410,"y":20.25,"hold":3}},
    {"event_type":"keystroke","timestamp":1790000002000,"data":{"key":"letter","action":"down"}},
    {"event_type":"keystroke","timestamp":1790000002041,"data":{"key":"letter","action":"up"}},
    {"event_type":"keypress","timestamp":1790000002160,"data":{"key":"backspace","dwell":63.2}},
    {"event_type":"keystroke","timestamp":1790000002300,"data":{"key":"digit","action":"down"}},
    {"event_type":"touch","timestamp":1790000002400,"data":{"phase":"start","x":5,"y":6}},
    {"event_type":"scroll","timestamp":1790000002500,"data":{"scroll_y":1500}},
    {"event_type":"blur","timestamp":1790000002600,"data":{}},
    {"event_type":"focus","timestamp":1790000003600,"data":{"away":1000}},
    {"event_type":"visibility","timestamp":1790000003700,"data":{"state":"hidden"}},
    {"event_type":"paste","timestamp":1790000003800,"data":{"length":40,"source":"paste"}},
    {"event_type":"question_answer","timestamp":1790000004000,"data":{"question":"Q1","kind":"grid","column":2,"attention":"failed"}},
    {"event_type":"question_view","timestamp":1790000004100,"data":{"question":"Q2","text_length":80}},
    {"event_type":"honeypot","timestamp":1790000004200,"data":{"trap":"t","filled":true}}]}"#;

fn everything() -> PartitionWindows {
    let mut windows = fresh();
    let id = session(1);
    let mut started = first_record(id, time("2026-09-21T14:13:20.123456789Z"));
    started.platform = Some("qualtrics".to_owned());
    started.device = BTreeMap::from([("cores".to_owned(), Property::Number(8.0))]);
    started.client = ClientStamp {
        address_hash: Some("5e1f".to_owned()),
        user_agent_class: Some("headless".to_owned()),
        ..ClientStamp::default()
    };
    let mut offset = 300;
    let mut take = |content| {
        let input = Input {
            offset,
            broker_ms: START + offset,
            session_id: id,
            organisation: "acme".parse().unwrap(),
            content,
        };
        offset += 1;
        windows.record(input, &mut Vec::new()).unwrap();
    };
    take(Content::Started(Box::new(started)));
    take(Content::Batch(
        BatchRecord::decode(EVERYTHING.as_bytes()).unwrap(),
    ));
    let completed_at = time("2026-09-21T14:13:30Z");
    take(Content::Completed(schemas::session::SessionCompleted {
        session_id: id,
        completed_at,
    }));
    windows
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn only_row(windows: &mut PartitionWindows) -> Vec<u8> {
    let mut rows = windows.take_snapshot().rows;
    assert_eq!(rows.len(), 1);
    rows.pop().unwrap().value.unwrap()
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<String> = digits.chunks(40).map(|line| line.concat()).collect();
    lines.join("\n")
}

/// A change of the bytes without a new version makes workers of two releases misread each other's rows.
#[test]
fn a_row_is_the_golden_one_of_its_version() {
    let mut windows = everything();
    let window = only_row(&mut windows);
    let mut out = Vec::new();
    for (offset, at) in [(303, 2000), (304, 2001)] {
        let elsewhere = Entry {
            at,
            session: 9,
            kind: Kind::Requested,
        };
        feed(&mut windows, offset, &elsewhere, &mut out);
        windows.advance(None, usize::MAX, &mut out);
    }
    let remembered = only_row(&mut windows);
    let found = format!("{}\n\n{}\n", hex(&window), hex(&remembered));
    let name = format!("rows.v{}.hex", window[0]);
    let path = format!("{}/tests/windows/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == golden,
        "the codec's output differs from golden/{name}. If rows were ever written in the golden form, \
         raise VERSION in codec.rs and keep the old file; the new file is\n{found}"
    );
}

#[test]
fn a_row_with_everything_in_it_survives_the_round_trip() {
    let mut windows = everything();
    let row = only_row(&mut windows);
    let mut again = everything();
    let mut next = handed_over(&mut again);
    // A duplicate batch changes only when its writer was used last, and so brings the window back.
    let value = EVERYTHING.replace("\"sequence\":7", "\"sequence\":8");
    for (windows, expected) in [(&mut windows, false), (&mut next, false)] {
        let content = Content::Batch(BatchRecord::decode(value.as_bytes()).unwrap());
        let input = Input {
            offset: 303,
            broker_ms: START + 400,
            session_id: session(1),
            organisation: "acme".parse().unwrap(),
            content,
        };
        let outcome = windows.record(input, &mut Vec::new()).unwrap();
        assert_eq!(outcome == Outcome::Duplicate, expected);
    }
    let (kept, restored) = (only_row(&mut windows), only_row(&mut next));
    assert_eq!(kept, restored);
    assert_ne!(kept, row);
}

type Changelog = Vec<(Vec<u8>, Vec<u8>)>;

/// One session's log, its rows as another worker finds them, and the commit beside them.
fn stored() -> (Vec<Entry>, Changelog, i64, String) {
    let log = vec![
        entry(0, Kind::StartedStrict),
        batch(10, 0),
        entry(1400, Kind::Foreign),
        batch(1500, 1),
        batch(1600, 2),
    ];
    let (mut windows, mut out) = (fresh(), Vec::new());
    for (offset, entry) in (0..).zip(&log) {
        feed(&mut windows, offset, entry, &mut out);
    }
    let snapshot = windows.take_snapshot();
    (
        log,
        rows_of(&snapshot),
        snapshot.next_offset,
        snapshot.state.encode(),
    )
}

#[test]
fn a_window_of_another_version_is_rebuilt_from_the_sessions_first_record() {
    let (log, mut changelog, next, metadata) = stored();
    changelog[0].1[0] += 1;
    let mut restored = restore(next, &metadata, changelog);
    assert_eq!(
        restored.read_from, 0,
        "the first window's record has the versions"
    );
    let windows = &mut restored.windows;
    let mut out = Vec::new();
    for (offset, entry) in (0..).zip(&log) {
        let outcome = feed(windows, offset, entry, &mut out);
        assert_eq!(outcome, (offset != 2).then_some(Outcome::Rebuilt));
        windows.advance(None, usize::MAX, &mut out);
        let snapshot = windows.take_snapshot();
        assert_eq!((snapshot.next_offset, snapshot.rows.len()), (next, 0));
    }
    assert_eq!(out, [], "everything was published before");
    assert_eq!(windows.state(), PartitionState::decode(&metadata).unwrap());
    let last = entry(1700, Kind::Completed);
    assert_eq!(feed(windows, next, &last, &mut out), Some(Outcome::Folded));
    let whole: Vec<Entry> = log.into_iter().chain([last]).collect();
    let expected = rows(run(&whole));
    let found = rows(out);
    assert!(
        found.len() == 1
            && found
                .iter()
                .all(|(row, text)| expected.get(row) == Some(text))
    );
}

#[test]
fn poison_that_is_only_read_again_is_not_set_aside_a_second_time() {
    let (_, mut changelog, next, metadata) = stored();
    changelog[0].1[0] += 1;
    let mut windows = restore(next, &metadata, changelog).windows;
    assert!(!windows.set_aside(2));
    assert_eq!(windows.state(), PartitionState::decode(&metadata).unwrap());
    assert!(windows.set_aside(next));
}

#[test]
fn a_session_that_the_log_no_longer_holds_is_forgotten_with_its_row() {
    let (_, mut changelog, next, metadata) = stored();
    changelog[0].1[0] += 1;
    let mut windows = restore(next, &metadata, changelog).windows;
    let elsewhere = Entry {
        session: 9,
        ..entry(1650, Kind::Requested)
    };
    feed(&mut windows, next, &elsewhere, &mut Vec::new());
    let snapshot = windows.take_snapshot();
    assert_eq!((snapshot.next_offset, snapshot.rows.len()), (next + 1, 1));
    let row = &snapshot.rows[0];
    assert_eq!((row.session_id, &row.value), (session(0), &None));
}

#[test]
fn sessions_beside_the_one_that_is_rebuilt_keep_what_they_have() {
    let (mut log, ..) = stored();
    let other = |at, sequence| Entry {
        session: 3,
        ..batch(at, sequence)
    };
    log.extend([
        Entry {
            session: 3,
            ..entry(1650, Kind::Started)
        },
        other(1660, 0),
        other(1670, 1),
    ]);
    let (mut windows, mut out) = (fresh(), Vec::new());
    for (offset, entry) in (0..).zip(&log) {
        feed(&mut windows, offset, entry, &mut out);
    }
    let snapshot = windows.take_snapshot();
    let mut changelog = rows_of(&snapshot);
    let key = session(0).to_string().into_bytes();
    changelog
        .iter_mut()
        .filter(|row| row.0 == key)
        .for_each(|row| row.1[0] += 1);
    let mut restored = restore(snapshot.next_offset, &snapshot.state.encode(), changelog).windows;
    for (offset, entry) in (0..).zip(&log) {
        feed(&mut restored, offset, entry, &mut out);
    }
    out.clear();
    let mut expected = Vec::new();
    restored.advance(Some(START + 100_000), usize::MAX, &mut out);
    windows.advance(Some(START + 100_000), usize::MAX, &mut expected);
    assert_eq!(rows(out), rows(expected));
}

#[test]
fn a_row_without_a_head_or_with_an_offset_that_cannot_be_is_an_error_that_names_its_key() {
    let (_, changelog, next, metadata) = stored();
    let (key, row) = changelog[0].clone();
    let refused = |key: &[u8], row: Vec<u8>| {
        let start = start(next, &metadata);
        let rows = [(key.to_vec(), row)];
        PartitionWindows::restore(config(), rulesets(true), &start, rows).err()
    };
    let head = Some(RestoreError::Head { key: session(0) });
    assert_eq!(refused(&key, row[..9].to_vec()), head);
    assert_eq!(refused(&key, Vec::new()), head);
    for offset in [-1, next] {
        let mut row = row.clone();
        row[2..10].copy_from_slice(&offset.to_le_bytes());
        assert_eq!(refused(&key, row), head, "{offset}");
    }
    let foreign = RestoreError::Key {
        key: "hello".to_owned(),
    };
    assert_eq!(refused(b"hello", row), Some(foreign));
}

#[test]
fn every_flipped_bit_behind_the_head_is_noticed() {
    let (_, changelog, next, metadata) = stored();
    let bits = (10..changelog[0].1.len()).flat_map(|at| (0..8).map(move |bit| (at, bit)));
    for (at, bit) in bits.chain([(0, 0), (1, 0), (1, 1)]) {
        let mut spoiled = changelog.clone();
        spoiled[0].1[at] ^= 1 << bit;
        let restored = restore(next, &metadata, spoiled);
        assert_eq!(restored.read_from, 0, "bit {bit} of byte {at}");
    }
}

proptest! {
    /// Whatever the row is: an error that names it, or a partition that goes on without panicking.
    #[test]
    fn foreign_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        cut in 0usize..400,
        splice in prop::option::of(0usize..400),
    ) {
        let (log, mut changelog, next, metadata) = stored();
        let row = &mut changelog[0].1;
        match splice {
            Some(at) => {
                let at = at.min(row.len());
                row.splice(at.., bytes);
            }
            None => row.truncate(cut),
        }
        let start = start(next, &metadata);
        if let Ok(restored) = PartitionWindows::restore(config(), rulesets(true), &start, changelog) {
            let mut windows = restored.windows;
            let mut out = Vec::new();
            for offset in restored.read_from..next {
                feed(&mut windows, offset, &log[offset as usize], &mut out);
            }
            windows.advance(Some(START + 100_000), usize::MAX, &mut out);
            windows.pack(usize::MAX);
        }
    }
}

/// Folds a generated session, disturbing it between batches.
fn told(
    recording: &Recording,
    size: usize,
    mut disturb: impl FnMut(PartitionWindows) -> PartitionWindows,
) -> Vec<VerdictRecord> {
    let limits = BatchLimits {
        max_events: 10_000,
        events: EventLimits::NONE,
    };
    let (mut windows, mut out) = (fresh(), Vec::new());
    for (offset, chunk) in (0..).zip(recording.events.chunks(size)) {
        let body = Recording::batch_json(chunk, START);
        let value = scan_request(&body, &limits).unwrap().encode("b");
        let input = Input {
            offset,
            broker_ms: START + 2 * offset,
            session_id: session(2),
            organisation: "acme".parse().unwrap(),
            content: Content::Batch(BatchRecord::decode(&value).unwrap()),
        };
        windows.record(input, &mut out).unwrap();
        windows = disturb(windows);
    }
    windows.advance(Some(START + 100_000), usize::MAX, &mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn putting_windows_away_and_handing_them_over_changes_no_verdict(
        person in prop::sample::select(&Person::ALL[..]),
        seed: u64,
        size in 3usize..40,
        disturbances in prop::collection::vec(0u8..3, 1..50),
    ) {
        let recording = Generator::new(seed, Mix::only(person)).session(0).to_recording().unwrap();
        let expected = told(&recording, size, |windows| windows);
        let mut next = disturbances.into_iter().cycle();
        let found = told(&recording, size, |mut windows| match next.next() {
            Some(0) => handed_over(&mut windows),
            Some(1) => {
                windows.pack(usize::MAX);
                windows
            }
            _ => windows,
        });
        prop_assert_eq!(rows(found), rows(expected));
    }
}
