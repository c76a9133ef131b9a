//! What is stamped on a session's first record holds for all its windows, however late it is understood.

use detector_worker::windows::{Outcome, PartitionWindows, Refused};
use schemas::verdict::{Phase, WindowStatus};

use crate::fixture::{
    ARM, Kind, START, STRICT, config, feed, fresh, offer, rows_of, rulesets, run, session, start,
};
use crate::rules::{batch, elsewhere, entry, story};

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
fn a_later_window_has_the_facts_and_versions_of_the_first_record() {
    let mut log = vec![entry(0, Kind::StartedStrict), batch(10, 0)];
    // Forgotten as a window, remembered as a session; then again, and by a further first record.
    log.extend([
        elsewhere(2000),
        batch(2100, 1),
        elsewhere(4000),
        entry(4500, Kind::Started),
    ]);
    let records = run(&log);
    let of_session = records
        .iter()
        .filter(|record| record.session_id == session(0));
    let first = &records[0].session;
    let mut windows = Vec::new();
    for record in of_session {
        let facts = &record.session;
        assert_eq!(
            (
                facts.created_at,
                facts.expires_at,
                &facts.survey_id,
                &facts.respondent_id
            ),
            (
                first.created_at,
                first.expires_at,
                &first.survey_id,
                &first.respondent_id
            ),
        );
        assert!(
            record
                .verdict
                .iter()
                .all(|verdict| verdict.versions.ruleset == STRICT)
        );
        windows.push(record.window);
    }
    windows.dedup();
    assert_eq!(windows, [0, 3, 5]);
}

#[test]
fn a_session_is_forgotten_by_its_own_records_times_and_not_by_who_looked() {
    let log = |late: i64| [entry(0, Kind::StartedStrict), batch(10, 0), batch(late, 1)];
    for (late, ruleset) in [(5010, STRICT), (5011, "builtin-1")] {
        for sweeps in [false, true] {
            let (mut windows, mut out) = (fresh(), Vec::new());
            for (offset, entry) in (0..).zip(&log(late)) {
                feed(&mut windows, offset, entry, &mut out);
                if sweeps {
                    windows.advance(None, usize::MAX, &mut out);
                }
            }
            let versions = &out.last().unwrap().verdict.as_ref().unwrap().versions;
            assert_eq!(versions.ruleset, ruleset, "{late} {sweeps}");
        }
    }
}

#[test]
fn a_missing_version_waits_and_changes_nothing_until_it_is_known() {
    let restored = PartitionWindows::restore(config(), rulesets(false), &start(0, ""), []);
    let (mut windows, mut out) = (restored.unwrap().windows, Vec::new());
    let first = entry(0, Kind::StartedStrict);
    let refused = offer(&mut windows, 0, &first, &mut out);
    assert!(
        matches!(&refused, Err(Refused::VersionMissing(missing)) if missing.version == STRICT),
        "{refused:?}"
    );
    assert_eq!(
        (
            windows.take_snapshot().next_offset,
            windows.state().outcomes.total()
        ),
        (0, 0)
    );
    assert!(out.is_empty() && windows.memory().windows == 0);
    windows.set_versions(rulesets(true));
    assert_eq!(
        offer(&mut windows, 0, &first, &mut out),
        Ok(Outcome::NewWindow)
    );
}

#[test]
fn a_restored_window_whose_version_is_not_known_yet_ends_once_it_is() {
    let (mut windows, mut out) = (fresh(), Vec::new());
    feed(&mut windows, 0, &entry(0, Kind::StartedStrict), &mut out);
    feed(&mut windows, 1, &batch(10, 0), &mut out);
    let snapshot = windows.take_snapshot();
    let restored = PartitionWindows::restore(
        config(),
        rulesets(false),
        &start(2, &snapshot.state.encode()),
        rows_of(&snapshot),
    );
    let (mut windows, mut out) = (restored.unwrap().windows, Vec::new());
    windows.advance(Some(START + 10_000), usize::MAX, &mut out);
    assert!(out.is_empty() && windows.memory().windows == 1);
    windows.set_versions(rulesets(true));
    windows.advance(Some(START + 10_000), usize::MAX, &mut out);
    assert_eq!(story(&out), [(0, 1, Phase::Final, WindowStatus::Idle, 10)]);
}
