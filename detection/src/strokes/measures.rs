//! What is measured on one finished stroke: how speed runs over its time. Pure functions of its samples.
//!
//! Only goal-directed strokes are measured; circles, scribbles and twitches are not. All measures are
//! free of units: time and path length are divided by the stroke's own.

use super::cut::Sample;

/// Fewest samples.
const LEAST_SAMPLES: usize = 6;
/// Shortest stroke, milliseconds.
const SHORTEST_MS: f64 = 80.0;
/// Smallest diagonal of the box around it, pixels.
const SMALLEST_PX: f64 = 40.0;
/// Least distance from end to end over path length.
const LEAST_EFFICIENCY: f64 = 0.6;
/// Points of the curve of progress over time.
const POINTS: usize = 32;
const LAST: f64 = 31.0;
const SPEEDS: usize = POINTS - 1;
/// Below this part of the peak speed the pointer as good as rests.
const SLOW: f64 = 0.05;

/// Number of measures of a stroke.
pub(super) const MEASURES: usize = 9;
/// Places of the measures in [`Measured::values`].
pub(super) const SMOOTHNESS: usize = 0;
pub(super) const PEAK: usize = 1;
pub(super) const SPREAD: usize = 2;
pub(super) const SKEW: usize = 3;
pub(super) const START: usize = 4;
pub(super) const HOMING: usize = 5;
pub(super) const SLOW_SHARE: usize = 6;
pub(super) const MINIMUM_JERK: usize = 7;
pub(super) const EVEN_SPEED: usize = 8;
/// Points of the progress curve that are kept to compare strokes with one another.
pub(super) const PROFILE: usize = 8;
const PROFILE_POINTS: [usize; PROFILE] = [3, 7, 10, 14, 17, 21, 24, 28];

/// A measured stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    /// In this order:
    /// - smoothness: -ln of mean squared jerk over squared peak speed (log dimensionless jerk, after
    ///   Hogan and Sternad, J. Motor Behavior 41, 2009, with the peak speed as scale);
    /// - peak speed over mean speed; standard deviation of speed over mean speed;
    /// - skewness of time weighted by speed;
    /// - share of time for the first and for the last tenth of the path;
    /// - share of time slower than a twentieth of the peak;
    /// - root mean square distance of progress from the minimum-jerk curve (Flash and Hogan,
    ///   J. Neuroscience 5, 1985) and from even speed.
    pub(super) values: [f64; MEASURES],
    /// Progress, 0 to 1, at eight times.
    pub(super) profile: [f64; PROFILE],
    /// Natural logarithm of the duration in milliseconds. Of use only beside other strokes.
    pub(super) duration: f64,
    /// Natural logarithm of the pixels from end to end.
    pub(super) distance: f64,
}

/// Measures a stroke; `None` when it is not goal-directed or too short.
pub(super) fn measure(samples: &[Sample]) -> Option<Measured> {
    let lengths = goal_directed(samples)?;
    let progress = progress(samples, &lengths);
    let speed = speed(&progress);
    let peak = speed.iter().copied().fold(0.0, f64::max);
    let (spread, skew) = shape(&speed);
    let slow = count(speed.iter().filter(|value| **value < SLOW * peak).count());
    let values = [
        smoothness(&speed, peak),
        peak,
        spread,
        skew,
        time_of(&progress, 0.1),
        1.0 - time_of(&progress, 0.9),
        slow / count(SPEEDS),
        residual(&progress, minimum_jerk),
        residual(&progress, |time| time),
    ];
    let last = samples.last()?;
    let (x, y) = last.place();
    let measured = Measured {
        values,
        profile: PROFILE_POINTS.map(|point| progress[point]),
        duration: last.time().ln(),
        distance: x.hypot(y).ln(),
    };
    values
        .iter()
        .all(|value| value.is_finite())
        .then_some(measured)
}

