use proptest::prelude::*;
use schemas::batch::BatchRecord;
use schemas::verdict::Reason;

use super::*;
use crate::{Ruleset, Window};

const START_MS: f64 = 1_790_000_000_000.0;

/// A row of pseudo-random numbers from 0 to 1, equal for equal seeds.
struct Row(u64);

impl Row {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
}

/// What moves the pointer from one target to the next: progress along and offset across the straight
/// line, both in shares of the distance, at a share of the time.
type Curve = fn(&mut Row, f64) -> Vec<(f64, f64)>;

fn minimum_jerk(time: f64) -> f64 {
    time.powi(3) * (10.0 - 15.0 * time + 6.0 * time * time)
}

fn minimum_jerk_curve(_: &mut Row, steps: f64) -> Vec<(f64, f64)> {
    (0..=steps as usize)
        .map(|step| (minimum_jerk(step as f64 / steps), 0.0))
        .collect()
}

/// A cubic Bezier with random control points across, eased by the cosine.
fn bezier_curve(row: &mut Row, steps: f64) -> Vec<(f64, f64)> {
    let (first, second) = (row.between(-0.2, 0.2), row.between(-0.2, 0.2));
    (0..=steps as usize)
        .map(|step| {
            let eased = 0.5 - 0.5 * (std::f64::consts::PI * step as f64 / steps).cos();
            let left = 1.0 - eased;
            (
                eased,
                3.0 * left * left * eased * first + 3.0 * left * eased * eased * second,
            )
        })
        .collect()
}

/// A person's move: one to four overlapping submovements of very unequal size, at an uneven pace.
fn submovements(row: &mut Row, steps: f64) -> Vec<(f64, f64)> {
    let count = 1 + (row.next() * 4.0) as usize;
    let mut parts: Vec<(f64, f64, f64)> = Vec::new();
    for part in 0..count {
        let from = part as f64 / count as f64 * row.between(0.6, 1.0);
        let length = row.between(0.3, 1.0) * (1.0 - from);
        parts.push((from, length, row.between(0.1, 1.0).powi(2)));
    }
    let total: f64 = parts.iter().map(|part| part.2).sum();
    let pace: Vec<f64> = (0..10).map(|_| row.between(0.2, 1.8)).collect();
    let clock = |time: f64| -> f64 {
        let passed = pace
            .iter()
            .enumerate()
            .map(|(index, pace)| pace * (10.0 * time - index as f64).clamp(0.0, 1.0));
        passed.sum::<f64>() / pace.iter().sum::<f64>()
    };
    (0..=steps as usize)
        .map(|step| {
            let time = clock(step as f64 / steps);
            let along = parts.iter().map(|(from, length, size)| {
                size / total * minimum_jerk(((time - from) / length).clamp(0.0, 1.0))
            });
            (along.sum(), 0.0)
        })
        .collect()
}

/// `strokes` moves between random targets, each ended by a click, one sample every `step_ms`.
fn made(mut row: Row, curve: Curve, strokes: usize, step_ms: f64) -> Vec<String> {
    let (mut time, mut x, mut y) = (0.0, 400.0, 300.0);
    let mut events = Vec::new();
    for _ in 0..strokes {
        let angle = row.between(0.0, std::f64::consts::TAU);
        let distance = row.between(150.0, 600.0);
        let steps = (row.between(700.0, 1400.0) / step_ms).round();
        for (along, across) in curve(&mut row, steps) {
            let (sin, cos) = angle.sin_cos();
            let place = |a: f64, b: f64| distance * (along * a + across * b);
            events.push(event(
                "mouse_move",
                time,
                (x + place(cos, -sin), y + place(sin, cos)),
                "",
            ));
            time += step_ms;
        }
        (x, y) = (x + distance * angle.cos(), y + distance * angle.sin());
        time += 80.0;
        events.push(event("click", time, (x, y), ""));
        time += row.between(300.0, 1200.0);
    }
    events
}

fn session(curve: Curve, strokes: usize, step_ms: f64) -> Vec<String> {
    made(Row(7), curve, strokes, step_ms)
}

