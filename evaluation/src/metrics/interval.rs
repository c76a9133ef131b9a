//! Shares and their exact bounds (Clopper and Pearson 1934, Biometrika 26:404).

use serde::Serialize;

use super::number;

/// Halvings of an interval of width 1: below the spacing of doubles near a bound.
const HALVINGS: usize = 60;
/// Probability outside the interval.
const ALPHA: f64 = 0.05;

/// `count` of `of`, with 95 % bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The share; `None` of nothing.
    pub rate: Option<f64>,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl Share {
    /// `count` of `of`, which is no less.
    pub fn new(count: usize, of: usize) -> Self {
        let (lower, upper) = clopper_pearson(count, of);
        Self {
            count,
            of,
            rate: (of > 0).then(|| number(count) / number(of)),
            lower,
            upper,
        }
    }

    /// How many of `items` satisfy `holds`.
    pub fn of<T>(items: impl IntoIterator<Item = T>, holds: impl Fn(T) -> bool) -> Self {
        let (mut count, mut of) = (0, 0);
        for item in items {
            of += 1;
            count += usize::from(holds(item));
        }
        Self::new(count, of)
    }
}

/// 95 % bounds of the probability behind `count` successes in `of` independent trials.
///
/// Two-sided, 2.5 % beyond each bound; where only one side is open (none or all), the whole 5 % lie
/// beyond the one bound: for none of n that is 1 - 0.05^(1/n), nearly 3/n.
pub fn clopper_pearson(count: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    if count == 0 {
        return (0.0, 1.0 - ALPHA.powf(1.0 / number(of)));
    }
    if count >= of {
        return (ALPHA.powf(1.0 / number(of)), 1.0);
    }
    // P(X <= count) falls with p: the upper bound is where it reaches 2.5 %.
    let upper = bisect(|p| at_most(count, of, p) > ALPHA / 2.0);
    let lower = bisect(|p| at_most(count - 1, of, p) > 1.0 - ALPHA / 2.0);
    (lower, upper)
}

/// The p from 0 to 1 up to which `holds`.
fn bisect(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(X <= count) of the binomial distribution, summed downwards from the larger terms.
fn at_most(count: usize, of: usize, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    let above_mode = number(count) > number(of) * p;
    if above_mode {
        // The other tail is the smaller sum and keeps its digits.
        return 1.0 - tail(of - count - 1, of, 1.0 - p);
    }
    tail(count, of, p)
}

/// P(X <= count) for a count below the mode: the terms shrink downwards.
fn tail(count: usize, of: usize, p: f64) -> f64 {
    let odds = p / (1.0 - p);
    let mut term =
        (log_choose(of, count) + number(count) * p.ln() + number(of - count) * (-p).ln_1p()).exp();
    let mut sum = 0.0;
    for successes in (0..=count).rev() {
        sum += term;
        term *= number(successes) / (number(of - successes + 1) * odds);
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

fn log_choose(of: usize, count: usize) -> f64 {
    let smaller = count.min(of - count);
    (1..=smaller)
        .map(|step| (number(of - smaller + step) / number(step)).ln())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: (f64, f64), expected: (f64, f64)) {
        assert!(
            (found.0 - expected.0).abs() < 5e-5 && (found.1 - expected.1).abs() < 5e-5,
            "{found:?} {expected:?}"
        );
    }

    /// From published tables of exact limits.
    #[test]
    fn bounds_are_those_of_the_tables() {
        near(clopper_pearson(1, 10), (0.0025, 0.4450));
        near(clopper_pearson(5, 10), (0.1871, 0.8129));
        near(clopper_pearson(9, 10), (0.5550, 0.9975));
        near(clopper_pearson(10, 100), (0.0490, 0.1762));
        near(clopper_pearson(1, 100), (0.0003, 0.0545));
    }

    #[test]
    fn none_of_n_is_bounded_by_nearly_three_over_n() {
        near(clopper_pearson(0, 100), (0.0, 0.029_513));
        near(clopper_pearson(0, 10), (0.0, 0.258_866));
        near(clopper_pearson(10, 10), (1.0 - 0.258_866, 1.0));
        assert_eq!(clopper_pearson(0, 0), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn bounds_enclose_the_share_and_mirror(of in 1_usize..3000, part in 0.0_f64..=1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
            let count = (part * number(of)) as usize;
            let share = Share::new(count, of);
            let rate = share.rate.unwrap();
            prop_assert!(share.lower <= rate && rate <= share.upper);
            prop_assert!(share.lower >= 0.0 && share.upper <= 1.0);
            let mirror = Share::new(of - count, of);
            prop_assert!((share.lower + mirror.upper - 1.0).abs() < 1e-9);
            prop_assert!((share.upper + mirror.lower - 1.0).abs() < 1e-9);
        }
    }
}
