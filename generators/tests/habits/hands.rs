//! People vary from stroke to stroke at least as much as recorded ones; formulas vary less.

use generators::{Kind, Session};

use super::{number, sessions};

/// A place of a stroke: time, x, y.
type Place = (f64, f64, f64);

/// Ways from rest to press, with one place every 50 ms or more, as `augment::thin` leaves them.
fn strokes(session: &Session) -> Vec<Vec<Place>> {
    let mut strokes = vec![Vec::new()];
    for event in &session.events {
        let stroke: &mut Vec<Place> = strokes.last_mut().unwrap();
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of a session are small"
        )]
        let at = event.at_ms as f64;
        match (
            event.recorded_type,
            number(event, "x").zip(number(event, "y")),
        ) {
            ("mouse_move", Some((x, y))) => {
                let rested = stroke.last().is_some_and(|last| at - last.0 > 250.0);
                if rested {
                    strokes.push(vec![(at, x, y)]);
                } else if stroke.last().is_none_or(|last| at - last.0 >= 49.0) {
                    stroke.push((at, x, y));
                }
            }
            ("mouse_down", _) => strokes.push(Vec::new()),
            _ => {}
        }
    }
    strokes.retain(|stroke| stroke.len() >= 6 && far(stroke));
    strokes
}

fn far(stroke: &[Place]) -> bool {
    let (first, last) = (stroke[0], stroke[stroke.len() - 1]);
    (first.1 - last.1).hypot(first.2 - last.2) >= 40.0
}

/// Distance of the course of a stroke from minimum jerk, and its homing: the share of the time that the
/// last tenth of the way takes.
fn course(stroke: &[Place]) -> (f64, f64) {
    let mut gone = vec![0.0];
    for pair in stroke.windows(2) {
        let length = (pair[1].1 - pair[0].1).hypot(pair[1].2 - pair[0].2);
        gone.push(gone[gone.len() - 1] + length);
    }
    let (start, whole) = (stroke[0].0, stroke[stroke.len() - 1].0 - stroke[0].0);
    let way = gone[gone.len() - 1].max(1e-9);
    let at = |share: f64| {
        let time = start + share * whole;
        let index = stroke
            .partition_point(|place| place.0 < time)
            .clamp(1, stroke.len() - 1);
        let (before, after) = (stroke[index - 1].0, stroke[index].0);
        let within = (time - before) / (after - before);
        (gone[index - 1] + (gone[index] - gone[index - 1]) * within) / way
    };
    let shares: Vec<f64> = (0..32).map(|step| f64::from(step) / 31.0).collect();
    let off = |share: &f64| {
        let ideal = share.powi(3) * (10.0 - 15.0 * share + 6.0 * share * share);
        (at(*share) - ideal).powi(2)
    };
    let jerk = (shares.iter().map(off).sum::<f64>() / 32.0).sqrt();
    let reached = shares.iter().find(|share| at(**share) >= 0.9).copied();
    (jerk, 1.0 - reached.unwrap_or(1.0))
}

#[expect(clippy::cast_precision_loss, reason = "eight")]
fn deviation(numbers: &[f64]) -> f64 {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    (numbers
        .iter()
        .map(|number| (number - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt()
}

/// Median over bundles of eight strokes of the deviations of both measures.
fn unrest(kind: Kind) -> (f64, f64) {
    let (mut jerks, mut homings) = (Vec::new(), Vec::new());
    for session in sessions(kind, 10) {
        let courses: Vec<(f64, f64)> = strokes(&session)
            .iter()
            .map(|stroke| course(stroke))
            .collect();
        for bundle in courses.chunks_exact(8) {
            jerks.push(deviation(
                &bundle.iter().map(|course| course.0).collect::<Vec<_>>(),
            ));
            homings.push(deviation(
                &bundle.iter().map(|course| course.1).collect::<Vec<_>>(),
            ));
        }
    }
    assert!(jerks.len() >= 8, "{kind}: {} bundles", jerks.len());
    let middle = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    (middle(jerks), middle(homings))
}

#[test]
fn people_vary_from_stroke_to_stroke() {
    for kind in [
        Kind::MouseUser,
        Kind::Typist,
        Kind::Dragger,
        Kind::RemoteUser,
        Kind::TouchpadUser,
        Kind::BinaryChooser,
    ] {
        let (jerk, homing) = unrest(kind);
        // Twice what the most regular half percent of recorded people show.
        assert!(
            jerk > 0.058 && homing > 0.086,
            "{kind}: {jerk:.3} {homing:.3}"
        );
    }
}

#[test]
fn formulas_vary_less_than_people() {
    for kind in [
        Kind::BezierQuadratic,
        Kind::BezierCubic,
        Kind::BezierNoisy,
        Kind::LineEasing,
        Kind::PerlinLine,
        Kind::RandomSteps,
        Kind::WindMouse,
        Kind::Spring,
        Kind::TwoPhase,
    ] {
        let (jerk, _) = unrest(kind);
        assert!(jerk < 0.058, "{kind}: {jerk:.3}");
    }
}
