//! Each rule by example.

use schemas::verdict::{Phase, VerdictRecord, WindowStatus};

use detector_worker::windows::Outcome;

use crate::fixture::{Entry, Kind, START, feed, fresh, restore, run, session};

pub(crate) fn entry(at: i64, kind: Kind) -> Entry {
    Entry {
        at,
        session: 0,
        kind,
    }
}

pub(crate) fn batch(at: i64, sequence: u64) -> Entry {
    let events = 10;
    entry(at, Kind::Batch { events, sequence })
}

/// Another session's record, which only lets time pass.
pub(crate) fn elsewhere(at: i64) -> Entry {
    Entry {
        at,
        session: 9,
        kind: Kind::Requested,
    }
}

/// Window, offset, phase, status and events of each verdict.
pub(crate) fn story(records: &[VerdictRecord]) -> Vec<(i64, i64, Phase, WindowStatus, u64)> {
    let describe = |record: &VerdictRecord| {
        let events = record
            .verdict
            .as_ref()
            .map_or(0, |verdict| verdict.event_count);
        (
            record.window,
            record.revision.offset,
            record.revision.phase,
            record.status,
            events,
        )
    };
    records.iter().map(describe).collect()
}

fn finals(log: &[Entry]) -> Vec<(i64, i64, Phase, WindowStatus, u64)> {
    let told = story(&run(log));
    told.into_iter()
        .filter(|step| step.2 == Phase::Final)
        .collect()
}

/// What becomes of each record, told one after the other without any time passing beside.
fn outcomes(log: &[Entry]) -> Vec<Option<Outcome>> {
    let (mut windows, mut out) = (fresh(), Vec::new());
    let offsets = 0..;
    offsets
        .zip(log)
        .map(|(offset, entry)| feed(&mut windows, offset, entry, &mut out))
        .collect()
}

#[test]
fn a_session_begins_runs_and_is_completed() {
    use Phase::{Final, Requested, Running};
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(20, Kind::Requested),
        batch(30, 1),
        batch(40, 2),
        entry(50, Kind::Completed),
        entry(60, Kind::Completed),
    ];
    assert_eq!(
        story(&run(&log)),
        [
            (0, 0, Running, WindowStatus::Active, 0),
            (0, 1, Running, WindowStatus::Active, 10),
            (0, 2, Requested, WindowStatus::Active, 10),
            (0, 5, Final, WindowStatus::Completed, 30),
        ]
    );
    use Outcome::{Duplicate, Folded, NewWindow};
    assert_eq!(
        outcomes(&log),
        [
            NewWindow,
            Folded,
            Outcome::Requested,
            Folded,
            Folded,
            Folded,
            Duplicate
        ]
        .map(Some)
    );
}

#[test]
fn running_verdicts_come_after_25_events_or_after_the_interval_or_when_the_risk_changes() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        batch(20, 1),
        batch(30, 2),
        batch(40, 3),
        batch(50, 4),
        batch(400, 5),
    ];
    let offsets: Vec<i64> = run(&log)
        .iter()
        .map(|record| record.revision.offset)
        .collect();
    assert_eq!(
        offsets,
        [0, 1, 2, 5, 6, 6],
        "state, first risk, higher risk, 30 new events, interval, final"
    );
}

#[test]
fn a_retried_batch_is_folded_once() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        batch(20, 0),
        batch(30, 1),
        entry(40, Kind::Completed),
    ];
    assert_eq!(
        finals(&log),
        [(0, 4, Phase::Final, WindowStatus::Completed, 20)]
    );
    assert_eq!(outcomes(&log)[2], Some(Outcome::Duplicate));
}

#[test]
fn a_duplicate_does_not_extend_the_gap() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        batch(900, 0),
        batch(1400, 1),
    ];
    assert_eq!(
        finals(&log)[0],
        (0, 1, Phase::Final, WindowStatus::Idle, 10)
    );
    assert_eq!(outcomes(&log)[3], Some(Outcome::NewWindow));
}

#[test]
fn a_gap_ends_the_window_and_a_late_record_within_grace_continues_it() {
    let log = [entry(0, Kind::Started), batch(10, 0), batch(1200, 1)];
    assert_eq!(
        finals(&log),
        [
            (0, 1, Phase::Final, WindowStatus::Idle, 10),
            (0, 2, Phase::Final, WindowStatus::Idle, 20)
        ]
    );
    let last_of_grace = [entry(0, Kind::Started), batch(10, 0), batch(1310, 1)];
    assert_eq!(outcomes(&last_of_grace)[2], Some(Outcome::Folded));
}

#[test]
fn a_record_after_gap_and_grace_opens_a_new_window_named_by_its_offset() {
    let log = [entry(0, Kind::Started), batch(10, 0), batch(1311, 1)];
    assert_eq!(
        finals(&log),
        [
            (0, 1, Phase::Final, WindowStatus::Idle, 10),
            (2, 2, Phase::Final, WindowStatus::Idle, 10)
        ]
    );
}

