//! The rules of windows, each by example, and the promise behind them by a model: whatever crashes,
//! and wherever the commit stood, the published verdicts are those of an undisturbed run.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod fixture;
mod model;

use schemas::verdict::{Phase, VerdictRecord, WindowStatus};

use fixture::{ARM, Entry, Kind, START, feed, fresh, run};

fn entry(at: i64, kind: Kind) -> Entry {
    Entry {
        at,
        session: 0,
        kind,
    }
}

fn batch(at: i64, sequence: u64) -> Entry {
    entry(
        at,
        Kind::Batch {
            events: 10,
            sequence,
        },
    )
}

fn story(records: &[VerdictRecord]) -> Vec<(i64, i64, Phase, WindowStatus, u64)> {
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
    let told = story(&run(&log));
    assert_eq!(
        told,
        vec![
            (0, 0, Running, WindowStatus::Active, 0),
            (0, 1, Running, WindowStatus::Active, 10),
            (0, 2, Requested, WindowStatus::Active, 10),
            (0, 5, Final, WindowStatus::Completed, 30),
        ]
    );
}

#[test]
fn running_verdicts_come_after_25_events_or_after_the_interval() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        batch(20, 1),
        batch(30, 2),
        batch(40, 3),
        batch(400, 4),
    ];
    let offsets: Vec<i64> = run(&log)
        .iter()
        .map(|record| record.revision.offset)
        .collect();
    assert_eq!(
        offsets,
        vec![0, 1, 4, 5, 5],
        "first risk, 30 new events, interval, final"
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
        run(&log)
            .last()
            .unwrap()
            .verdict
            .as_ref()
            .unwrap()
            .event_count,
        20
    );
}

#[test]
fn every_verdict_carries_the_arm_that_was_stamped_on_the_first_record() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(20, Kind::Requested),
        entry(30, Kind::Completed),
    ];
    let records = run(&log);
    let verdicts = records.iter().filter_map(|record| record.verdict.as_ref());
    let arms: Vec<_> = verdicts
        .map(|verdict| verdict.versions.experiment.as_deref())
        .collect();
    assert_eq!(arms, [Some(ARM); 3], "running, requested, final");
}

#[test]
fn a_gap_ends_the_window_and_a_late_record_within_grace_continues_it() {
    let log = [entry(0, Kind::Started), batch(10, 0), batch(1200, 1)];
    let told = story(&run(&log));
    let finals: Vec<_> = told.iter().filter(|step| step.2 == Phase::Final).collect();
    assert_eq!(
        finals,
        vec![
            &(0, 1, Phase::Final, WindowStatus::Idle, 10),
            &(0, 2, Phase::Final, WindowStatus::Idle, 20)
        ]
    );
}

#[test]
fn a_record_after_gap_and_grace_opens_a_new_window_named_by_its_offset() {
    let log = [entry(0, Kind::Started), batch(10, 0), batch(1400, 1)];
    let told = story(&run(&log));
    assert_eq!(
        told.last(),
        Some(&(2, 2, Phase::Final, WindowStatus::Idle, 10))
    );
}

#[test]
fn a_late_record_after_completion_corrects_the_final_verdict_within_grace_only() {
    let log = [
        entry(0, Kind::Started),
        batch(10, 0),
        entry(20, Kind::Completed),
        batch(300, 1),
        batch(400, 2),
    ];
    let finals: Vec<_> = story(&run(&log))
        .into_iter()
        .filter(|step| step.2 == Phase::Final)
        .collect();
    assert_eq!(
        finals,
        vec![
            (0, 2, Phase::Final, WindowStatus::Completed, 10),
            (0, 3, Phase::Final, WindowStatus::Completed, 20),
            (4, 4, Phase::Final, WindowStatus::Idle, 10),
        ]
    );
}

#[test]
fn a_window_does_not_outlive_its_longest_length() {
    let mut log = vec![entry(0, Kind::Started)];
    log.extend((1..8).map(|number| batch(number * 800, number as u64)));
    let told = story(&run(&log));
    assert!(
        told.contains(&(0, 6, Phase::Final, WindowStatus::MaxLength, 60)),
        "{told:?}"
    );
    assert_eq!(
        told.last(),
        Some(&(7, 7, Phase::Final, WindowStatus::Idle, 10))
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
fn another_organisation_is_poison() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    assert_eq!(
        feed(&mut windows, 1, &entry(5, Kind::Foreign), &mut out),
        None
    );
}

#[test]
fn a_wrong_clock_publishes_early_but_forgets_nothing() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::Started), &mut out);
    feed(&mut windows, 1, &batch(10, 0), &mut out);
    windows.advance(Some(START + 100_000_000), usize::MAX, &mut out);
    assert_eq!(windows.open_windows(), 1);
    feed(&mut windows, 2, &batch(500, 1), &mut out);
    let last = out.last().unwrap();
    assert_eq!(
        (last.window, last.verdict.as_ref().unwrap().event_count),
        (0, 20)
    );
}