fn event(name: &str, time: f64, (x, y): (f64, f64), data: &str) -> String {
    let (at, x, y) = ((START_MS + time).round(), x.round(), y.round());
    format!(r#"{{"event_type":"{name}","timestamp":{at},"data":{{"x":{x},"y":{y}{data}}}}}"#)
}

fn fold(events: &[String]) -> Window {
    let mut window = Window::new();
    for chunk in events.chunks(500) {
        let value = format!("{{\"batch_id\":\"b\",\"events\":[{}]}}", chunk.join(","));
        window.fold(&BatchRecord::decode(value.as_bytes()).unwrap());
    }
    window
}

fn regular(window: &Window) -> Option<Reason> {
    let reasons = window.verdict(&Ruleset::default()).reasons;
    reasons
        .into_iter()
        .find(|reason| reason.code == "mouse.too_regular")
}

fn summary(window: &Window) -> [f32; NUMBERS] {
    window.strokes.feature_values()
}

#[test]
fn generated_curves_are_too_regular_and_submovements_are_not() {
    for curve in [minimum_jerk_curve as Curve, bezier_curve] {
        for step in [8.0, 16.7, 33.0] {
            let reason = regular(&fold(&session(curve, 24, step))).unwrap();
            assert!(reason.weight > 0.6, "{step}: {reason:?}");
            assert!(reason.evidence["regularity"] > reason.evidence["regularity_limit"]);
            assert_eq!(reason.evidence.len(), 6, "{reason:?}");
        }
    }
    for step in [8.0, 16.7, 33.0, 110.0] {
        assert_eq!(
            regular(&fold(&session(submovements, 40, step))),
            None,
            "{step}"
        );
    }
}

#[test]
fn few_strokes_are_judged_only_from_six_and_say_nothing_below_four() {
    let judged = |strokes| {
        let window = fold(&session(minimum_jerk_curve, strokes, 8.0));
        let mut judgement = Judgement::new(schemas::verdict::Method::Mouse, 1, false);
        window.strokes.judge_into(&mut judgement);
        (
            judgement.sufficiency == Sufficiency::Judged,
            judgement.findings.len(),
        )
    };
    assert_eq!(judged(3), (false, 0));
    assert!(!judged(5).0);
    assert_eq!(judged(6), (true, 1));
    assert_eq!(judged(27), (true, 1));
}

/// `place`, an event, as a pointer event of that phase.
fn pointer(phase: &str, place: &str) -> String {
    let (head, data) = place.split_once("\"data\":").unwrap();
    let time = head.split_once("timestamp\":").unwrap().1;
    let data = data.replace("}}", &format!(r#","phase":"{phase}"}}}}"#));
    format!(r#"{{"event_type":"pointer","timestamp":{time}"data":{data}"#)
}

/// Held buttons, fingers and pens draw; what they draw may well be a straight line.
#[test]
fn what_is_drawn_is_not_judged() {
    let plain = session(minimum_jerk_curve, 24, 8.0);
    let marked = |data: &str| -> Vec<String> {
        plain
            .iter()
            .map(|event| event.replace("}}", &format!("{data}}}}}")))
            .collect()
    };
    // Each move lies between a press and a release, and says nothing of a button.
    let between: Vec<String> = plain
        .split_inclusive(|event| event.contains("click"))
        .flat_map(|stroke| {
            let (click, moves) = stroke.split_last().unwrap();
            let mut drawn = vec![pointer("down", &moves[0])];
            drawn.extend(moves.iter().cloned());
            drawn.push(pointer("up", click));
            drawn
        })
        .collect();
    let drawings = [
        marked(r#","drag":true"#),
        marked(r#","buttons":1"#),
        marked(r#","pointer_type":"touch""#),
        marked(r#","pointer_type":"pen""#),
        plain
            .iter()
            .map(|event| {
                event
                    .replace("mouse_move\"", "touch\"")
                    .replace("}}", r#","phase":"move"}}"#)
            })
            .collect(),
        between,
    ];
    for drawing in drawings {
        let window = fold(&drawing);
        assert!(window.event_count() >= 1000, "{}", window.event_count());
        assert!(
            summary(&window).iter().all(|number| number.is_nan()),
            "{:?}",
            drawing[1]
        );
        assert_eq!(regular(&window), None);
    }
    assert!(regular(&fold(&marked(r#","drag":false,"buttons":0"#))).is_some());
}

#[test]
fn only_pointer_events_matter() {
    let plain = session(bezier_curve, 24, 16.7);
    let mixed: Vec<String> = plain
        .iter()
        .flat_map(|event| {
            let time = event
                .split_once("timestamp\":")
                .unwrap()
                .1
                .split_once(',')
                .unwrap()
                .0;
            let other =
                |name: &str| format!(r#"{{"event_type":"{name}","timestamp":{time},"data":{{}}}}"#);
            [
                event.clone(),
                other("page_view"),
                other("focus"),
                other("keypress"),
            ]
        })
        .collect();
    assert_eq!(fold(&plain).strokes, fold(&mixed).strokes);
}

#[test]
fn circles_jumps_rests_and_long_moves() {
    let path = |places: &mut dyn Iterator<Item = (f64, f64, f64)>| -> Vec<String> {
        places
            .map(|(time, x, y)| event("mouse_move", time, (x, y), ""))
            .chain([event("click", 20_000.0, (0.0, 0.0), "")])
            .collect()
    };
    let strokes = |events: &[String]| fold(events).strokes.bundle.count();
    let circle = |angle: f64| (400.0 + 200.0 * angle.cos(), 300.0 + 200.0 * angle.sin());
    let circle: Vec<String> = path(&mut (0..100).map(|step| {
        let (x, y) = circle(f64::from(step) * 0.063);
        (f64::from(step) * 10.0, x, y)
    }));
    assert_eq!(strokes(&circle), 0);
    let line = |gap: f64, jump: f64| {
        path(&mut (0..100).map(|step| {
            let late = if step < 50 { 0.0 } else { 1.0 };
            (
                f64::from(step) * 10.0 + late * gap,
                f64::from(step) * 4.0 + late * jump,
                0.0,
            )
        }))
    };
    assert_eq!(strokes(&line(0.0, 0.0)), 1);
    assert_eq!(strokes(&line(400.0, 0.0)), 2);
    assert_eq!(strokes(&line(0.0, 900.0)), 2);
    let long = path(&mut (0..1500).map(|step| (f64::from(step) * 10.0, f64::from(step), 0.0)));
    assert_eq!(strokes(&long), 1);
    // Farther apart than a stroke's samples can say, and positions that cannot be.
    let far = path(&mut (0..100).map(|step| (f64::from(step) * 10.0, f64::from(step) * 90.0, 0.0)));
    assert_eq!(strokes(&far), 2);
    let bad =
        path(&mut (0..100).map(|step| (f64::from(step) * 10.0, 20_000.0 + f64::from(step), 0.0)));
    assert_eq!(strokes(&bad), 0);
}

#[test]
fn a_session_of_strokes_takes_little_room() {
    assert!(
        size_of::<Strokes>() <= 1100,
        "{} bytes",
        size_of::<Strokes>()
    );
    let names: std::collections::BTreeSet<&str> = FEATURE_NAMES.into_iter().collect();
    assert_eq!(names.len(), NUMBERS);
    let window = fold(&session(submovements, 33, 8.0));
    let bytes = postcard::to_allocvec(&window.strokes).unwrap();
    assert!(bytes.len() <= 900, "{} bytes", bytes.len());
    assert_eq!(
        postcard::from_bytes::<Strokes>(&bytes).unwrap(),
        window.strokes
    );
    assert!(postcard::to_allocvec(&Strokes::default()).unwrap().len() <= 30);
}

/// How far a number may move when what was seen every 8 ms is seen every 110 ms.
fn tolerance(name: &str) -> f32 {
    match name.split('.').nth(1) {
        Some("smoothness") => 1.2,
        Some("peak_speed") => 1.3,
        Some("skew") => 0.6,
        Some("speed_spread") => 0.25,
        Some("duration") => 0.6,
        _ => 0.15,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn summaries_hardly_depend_on_the_sampling_rate(step in 8.0f64..111.0, seed in 0u32..12) {
        let fine = summary(&fold(&made(Row(u64::from(seed) << 32), submovements, 40, 8.0)));
        let window = fold(&made(Row(u64::from(seed) << 32), submovements, 40, step));
        for ((name, fine), coarse) in FEATURE_NAMES.into_iter().zip(fine).zip(summary(&window)) {
            prop_assert!((fine - coarse).abs() <= tolerance(name), "{name}: {fine} and {coarse} at {step} ms");
        }
        prop_assert_eq!(regular(&window), None);
    }
}
