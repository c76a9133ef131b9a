//! How often a program that moves a pointer reports where it is.

use crate::dice::Dice;

/// The clock of a program that walks a pointer along a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sampling {
    /// Milliseconds between two positions.
    period: f64,
    /// Deviation of each period, milliseconds.
    jitter: f64,
}

impl Sampling {
    /// 60 to 125 positions a second, with the unrest of a timer.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        Self {
            period: [8.0, 8.3, 10.0, 11.1, 12.5, 16.0, 16.7][dice.below(7)],
            jitter: dice.between(0.2, 1.6),
        }
    }

    /// The pause before the next position.
    pub(crate) fn pause(&self, dice: &mut Dice) -> f64 {
        dice.normal(self.period, self.jitter).max(1.0)
    }

    /// Pauses that fill `duration` milliseconds, each with the share of it that has passed; the last
    /// share is 1.
    pub(crate) fn shares(&self, dice: &mut Dice, duration: f64) -> Vec<(f64, f64)> {
        let mut shares = Vec::new();
        let mut passed = 0.0;
        loop {
            let pause = self.pause(dice);
            passed += pause;
            // A rest of less than half a period is no position of its own.
            if passed + self.period * 0.5 >= duration {
                shares.push((pause, 1.0));
                return shares;
            }
            shares.push((pause, passed / duration));
        }
    }
}

/// How long a program lets a move take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Duration {
    /// Any length between two, whatever the distance.
    Free(f64, f64),
    /// Grows with the distance: milliseconds at least, and milliseconds for each bit of difficulty.
    Fitts(f64, f64),
    /// A speed in pixels per millisecond, varied by a share of it.
    Speed(f64, f64),
}

impl Duration {
    /// The habits of one program.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.below(3) {
            0 => {
                let least = dice.between(250.0, 600.0);
                Self::Free(least, least * dice.between(1.2, 2.0))
            }
            1 => Self::Fitts(dice.between(100.0, 250.0), dice.between(80.0, 160.0)),
            _ => Self::Speed(dice.between(0.4, 1.1), dice.between(0.05, 0.25)),
        }
    }

    /// Milliseconds for `distance` pixels to a control of `size` pixels.
    pub(crate) fn of(self, dice: &mut Dice, distance: f64, size: f64) -> f64 {
        let drawn = match self {
            Self::Free(least, most) => dice.between(least, most),
            Self::Fitts(least, per_bit) => {
                least + per_bit * (distance / size.max(10.0) + 1.0).log2()
            }
            Self::Speed(speed, spread) => distance / (speed * dice.normal(1.0, spread).max(0.4)),
        };
        drawn.clamp(120.0, 2500.0)
    }
}

/// How progress on a path follows the share of the time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Easing {
    Linear,
    QuadOut,
    QuadInOut,
    CubicOut,
    CubicInOut,
    SineInOut,
    QuartOut,
    ExpoOut,
    /// 10 u³ - 15 u⁴ + 6 u⁵ (Flash and Hogan 1985).
    MinimumJerk,
}

impl Easing {
    /// The easings that animation libraries offer.
    pub(crate) const ALL: [Self; 9] = [
        Self::Linear,
        Self::QuadOut,
        Self::QuadInOut,
        Self::CubicOut,
        Self::CubicInOut,
        Self::SineInOut,
        Self::QuartOut,
        Self::ExpoOut,
        Self::MinimumJerk,
    ];

    /// One of those that start and end slowly.
    pub(crate) fn smooth(dice: &mut Dice) -> Self {
        [
            Self::QuadInOut,
            Self::CubicInOut,
            Self::SineInOut,
            Self::MinimumJerk,
        ][dice.below(4)]
    }

    /// Progress at share `u` of the time, both from 0 to 1.
    pub(crate) fn at(self, u: f64) -> f64 {
        let rest = 1.0 - u;
        // The half that rises, mirrored in the middle for the half that falls.
        let both = |power: i32| {
            if u < 0.5 {
                0.5 * (2.0 * u).powi(power)
            } else {
                1.0 - 0.5 * (2.0 * rest).powi(power)
            }
        };
        match self {
            Self::Linear => u,
            Self::QuadOut => 1.0 - rest * rest,
            Self::QuadInOut => both(2),
            Self::CubicOut => 1.0 - rest.powi(3),
            Self::CubicInOut => both(3),
            Self::SineInOut => 0.5 - 0.5 * (std::f64::consts::PI * u).cos(),
            Self::QuartOut => 1.0 - rest.powi(4),
            Self::ExpoOut => (1.0 - (-10.0 * u).exp2()) / (1.0 - (-10.0_f64).exp2()),
            Self::MinimumJerk => u.powi(3) * (10.0 - 15.0 * u + 6.0 * u * u),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easings_begin_at_nought_end_at_one_and_never_go_back() {
        for easing in Easing::ALL {
            let course: Vec<f64> = (0..=100)
                .map(|step| easing.at(f64::from(step) / 100.0))
                .collect();
            assert!(
                course[0].abs() < 1e-12 && (course[100] - 1.0).abs() < 1e-12,
                "{easing:?}"
            );
            assert!(course.is_sorted(), "{easing:?}");
        }
    }

    #[test]
    fn shares_fill_the_duration() {
        let mut dice = Dice::new(1, 0);
        for _ in 0..200 {
            let sampling = Sampling::draw(&mut dice);
            let shares = sampling.shares(&mut dice, 400.0);
            let passed: f64 = shares.iter().map(|(pause, _)| pause).sum();
            assert!((380.0..=425.0).contains(&passed), "{passed}");
            assert!(shares.is_sorted_by(|a, b| a.1 < b.1));
            assert!((shares[shares.len() - 1].1 - 1.0).abs() < 1e-12);
        }
    }
}
