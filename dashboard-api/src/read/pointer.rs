//! The way of a session's pointer, with few enough points to draw.
//!
//! What a point adds is how far it lies from where the pointer would have been at that time on the straight way between
//! its kept neighbours. So pauses and hurry are kept, not the shape alone. Presses are always kept first.

use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::{StoredEvent, walk};
use crate::database::Database;
use crate::error::ApiError;

/// Points that are held at most while events are read; more are thinned out to half of it.
const HELD: usize = 8192;

/// The way of a session's pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PointerPath {
    /// The points that say most, in the order of events.
    pub(crate) points: Vec<PathPoint>,
    /// How many positions the session has stored, as far as they were read.
    pub(crate) positions: i64,
    /// Whether every stored event was read; of a very long session only the first are.
    pub(crate) complete: bool,
}

/// A position of the pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PathPoint {
    /// Milliseconds since the session's first event, by the client's clock.
    pub(crate) t: f64,
    /// CSS pixels from the left of the viewport.
    pub(crate) x: f64,
    /// CSS pixels from the top of the viewport.
    pub(crate) y: f64,
    /// The event's type: `mouse_move`, `click`, `touch` or `pointer`.
    pub(crate) r#type: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    t: f64,
    x: f64,
    y: f64,
    kind: &'static str,
}

impl Point {
    fn is_press(&self) -> bool {
        self.kind != "mouse_move"
    }
}

/// The members that matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    x: Option<f64>,
    y: Option<f64>,
}

impl PointerPath {
    /// Reads the way of a session, `most` points of it.
    pub(crate) async fn read(
        database: &Database,
        session: (&OrganisationId, SessionId),
        most: usize,
    ) -> Result<Self, ApiError> {
        let mut points: Vec<Point> = Vec::new();
        let (mut positions, mut start) = (0_i64, None);
        let complete = walk(database, session, (0, 0), |batch| {
            for event in &batch.events {
                let time = event.millis();
                start = start.or(time);
                if let Some(point) = position(event, time.zip(start)) {
                    positions += 1;
                    points.push(point);
                    if points.len() >= HELD {
                        points = thin_out(&points, HELD / 2);
                    }
                }
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        let points = thin_out(&points, most);
        let points = points.into_iter().map(|point| PathPoint {
            t: point.t,
            x: point.x,
            y: point.y,
            r#type: point.kind.to_owned(),
        });
        Ok(Self {
            points: points.collect(),
            positions,
            complete,
        })
    }
}

fn position(event: &StoredEvent<'_>, times: Option<(f64, f64)>) -> Option<Point> {
    let kinds = ["mouse_move", "click", "touch", "pointer"];
    let kind = kinds.into_iter().find(|kind| *kind == event.kind())?;
    let (time, start) = times?;
    let Position { x, y } = serde_json::from_str(event.data?.get()).ok()?;
    Some(Point {
        t: time - start,
        x: x?,
        y: y?,
        kind,
    })
}

/// A stretch between two kept points, with the point in it that adds most.
#[derive(Debug, PartialEq)]
struct Stretch {
    added: f64,
    at: usize,
    first: usize,
    last: usize,
}

impl Eq for Stretch {}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Earlier first among equals, so that the outcome is one.
        let added = self.added.total_cmp(&other.added);
        added.then(other.at.cmp(&self.at))
    }
}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Stretch {
    fn between(points: &[Point], first: usize, last: usize) -> Option<Self> {
        let inner = (first + 1)..last;
        let deviations =
            inner.map(|at| (deviation(&points[at], &points[first], &points[last]), at));
        let (added, at) = deviations.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        Some(Self {
            added,
            at,
            first,
            last,
        })
    }
}

/// How far a point lies from where the straight way between two others is at its time.
fn deviation(point: &Point, before: &Point, after: &Point) -> f64 {
    let length = after.t - before.t;
    let share = if length > 0.0 {
        ((point.t - before.t) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let x = before.x + (after.x - before.x) * share;
    let y = before.y + (after.y - before.y) * share;
    let distance = (point.x - x).hypot(point.y - y);
    // Where the pointer was pressed is never guessed.
    if point.is_press() {
        distance + 1e9
    } else {
        distance
    }
}

/// The `most` points that say most, the first and the last among them.
fn thin_out(points: &[Point], most: usize) -> Vec<Point> {
    let Some(last) = points.len().checked_sub(1).filter(|_| points.len() > most) else {
        return points.to_vec();
    };
    let mut kept = vec![false; points.len()];
    (kept[0], kept[last]) = (true, true);
    let mut left = most.saturating_sub(2);
    let mut stretches = BinaryHeap::from_iter(Stretch::between(points, 0, last));
    while let Some(stretch) = stretches.pop().filter(|_| left > 0) {
        kept[stretch.at] = true;
        left -= 1;
        stretches.extend(Stretch::between(points, stretch.first, stretch.at));
        stretches.extend(Stretch::between(points, stretch.at, stretch.last));
    }
    let chosen = points.iter().zip(kept).filter(|(_, kept)| *kept);
    chosen.map(|(point, _)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(t: f64, x: f64, y: f64) -> Point {
        Point {
            t,
            x,
            y,
            kind: "mouse_move",
        }
    }

    #[test]
    fn a_straight_even_way_needs_its_ends_and_a_pause_its_border() {
        let even: Vec<Point> = (0..100)
            .map(|n| moved(f64::from(n) * 10.0, f64::from(n), 0.0))
            .collect();
        let thin = thin_out(&even, 10);
        assert_eq!(thin.len(), 10);
        assert_eq!((thin[0], thin[9]), (even[0], even[99]));
        // Moves for a second, rests for a second.
        let mut paused = even;
        paused.push(moved(2000.0, 99.0, 0.0));
        let thin = thin_out(&paused, 3);
        assert_eq!(thin[1].t, 990.0);
    }

    #[test]
    fn presses_and_corners_stay() {
        let mut points: Vec<Point> = (0..50)
            .map(|n| moved(f64::from(n), f64::from(n), 0.0))
            .chain((0..50).map(|n| moved(f64::from(50 + n), 50.0, f64::from(n))))
            .collect();
        points[20].kind = "click";
        let thin = thin_out(&points, 4);
        assert!(thin.contains(&points[20]), "{thin:?}");
        assert!(
            thin.iter()
                .any(|point| (point.x - 50.0).abs() < 2.0 && point.y < 2.0),
            "{thin:?}"
        );
    }

    #[test]
    fn a_short_way_stays_whole() {
        let points = [moved(0.0, 1.0, 1.0), moved(1.0, 2.0, 2.0)];
        assert_eq!(thin_out(&points, 2), points);
        assert_eq!(thin_out(&[], 2), []);
    }
}
