//! Pointer paths that are a curve, walked by a clock: Bezier curves of several degrees, straight lines
//! with an easing, lines bent by gradient noise, and lines in random steps.

use super::routes::along;
use super::sampling::{Duration, Easing, Sampling};
use crate::dice::Dice;
use crate::mouse::{Route, Step};
use crate::stage::Point;
use crate::survey::as_f64;

/// Where the inner control points of a Bezier curve lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Controls {
    /// Evenly along the line, each moved by a normal deviation of this share of the distance.
    BesideLine(f64),
    /// Anywhere in the box around both ends, widened by so many pixels: what popular libraries do.
    InBox(f64),
}

/// A Bezier curve, evaluated by de Casteljau's algorithm.
#[derive(Debug, Clone)]
pub(crate) struct BezierCurve {
    /// Number of inner control points: degree less one.
    inner: usize,
    controls: Controls,
    easing: Easing,
    duration: Duration,
    sampling: Sampling,
    /// Deviation of the noise on each position, pixels.
    noise: f64,
    /// Share of the positions that are moved up or down by a pixel or so.
    distorted: f64,
}

impl BezierCurve {
    /// One control point beside the middle.
    pub(crate) fn quadratic(dice: &mut Dice) -> Self {
        let bend = dice.between(0.08, 0.25);
        Self::draw(dice, 1, Controls::BesideLine(bend))
    }

    /// Two control points.
    pub(crate) fn cubic(dice: &mut Dice) -> Self {
        let bend = dice.between(0.08, 0.25);
        Self::draw(dice, 2, Controls::BesideLine(bend))
    }

    /// Two control points, and noise on every position.
    pub(crate) fn cubic_with_noise(dice: &mut Dice) -> Self {
        Self {
            noise: dice.between(0.4, 2.0),
            ..Self::cubic(dice)
        }
    }

    /// Four control points anywhere around, a decelerating clock and a few distorted positions.
    pub(crate) fn quintic(dice: &mut Dice) -> Self {
        let margin = dice.between(20.0, 100.0);
        Self {
            easing: [Easing::QuadOut, Easing::CubicOut, Easing::SineInOut][dice.below(3)],
            distorted: dice.between(0.2, 0.5),
            ..Self::draw(dice, 4, Controls::InBox(margin))
        }
    }

    fn draw(dice: &mut Dice, inner: usize, controls: Controls) -> Self {
        Self {
            inner,
            controls,
            easing: if dice.chance(0.2) {
                Easing::Linear
            } else {
                Easing::smooth(dice)
            },
            duration: Duration::draw(dice),
            sampling: Sampling::draw(dice),
            noise: 0.0,
            distorted: 0.0,
        }
    }

    fn polygon(&self, dice: &mut Dice, from: Point, to: Point) -> Vec<Point> {
        let mut polygon = vec![from];
        for number in 1..=self.inner {
            polygon.push(match self.controls {
                Controls::BesideLine(bend) => {
                    let on_line = along(from, to, as_f64(number) / as_f64(self.inner + 1));
                    let spread = from.distance(to) * bend;
                    Point {
                        x: on_line.x + dice.normal(0.0, spread),
                        y: on_line.y + dice.normal(0.0, spread),
                    }
                }
                Controls::InBox(margin) => {
                    let mut within =
                        |a: f64, b: f64| dice.between(a.min(b) - margin, a.max(b) + margin);
                    Point {
                        x: within(from.x, to.x),
                        y: within(from.y, to.y),
                    }
                }
            });
        }
        polygon.push(to);
        polygon
    }
}

impl Route for BezierCurve {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let polygon = self.polygon(dice, from, to);
        let duration = self.duration.of(dice, from.distance(to), size);
        let shares = self.sampling.shares(dice, duration);
        let place = |(after, share): (f64, f64)| {
            let mut at = on_curve(&polygon, self.easing.at(share));
            if share < 1.0 {
                at.x += dice.normal(0.0, self.noise);
                at.y += dice.normal(0.0, self.noise);
                if dice.chance(self.distorted) {
                    at.y += dice.normal(0.5, 1.0);
                }
            }
            Step { after, at }
        };
        shares.into_iter().map(place).collect()
    }
}

/// The point at `share` of the curve with these control points (de Casteljau).
pub(crate) fn on_curve(polygon: &[Point], share: f64) -> Point {
    let mut points = polygon.to_vec();
    while points.len() > 1 {
        points = points
            .windows(2)
            .map(|pair| along(pair[0], pair[1], share))
            .collect();
    }
    points[0]
}

