//! How improbable it is that independent people come so near to one another.
//!
//! Shapes of independent movements fill a space of some dimensions: within a small ball the number of neighbours falls
//! with a power of its radius, while copies are all near and none at middling distance. So the neighbours at a middling
//! distance say what chance would bring near, for each movement by itself: where a task makes everybody move alike the
//! middle is crowded as well, and nothing follows.

/// Beyond so many near neighbours the bound is Chernoff's, which costs the same for any number.
const COUNTED: u32 = 32;

/// Upper bound of the logarithm of the probability that of `alike` neighbours at least `near` are within a smaller ball,
/// in which each is with probability `single`.
pub(crate) fn chance_log(alike: u32, near: u32, single: f64) -> f64 {
    let alike = alike.max(near);
    let (all, some) = (f64::from(alike), f64::from(near));
    if near > COUNTED {
        let share = some / all;
        if share <= single {
            return 0.0;
        }
        let missing = if near == alike {
            0.0
        } else {
            (1.0 - share) * ((1.0 - share) / (1.0 - single)).ln()
        };
        return -all * (share * (share / single).ln() + missing);
    }
    // The union bound over the sets of so many of them.
    let sets: f64 = (0..near)
        .map(|index| (f64::from(alike - index) / f64::from(index + 1)).ln())
        .sum();
    (sets + some * single.ln()).min(0.0)
}

/// Logarithm of the probability that `count` independent tests, each of which says -ln p with uniform p, say `sum` or
/// more in all (the upper tail of the gamma distribution of integer shape).
pub(crate) fn sum_log(count: usize, sum: f64) -> f64 {
    if count == 0 || sum <= 0.0 {
        return 0.0;
    }
    let mut term = 1.0;
    let mut total = 1.0;
    for index in 1..count {
        term *= sum / index as f64;
        total += term;
    }
    (total.ln() - sum).min(0.0)
}

/// Logarithm of the expected number of sets of `count` movements of which every one says at least what the strongest of
/// `says` (-ln p each, the others none) say: the least over how many are taken.
pub(crate) fn pair_log(count: usize, mut says: Vec<f64>) -> f64 {
    says.sort_by(|a, b| b.total_cmp(a));
    let mut lowest = 0.0f64;
    let mut total = 0.0;
    for (taken, says) in says.iter().enumerate() {
        let left = count.saturating_sub(taken).max(1);
        total += (left as f64 / (taken + 1) as f64).ln() - says;
        lowest = lowest.min(total);
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_one_is_the_share_of_the_ball() {
        assert!((chance_log(1, 1, 0.0625) - 0.0625f64.ln()).abs() < 1e-12);
        assert_eq!(
            chance_log(100, 1, 0.0625),
            0.0,
            "one of a hundred is no surprise"
        );
        assert_eq!(chance_log(5, 0, 0.0625), 0.0);
        assert!(chance_log(5000, 5000, 0.0625) < -10.0);
    }

    #[test]
    fn sums_follow_the_gamma_distribution() {
        assert!((sum_log(1, 3.0) + 3.0).abs() < 1e-12);
        // e^-2 (1 + 2 + 2)
        assert!((sum_log(3, 2.0) - (5.0 * (-2.0f64).exp()).ln()).abs() < 1e-12);
        assert_eq!(sum_log(0, 2.0), 0.0);
    }
}
