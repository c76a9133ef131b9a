//! What windows cost: bytes, looks, rows.

use generators::{Generator, Mix};
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::ids::{SessionId, SessionSecret};
use schemas::recording::Recording;

use detector_worker::windows::{Content, Input, MemoryUse, Outcome, PartitionWindows};

use crate::fixture::{Entry, Kind, START, feed, first_record, fresh, handed_over, session};
use crate::rules::{batch, entry};

fn take(windows: &mut PartitionWindows, session_id: SessionId, content: Content<'_>) {
    let input = Input {
        offset: windows.take_snapshot().next_offset,
        broker_ms: START,
        session_id,
        organisation: "acme".parse().unwrap(),
        content,
    };
    windows.record(input, &mut Vec::new()).unwrap();
}

/// Folds the first events of `count` generated sessions, all still open.
fn open_sessions(windows: &mut PartitionWindows, count: u64) {
    let generator = Generator::new(11, Mix::default());
    let secret = SessionSecret::new([7; 32]).unwrap();
    let time = chrono::DateTime::from_timestamp_millis(START).unwrap();
    let limits = BatchLimits {
        max_events: 10_000,
        events: EventLimits::NONE,
    };
    for number in 0..count {
        let mut random = [0; 6];
        random.copy_from_slice(&number.to_be_bytes()[2..]);
        let session_id = secret.mint(&"acme".parse().unwrap(), time, random);
        let started = first_record(session_id, time);
        take(windows, session_id, Content::Started(Box::new(started)));
        let recording = generator.session(number).to_recording().unwrap();
        // Anywhere in the session: some have just begun, some are nearly over.
        let seen = recording.events.len() * (number as usize % 20 + 1) / 20;
        for chunk in recording.events[..seen].chunks(50) {
            let body = Recording::batch_json(chunk, START);
            let value = scan_request(&body, &limits).unwrap().encode("b");
            let batch = BatchRecord::decode(&value).unwrap();
            take(windows, session_id, Content::Batch(batch));
        }
    }
}

fn each(memory: MemoryUse) -> usize {
    memory.bytes / memory.windows
}

#[test]
fn an_open_session_takes_less_than_four_kibibytes_and_less_than_one_put_away() {
    let mut windows = fresh();
    open_sessions(&mut windows, 300);
    let hot = windows.memory();
    assert_eq!((hot.windows, hot.hot), (300, 300));
    let freed = windows.pack(usize::MAX);
    let packed = windows.memory();
    assert_eq!((packed.packed, hot.bytes - packed.bytes), (300, freed));
    println!("{} bytes hot, {} packed", each(hot), each(packed));
    assert!(each(hot) < 4096, "{hot:?}");
    // Sketches, bundles and tables of strokes and keys fill as a session goes on.
    assert!(each(packed) < 1300, "{packed:?}");
}

#[test]
fn a_window_that_has_just_begun_is_a_row_of_less_than_300_bytes() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    feed(&mut windows, 1, &batch(10, 0), &mut out);
    let rows = windows.take_snapshot().rows;
    let bytes = rows[0].value.as_ref().unwrap().len();
    assert!(bytes < 300, "{bytes} bytes");
}

#[test]
fn a_hot_session_of_a_million_events_stays_as_small_as_it_began() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    let events = 1000;
    let mut after_first = None;
    for number in 0..1000 {
        // All within the longest length, each a new sequence number.
        let kind = Kind::Batch {
            events,
            sequence: number,
        };
        feed(
            &mut windows,
            number as i64 + 1,
            &entry(number as i64 * 4, kind),
            &mut out,
        );
        windows.advance(None, 1, &mut out);
        let bytes = windows.memory().bytes;
        assert_eq!(
            *after_first.get_or_insert(bytes),
            bytes,
            "after batch {number}"
        );
        let verdict = out.pop();
        out.clear();
        out.extend(verdict);
    }
    let verdict = out.pop().unwrap().verdict.unwrap();
    assert_eq!(verdict.event_count, 1_000_000);
    assert_eq!(windows.take_snapshot().rows.len(), 1);
}

#[test]
fn a_snapshot_holds_what_has_changed_since_the_one_before() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    let at = |at, session, kind| Entry { at, session, kind };
    for session in 0..100 {
        feed(
            &mut windows,
            session as i64,
            &at(0, session, Kind::Started),
            &mut out,
        );
    }
    assert_eq!(windows.take_snapshot().rows.len(), 100);
    assert_eq!(windows.take_snapshot().rows, []);
    windows.pack(usize::MAX);
    assert_eq!(
        windows.take_snapshot().rows,
        [],
        "putting away changes nothing"
    );
    feed(&mut windows, 100, &at(1, 7, Kind::Requested), &mut out);
    assert_eq!(windows.take_snapshot().rows, [], "nor does asking");
    feed(&mut windows, 101, &at(2, 7, Kind::Completed), &mut out);
    let rows = windows.take_snapshot().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].session_id, session(7));
    let kind = Kind::Batch {
        events: 2,
        sequence: 0,
    };
    for (offset, expected) in [(102, Outcome::Folded), (103, Outcome::Duplicate)] {
        let outcome = feed(&mut windows, offset, &at(3, 8, kind), &mut out);
        assert_eq!(outcome, Some(expected));
        let rows = windows.take_snapshot().rows;
        assert_eq!(rows.len(), 1, "a duplicate too: its writer was used last");
    }
}