/// A straight line with an easing.
#[derive(Debug, Clone)]
pub(crate) struct EasedLine {
    /// The easing of every move, or `None` for one drawn each time.
    easing: Option<Easing>,
    duration: Duration,
    sampling: Sampling,
}

impl EasedLine {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let easing = Easing::ALL[dice.below(Easing::ALL.len())];
        Self {
            easing: dice.chance(0.8).then_some(easing),
            duration: Duration::draw(dice),
            sampling: Sampling::draw(dice),
        }
    }
}

impl Route for EasedLine {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let drawn = Easing::ALL[dice.below(Easing::ALL.len())];
        let easing = self.easing.unwrap_or(drawn);
        let duration = self.duration.of(dice, from.distance(to), size);
        let shares = self.sampling.shares(dice, duration);
        let place = |(after, share)| Step {
            after,
            at: along(from, to, easing.at(share)),
        };
        shares.into_iter().map(place).collect()
    }
}

/// An eased line moved sideways by one-dimensional gradient noise (Perlin 1985) that dies out at both
/// ends.
#[derive(Debug, Clone)]
pub(crate) struct PerlinLine {
    easing: Easing,
    duration: Duration,
    sampling: Sampling,
    /// Largest deviation as a share of the distance.
    amplitude: f64,
    /// Cells of the coarsest octave on one move.
    cells: f64,
    octaves: i32,
}

impl PerlinLine {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            easing: Easing::smooth(dice),
            duration: Duration::draw(dice),
            sampling: Sampling::draw(dice),
            amplitude: dice.between(0.04, 0.16),
            cells: dice.between(1.5, 4.0),
            octaves: [1, 2, 3][dice.below(3)],
        }
    }
}

impl Route for PerlinLine {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let slopes: [f64; 32] = std::array::from_fn(|_| dice.between(-1.0, 1.0));
        let duration = self.duration.of(dice, from.distance(to), size);
        let shares = self.sampling.shares(dice, duration);
        let place = |(after, share)| {
            let progress = self.easing.at(share);
            let noise: f64 = (0..self.octaves)
                .map(|octave| {
                    let finer = 2.0_f64.powi(octave);
                    gradient_noise(&slopes, progress * self.cells * finer) / finer
                })
                .sum();
            let fade = (std::f64::consts::PI * progress).sin();
            let sideways = 2.0 * self.amplitude * noise * fade;
            let on_line = along(from, to, progress);
            Step {
                after,
                at: Point {
                    x: on_line.x - (to.y - from.y) * sideways,
                    y: on_line.y + (to.x - from.x) * sideways,
                },
            }
        };
        shares.into_iter().map(place).collect()
    }
}

/// Gradient noise at `place`, in cells: each cell's border has a slope, blended by 6 t⁵ - 15 t⁴ + 10 t³.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places are small and not negative"
)]
fn gradient_noise(slopes: &[f64; 32], place: f64) -> f64 {
    let cell = place.floor();
    let within = place - cell;
    let slope = |offset: usize| slopes[(cell as usize + offset) % slopes.len()];
    let (left, right) = (slope(0) * within, slope(1) * (within - 1.0));
    left + (right - left) * Easing::MinimumJerk.at(within)
}

/// A line in steps whose lengths and deviations are drawn independently.
#[derive(Debug, Clone)]
pub(crate) struct RandomSteps {
    sampling: Sampling,
    duration: Duration,
    /// Deviation of a step's length, as a share of the mean length.
    unrest: f64,
    /// Deviation across the line, pixels.
    across: f64,
}

impl RandomSteps {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            sampling: Sampling::draw(dice),
            duration: Duration::draw(dice),
            unrest: dice.between(0.2, 0.6),
            across: dice.between(0.3, 2.5),
        }
    }
}

impl Route for RandomSteps {
    fn steps(&mut self, dice: &mut Dice, from: Point, to: Point, size: f64) -> Vec<Step> {
        let duration = self.duration.of(dice, from.distance(to), size);
        let shares = self.sampling.shares(dice, duration);
        let lengths: Vec<f64> = shares
            .iter()
            .map(|_| dice.normal(1.0, self.unrest).max(0.0))
            .collect();
        let total: f64 = lengths.iter().sum::<f64>().max(1e-9);
        let way = from.distance(to).max(1.0);
        let mut gone = 0.0;
        let place = |((after, share), length): ((f64, f64), f64)| {
            gone += length / total;
            let mut at = along(from, to, gone);
            if share < 1.0 {
                let sideways = dice.normal(0.0, self.across) / way;
                at.x -= (to.y - from.y) * sideways;
                at.y += (to.x - from.x) * sideways;
            }
            Step { after, at }
        };
        shares.into_iter().zip(lengths).map(place).collect()
    }
}
