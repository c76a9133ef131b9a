//! Copies of one session among sessions of simulated people: compared by themselves, and by worker processes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use detection::{SessionSketch, Window};
use detector_worker::coordination::copies::{Compared, Copies, Sighting, Told};
use generators::{Generator, Kind, Mix};
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::coordination::{CoordinationFinding, FingerprintKind, FingerprintRecord, SketchBytes};
use schemas::event::EventLimits;
use schemas::recording::Recording;
use serde_json::Value;
use testkit::TestTopics;

use crate::stage::{DEADLINE, Sender, kept, spawn, wait_for_commit, wait_for_kept};
use crate::{BEGIN, session};

const KEY: &str = "acme/SV_1/trajectory";
const HOUR: i64 = 3_600_000;

fn sketch(line: &str) -> SessionSketch {
    let recording = Recording::parse(line).unwrap();
    let limits = BatchLimits {
        max_events: usize::MAX,
        events: EventLimits::NONE,
    };
    let body = Recording::batch_json(&recording.events, BEGIN);
    let value = scan_request(&body, &limits).unwrap().encode("b");
    let mut window = Window::new();
    window.fold(&BatchRecord::decode(&value).unwrap());
    window.sketch().of_movements()
}

/// The line of a recording, scaled, moved, slowed, and off by up to half a pixel.
fn warped(line: &str, number: u32) -> String {
    let mut recording: Value = serde_json::from_str(line).unwrap();
    let factor = 0.85 + 0.06 * f64::from(number);
    let mut noise = u64::from(number) + 1;
    for event in recording["events"].as_array_mut().unwrap() {
        let mut change = |name: &str, factor: f64, plus: f64| {
            if let Some(value) = event.get(name).and_then(Value::as_f64) {
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let off = (noise >> 40) as f64 / f64::from(1 << 24) - 0.5;
                event[name] = (value * factor + plus * (1.0 + off / 10.0)).into();
            }
        };
        change("x", factor, 5.0);
        change("y", factor, 5.0);
        change("t", 2.0 - factor, 0.0);
    }
    recording.to_string()
}

/// Sessions of twenty simulated people, and then five copies of the first.
fn survey() -> Vec<SessionSketch> {
    let generator = Generator::new(61, Mix::only(Kind::MouseUser));
    let lines: Vec<String> = generator
        .sessions()
        .take(20)
        .map(|session| session.to_line())
        .collect();
    let copies = (0..5).map(|number| sketch(&warped(&lines[0], number)));
    lines
        .iter()
        .map(|line| sketch(line))
        .chain(copies)
        .collect()
}

fn observe(copies: &mut Copies, number: u32, sketch: &SessionSketch, observed_ms: i64) -> Compared {
    copies.observe(Sighting {
        key: KEY,
        session: session(number),
        fingerprint: sketch.fingerprint(),
        sketch: sketch.clone(),
        observed_ms,
        offset: i64::from(number),
    })
}

fn told(compared: Compared) -> Vec<Told> {
    match compared {
        Compared::New(told) => told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn copies_are_told_more_as_they_become_more_and_people_nothing() {
    let survey = survey();
    let mut copies = Copies::new(1000, 24 * HOUR);
    let mut highest = BTreeMap::new();
    let mut groups = BTreeSet::new();
    for (number, sketch) in (0u32..).zip(&survey) {
        for told in told(observe(
            &mut copies,
            number,
            sketch,
            BEGIN + i64::from(number),
        )) {
            let before = highest.insert(told.session, told.found.sessions);
            assert!(before < Some(told.found.sessions), "{before:?} {told:?}");
            groups.insert(told.group);
        }
        let known = observe(&mut copies, number, sketch, BEGIN + 100);
        assert_eq!(known, Compared::Known);
    }
    let expected: BTreeSet<_> = [0, 20, 21, 22, 23, 24].map(session).into();
    assert_eq!(highest.keys().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(groups, BTreeSet::from([survey[0].fingerprint()]));
    assert!(
        highest.values().all(|sessions| *sessions >= 4),
        "{highest:?}"
    );
}

#[test]
fn sketches_are_forgotten_with_time_and_beyond_the_bound() {
    let survey = survey();
    let mut copies = Copies::new(3, HOUR);
    observe(&mut copies, 0, &survey[0], BEGIN);
    let later = observe(&mut copies, 20, &survey[20], BEGIN + HOUR + 1);
    assert_eq!(
        (told(later).len(), copies.entries(), copies.take_evicted()),
        (0, 1, 0)
    );
    assert_eq!(observe(&mut copies, 21, &survey[21], BEGIN), Compared::Late);
    for number in 1..6 {
        let at = BEGIN + HOUR + 2;
        observe(&mut copies, 30 + number, &survey[number as usize], at);
    }
    assert_eq!((copies.entries(), copies.take_evicted()), (3, 3));
}

fn seen(number: u32, sketch: &SessionSketch) -> FingerprintRecord {
    FingerprintRecord {
        session_id: session(number),
        organisation: "acme".parse().unwrap(),
        survey_id: Some("SV_1".to_owned()),
        window: i64::from(number),
        kind: FingerprintKind::Trajectory,
        fingerprint: sketch.fingerprint(),
        sketch: Some(SketchBytes::new(sketch.to_bytes())),
        observed_at: DateTime::from_timestamp_millis(BEGIN + i64::from(number)).unwrap(),
    }
}

/// Killed after three of six: who takes over compares with what the log holds, and what is kept is the same.
#[tokio::test(flavor = "multi_thread")]
async fn copies_become_findings_whoever_is_killed_and_people_none() {
    let topics = TestTopics::create(2).await;
    let sender = Sender::new(&topics);
    let survey = survey();
    let mut worker = spawn(&topics);
    for (number, sketch) in (0u32..).zip(&survey[..22]) {
        sender.send(&seen(number, sketch)).await;
    }
    wait_for_kept(&topics, 3).await;
    wait_for_commit(&topics, 22).await;
    worker.kill9();
    let mut worker = spawn(&topics);
    for (number, sketch) in (22u32..).zip(&survey[22..]) {
        sender.send(&seen(number, sketch)).await;
    }
    let shapeless = FingerprintRecord {
        sketch: None,
        ..seen(50, &survey[1])
    };
    sender.send(&shapeless).await;
    wait_for_commit(&topics, 26).await;
    let group = survey[0].fingerprint().to_string();
    let kept = kept(&topics).await;
    let expected: BTreeSet<_> = [0, 20, 21, 22, 23, 24]
        .map(|number| (session(number).to_string(), group.clone()))
        .into();
    assert_eq!(kept.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for (_, text) in kept.values() {
        let finding: CoordinationFinding = serde_json::from_str(text).unwrap();
        assert_eq!(
            (finding.code.as_str(), finding.kind),
            ("coordination.trajectory", FingerprintKind::Trajectory)
        );
        assert!(finding.sessions >= 4 && finding.score >= 0.9, "{finding:?}");
    }
    worker.terminate(DEADLINE).await;
}