#[test]
fn a_tombstone_comes_only_after_the_session_is_forgotten_and_only_for_a_stored_row() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    let at = |at, session, kind| Entry { at, session, kind };
    feed(&mut windows, 0, &at(0, 1, Kind::Started), &mut out);
    assert_eq!(windows.take_snapshot().rows.len(), 1);
    let time_passes = |windows: &mut PartitionWindows, offset, ms| {
        feed(
            windows,
            offset,
            &at(ms, 99, Kind::Requested),
            &mut Vec::new(),
        );
        windows.advance(None, usize::MAX, &mut Vec::new());
        windows.take_snapshot().rows
    };
    let closed = time_passes(&mut windows, 1, 1051);
    let remembered = time_passes(&mut windows, 2, 1351);
    assert!(closed[0].value.is_some() && remembered[0].value.is_some());
    assert!(remembered[0].value.as_ref().unwrap().len() < 100);
    assert_eq!(windows.memory().remembered, 1);
    assert_eq!(time_passes(&mut windows, 3, 5050), []);
    let forgotten = time_passes(&mut windows, 4, 5051);
    assert_eq!((forgotten.len(), &forgotten[0].value), (1, &None));
    // One that was never stored leaves no trace.
    feed(&mut windows, 5, &at(5060, 2, Kind::Started), &mut out);
    feed(&mut windows, 6, &at(20_000, 99, Kind::Requested), &mut out);
    for _ in 0..3 {
        windows.advance(None, usize::MAX, &mut out);
    }
    assert_eq!(windows.take_snapshot().rows, []);
    assert_eq!(windows.memory().remembered, 0);
}

#[test]
fn time_passing_looks_at_no_more_windows_than_asked() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    for session in 0..100 {
        let kind = Kind::Started;
        feed(
            &mut windows,
            session as i64,
            &Entry {
                at: 0,
                session,
                kind,
            },
            &mut out,
        );
    }
    out.clear();
    for ended in 1..=10 {
        windows.advance(Some(START + 100_000), 10, &mut out);
        assert_eq!(out.len(), ended * 10);
    }
}

#[test]
fn clock_spares_what_was_touched_and_a_record_brings_a_window_back() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    let at = |session, kind| Entry {
        at: 0,
        session,
        kind,
    };
    for session in 0..10 {
        feed(
            &mut windows,
            session as i64,
            &at(session, Kind::Started),
            &mut out,
        );
    }
    // One round clears what opening them touched, and packs one in the second.
    windows.pack(1);
    assert_eq!(windows.memory().packed, 1);
    let kind = Kind::Batch {
        events: 3,
        sequence: 0,
    };
    feed(&mut windows, 10, &at(5, kind), &mut out);
    while windows.memory().packed < 9 {
        assert!(windows.pack(1) > 0);
    }
    feed(&mut windows, 11, &at(5, Kind::Requested), &mut out);
    assert_eq!(windows.memory().packed, 9, "session 5 was spared");
    feed(&mut windows, 12, &at(6, Kind::Requested), &mut out);
    assert_eq!((windows.memory().packed, windows.memory().hot), (8, 2));
}

#[test]
fn restoring_unpacks_nothing_and_what_is_restored_goes_on_as_it_would_have() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    let at = |at, session, kind| Entry { at, session, kind };
    let kind = |sequence| Kind::Batch {
        events: 9,
        sequence,
    };
    for session in 0..20 {
        feed(
            &mut windows,
            2 * session as i64,
            &at(0, session, Kind::Started),
            &mut out,
        );
        feed(
            &mut windows,
            2 * session as i64 + 1,
            &at(1, session, kind(0)),
            &mut out,
        );
    }
    let mut restored = handed_over(&mut windows);
    let memory = restored.memory();
    assert_eq!((memory.packed, memory.hot), (20, 0));
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (windows, out) in [(&mut windows, &mut expected), (&mut restored, &mut found)] {
        for session in 0..10 {
            feed(windows, 40 + session as i64, &at(30, session, kind(1)), out);
        }
        windows.advance(Some(START + 100_000), usize::MAX, out);
    }
    assert_eq!(crate::fixture::rows(found), crate::fixture::rows(expected));
    assert_eq!(restored.take_snapshot(), windows.take_snapshot());
}