#[test]
fn a_late_record_after_completion_corrects_the_final_verdict_within_grace_only() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(20, Kind::Completed),
        batch(300, 1),
        batch(321, 2),
    ];
    assert_eq!(
        finals(&log),
        [
            (0, 2, Phase::Final, WindowStatus::Completed, 10),
            (0, 3, Phase::Final, WindowStatus::Completed, 20),
            (4, 4, Phase::Final, WindowStatus::Idle, 10),
        ]
    );
}

#[test]
fn a_window_does_not_outlive_its_longest_length_and_the_session_goes_on_in_another() {
    let mut log = vec![entry(0, Kind::Started)];
    log.extend((1..8).map(|number| batch(number * 800, number as u64)));
    assert_eq!(
        finals(&log),
        [
            (0, 6, Phase::Final, WindowStatus::MaxLength, 60),
            (7, 7, Phase::Final, WindowStatus::Idle, 10)
        ]
    );
}

#[test]
fn asking_does_not_extend_the_gap() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(900, Kind::Requested),
        entry(1250, Kind::Requested),
        batch(1400, 1),
    ];
    let told = story(&run(&log));
    assert!(
        told.contains(&(0, 3, Phase::Requested, WindowStatus::Idle, 10)),
        "{told:?}"
    );
    assert_eq!(told.last().unwrap().0, 4, "a new window");
}

#[test]
fn asking_about_a_closed_session_is_counted_and_answered_by_the_stored_verdict() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(2000, Kind::Requested),
        entry(20_000, Kind::Requested),
    ];
    let told = story(&run(&log));
    assert!(
        told.iter().all(|step| step.2 != Phase::Requested),
        "{told:?}"
    );
    assert_eq!(outcomes(&log)[2..], [Some(Outcome::Requested); 2]);
}

#[test]
fn a_completion_without_a_window_ends_nothing() {
    let log = [
        entry(0, Kind::Completed),
        entry(10, Kind::Started),
        entry(5000, Kind::Completed),
    ];
    use Outcome::{Duplicate, NewWindow};
    assert_eq!(outcomes(&log), [Duplicate, NewWindow, Duplicate].map(Some));
}

#[test]
fn another_organisation_is_poison_as_long_as_the_session_is_known() {
    let log = [
        entry(0, Kind::Started),
        entry(5, Kind::Foreign),
        entry(3000, Kind::Foreign),
    ];
    assert_eq!(outcomes(&log), [Some(Outcome::NewWindow), None, None]);
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &log[0], &mut out);
    assert!(windows.set_aside(1));
    assert_eq!(windows.state().outcomes.dead_lettered, 1);
}

#[test]
fn an_idle_window_ends_equally_by_stream_time_by_the_wall_clock_and_by_its_next_record() {
    let begin = [entry(0, Kind::Started), batch(10, 0)];
    let mut ends = Vec::new();
    for way in 0..3 {
        let (mut windows, mut out) = (fresh(), Vec::new());
        for (offset, entry) in (0..).zip(&begin) {
            feed(&mut windows, offset, entry, &mut out);
        }
        out.clear();
        match way {
            0 => drop(feed(&mut windows, 2, &elsewhere(1100), &mut out)),
            1 => windows.advance(Some(START + 1061), 1, &mut out),
            _ => drop(feed(&mut windows, 2, &batch(1100, 1), &mut out)),
        }
        windows.advance(None, 1, &mut out);
        ends.push(crate::fixture::rows(out.into_iter().take(1)));
    }
    assert_eq!(ends[0].len(), 1);
    assert!(ends[0] == ends[1] && ends[1] == ends[2], "{ends:#?}");
}

#[test]
fn a_clock_closes_nothing_within_its_margin() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &batch(10, 0), &mut out);
    out.clear();
    windows.advance(Some(START + 1060), usize::MAX, &mut out);
    feed(&mut windows, 1, &elsewhere(1060), &mut out);
    windows.advance(None, usize::MAX, &mut out);
    assert_eq!(out, []);
}

#[test]
fn a_wrong_clock_publishes_early_but_forgets_nothing() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    feed(&mut windows, 1, &batch(10, 0), &mut out);
    windows.advance(Some(START + 100_000_000), usize::MAX, &mut out);
    assert_eq!(windows.memory().windows, 1);
    out.clear();
    feed(&mut windows, 2, &batch(60, 1), &mut out);
    assert_eq!(out, [], "nothing is due yet");
    windows.advance(Some(START + 100_000_000), usize::MAX, &mut out);
    assert_eq!(
        story(&out),
        [(0, 2, Phase::Final, WindowStatus::Idle, 20)],
        "what came after the early verdict is judged too"
    );
}

#[test]
fn a_commit_that_is_not_a_workers_begins_anew_and_gives_up_the_rows() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    let snapshot = windows.take_snapshot();
    let mut restored = restore(0, "", crate::fixture::rows_of(&snapshot));
    assert_eq!(
        (restored.read_from, restored.windows.memory().windows),
        (0, 0)
    );
    let rows = restored.windows.take_snapshot().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].session_id, &rows[0].value), (session(0), &None));
}