/// Path lengths up to each sample, if the stroke goes somewhere.
fn goal_directed(samples: &[Sample]) -> Option<Lengths> {
    let (first, last) = (samples.first()?, samples.last()?);
    if samples.len() < LEAST_SAMPLES || last.time() < SHORTEST_MS {
        return None;
    }
    let mut lengths = [0.0; super::cut::SAMPLES];
    let (mut low, mut high) = (first.place(), first.place());
    for (index, pair) in samples.windows(2).enumerate() {
        let ((from_x, from_y), (x, y)) = (pair[0].place(), pair[1].place());
        lengths[index + 1] = lengths[index] + (x - from_x).hypot(y - from_y);
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    }
    let length = lengths[samples.len() - 1];
    let (x, y) = last.place();
    let large = (high.0 - low.0).hypot(high.1 - low.1) >= SMALLEST_PX;
    (large && x.hypot(y) > LEAST_EFFICIENCY * length).then_some(lengths)
}

type Lengths = [f64; super::cut::SAMPLES];

/// Share of the path covered at equal times, linear between samples.
fn progress(samples: &[Sample], lengths: &Lengths) -> [f64; POINTS] {
    let duration = samples[samples.len() - 1].time();
    let length = lengths[samples.len() - 1];
    let mut next = 1;
    std::array::from_fn(|point| {
        let time = duration * count(point) / LAST;
        while next + 1 < samples.len() && samples[next].time() < time {
            next += 1;
        }
        let (from, to) = (samples[next - 1].time(), samples[next].time());
        let within = ((time - from) / (to - from)).clamp(0.0, 1.0);
        (lengths[next - 1] + within * (lengths[next] - lengths[next - 1])) / length
    })
}

/// Speed over mean speed between the points, smoothed by [1/4 1/2 1/4].
fn speed(progress: &[f64; POINTS]) -> [f64; SPEEDS] {
    let raw = |index: usize| LAST * (progress[index + 1] - progress[index]);
    std::array::from_fn(|index| {
        let before = raw(index.saturating_sub(1));
        let after = raw((index + 1).min(SPEEDS - 1));
        0.25 * before + 0.5 * raw(index) + 0.25 * after
    })
}

fn smoothness(speed: &[f64; SPEEDS], peak: f64) -> f64 {
    // Second differences in steps of 1/30 of the stroke.
    let jerk = |three: &[f64]| 900.0 * (three[2] - 2.0 * three[1] + three[0]);
    let squares: f64 = speed.windows(3).map(|three| jerk(three).powi(2)).sum();
    -(squares / count(SPEEDS - 2) / (peak * peak)).ln()
}

/// Standard deviation of speed, and skewness of time weighted by speed.
fn shape(speed: &[f64; SPEEDS]) -> (f64, f64) {
    let total: f64 = speed.iter().sum();
    let mean = total / count(SPEEDS);
    let spread = speed
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count(SPEEDS);
    let times = || {
        speed
            .iter()
            .enumerate()
            .map(|(index, value)| (count(index) / 30.0, value / total))
    };
    let centre: f64 = times().map(|(time, weight)| time * weight).sum();
    let moment = |power: i32| {
        times()
            .map(|(time, weight)| weight * (time - centre).powi(power))
            .sum::<f64>()
    };
    (spread.sqrt(), moment(3) / moment(2).powf(1.5))
}

/// When `share` of the path is first covered, as a share of the stroke's time.
fn time_of(progress: &[f64; POINTS], share: f64) -> f64 {
    let after = progress
        .iter()
        .position(|value| *value >= share)
        .unwrap_or(POINTS - 1)
        .max(1);
    let (low, high) = (progress[after - 1], progress[after]);
    let within = if high > low {
        ((share - low) / (high - low)).clamp(0.0, 1.0)
    } else {
        1.0
    };
    (count(after - 1) + within) / LAST
}

fn residual(progress: &[f64; POINTS], curve: impl Fn(f64) -> f64) -> f64 {
    let squares: f64 = progress
        .iter()
        .enumerate()
        .map(|(point, value)| (value - curve(count(point) / LAST)).powi(2))
        .sum();
    (squares / count(POINTS)).sqrt()
}

fn minimum_jerk(time: f64) -> f64 {
    time.powi(3) * (10.0 - 15.0 * time + 6.0 * time * time)
}

/// A small count as a number.
fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(f64::NAN, f64::from)
}
