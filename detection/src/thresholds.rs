//! What each threshold means, in which unit, and between which bounds it makes sense: for reading
//! rulesets from outside, and for showing them.
//!
//! Invariant: what [`Thresholds::decode`] returns holds every bound and order. A mistake in a ruleset is
//! found when it is written, not when the first session is judged by it.

use serde_json::{Map, Number, Value};

use crate::ruleset::Thresholds;

/// One threshold: its name and what may be said of it.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// Its name in a ruleset.
    pub name: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// What it counts: `score`, `share`, `ratio`, or the things themselves.
    pub unit: &'static str,
    /// Smallest value.
    pub least: f64,
    /// Largest value.
    pub most: f64,
    /// Whether it counts things: a whole number.
    pub is_count: bool,
    get: fn(&Thresholds) -> f64,
    set: fn(&mut Thresholds, f64),
}

/// Why thresholds cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// No threshold has that name.
    #[error("`{name}` is no threshold; there are {}", known())]
    Unknown {
        /// The name.
        name: String,
    },
    /// The value is no number, or no whole one where things are counted.
    #[error("`{name}` is {value} and must be {}", if *whole { "a whole number" } else { "a number" })]
    NotANumber {
        /// The threshold.
        name: &'static str,
        /// What was given, as JSON.
        value: String,
        /// Whether it must be whole.
        whole: bool,
    },
    /// The number is beyond its bounds.
    #[error("`{name}` is {value} and must be from {least} to {most} ({unit})")]
    OutOfRange {
        /// The threshold.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Smallest value.
        least: f64,
        /// Largest value.
        most: f64,
        /// Its unit.
        unit: &'static str,
    },
    /// Two scores are in the wrong order.
    #[error("`{lower}` is {low} and must not be above `{higher}`, which is {high}")]
    Disordered {
        /// The threshold that must not be above.
        lower: &'static str,
        /// Its value.
        low: f64,
        /// The threshold that it must not be above of.
        higher: &'static str,
        /// Its value.
        high: f64,
    },
}

impl ThresholdError {
    /// The name in the ruleset that the mistake is about.
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { name } => name,
            Self::NotANumber { name, .. } | Self::OutOfRange { name, .. } => name,
            Self::Disordered { lower, .. } => lower,
        }
    }
}

fn known() -> String {
    let names: Vec<&str> = Thresholds::ALL.iter().map(|one| one.name).collect();
    names.join(", ")
}

/// A number of things.
const fn count(
    (name, unit): (&'static str, &'static str),
    (least, most): (u32, u32),
    meaning: &'static str,
    get: fn(&Thresholds) -> f64,
    set: fn(&mut Thresholds, f64),
) -> Threshold {
    Threshold {
        name,
        meaning,
        unit,
        least: least as f64,
        most: most as f64,
        is_count: true,
        get,
        set,
    }
}

/// A number from 0 to 1.
const fn share(
    (name, unit): (&'static str, &'static str),
    (least, most): (f64, f64),
    meaning: &'static str,
    get: fn(&Thresholds) -> f64,
    set: fn(&mut Thresholds, f64),
) -> Threshold {
    Threshold {
        name,
        meaning,
        unit,
        least,
        most,
        is_count: false,
        get,
        set,
    }
}

impl Thresholds {
    /// Every threshold, in the order of a ruleset.
    #[rustfmt::skip]
    pub const ALL: [Threshold; 13] = [
        share(("bot_score", "score"), (0.0, 1.0), "score from which a session counts as a bot",
            |t| t.bot_score, |t, v| t.bot_score = v),
        share(("medium_score", "score"), (0.0, 1.0), "score from which the risk is medium",
            |t| t.medium_score, |t, v| t.medium_score = v),
        share(("high_score", "score"), (0.0, 1.0), "score from which the risk is high",
            |t| t.high_score, |t, v| t.high_score = v),
        share(("critical_score", "score"), (0.0, 1.0), "score from which the risk is critical",
            |t| t.critical_score, |t, v| t.critical_score = v),
        share(("prior", "share"), (0.0, 0.9), "assumed share of automated sessions before anything is seen",
            |t| t.prior, |t, v| t.prior = v),
        count(("min_presses", "presses"), (1, 10_000), "presses needed to judge their length",
            |t| t.min_presses.into(), |t, v| t.min_presses = v as u32),
        count(("min_far_clicks", "clicks"), (1, 10_000), "clicks far from the one before needed to judge teleports",
            |t| t.min_far_clicks.into(), |t, v| t.min_far_clicks = v as u32),
        count(("min_keys", "keys"), (2, 10_000), "key presses needed to judge typing",
            |t| t.min_keys.into(), |t, v| t.min_keys = v as u32),
        share(("clockwork_variation", "ratio"), (0.0, 1.0), "spread over mean of key intervals below which typing is clockwork",
            |t| t.clockwork_variation, |t, v| t.clockwork_variation = v),
        share(("speeding_share", "share"), (0.0, 1.0), "share of questions answered faster than reading allows, above which it is speeding",
            |t| t.speeding_share, |t, v| t.speeding_share = v),
        count(("straight_line", "answers"), (2, 10_000), "equal grid answers in a row that make a straight line",
            |t| t.straight_line.into(), |t, v| t.straight_line = v as u32),
        share(("model_score", "share"), (0.0, 1.0), "probability from which the learned model speaks",
            |t| t.model_score, |t, v| t.model_score = v),
        share(("model_weight", "share"), (0.0, 0.99), "weight of the learned model's finding; 0 leaves it out of the score",
            |t| t.model_weight, |t, v| t.model_weight = v),
    ];

    /// Reads thresholds by name; those that are not named stay as compiled in.
    ///
    /// # Errors
    /// [`ThresholdError`] for the first name or number that is wrong.
    pub fn decode(members: &Map<String, Value>) -> Result<Self, ThresholdError> {
        let read = Self::default().with(members);
        read.map_err(|mut mistakes| mistakes.swap_remove(0))
    }

    /// These with others by name: those that are not named stay.
    ///
    /// # Errors
    /// Every name and number that is wrong, at least one; orders are looked at when all else is right.
    pub fn with(&self, members: &Map<String, Value>) -> Result<Self, Vec<ThresholdError>> {
        let mut thresholds = self.clone();
        let mut mistakes = Vec::new();
        for (name, value) in members {
            let known = Self::ALL.iter().find(|one| one.name == name);
            let one = known.ok_or_else(|| ThresholdError::Unknown { name: name.clone() });
            match one.and_then(|one| Ok((one.set, one.read(value)?))) {
                Ok((set, value)) => set(&mut thresholds, value),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            mistakes.extend(thresholds.check().err());
        }
        if mistakes.is_empty() {
            Ok(thresholds)
        } else {
            Err(mistakes)
        }
    }

    /// Every threshold by name: what a control record carries.
    pub fn encode(&self) -> Map<String, Value> {
        let members = Self::ALL.iter().map(|one| {
            let value = one.of(self);
            let number = if one.is_count {
                Some(Number::from(value as u64))
            } else {
                Number::from_f64(value)
            };
            // No threshold that has been checked is infinite; JSON could not say it.
            (
                one.name.to_owned(),
                number.map_or(Value::Null, Value::Number),
            )
        });
        members.collect()
    }

    /// Whether every number is within its bounds and the scores are in their order.
    ///
    /// # Errors
    /// [`ThresholdError`] for the first that is not.
    pub fn check(&self) -> Result<(), ThresholdError> {
        for one in &Self::ALL {
            one.bound(one.of(self))?;
        }
        let ordered = [
            (
                "medium_score",
                self.medium_score,
                "high_score",
                self.high_score,
            ),
            (
                "high_score",
                self.high_score,
                "critical_score",
                self.critical_score,
            ),
        ];
        for (lower, low, higher, high) in ordered {
            if low > high {
                return Err(ThresholdError::Disordered {
                    lower,
                    low,
                    higher,
                    high,
                });
            }
        }
        Ok(())
    }
}

impl Threshold {
    /// Its value.
    pub fn of(&self, thresholds: &Thresholds) -> f64 {
        (self.get)(thresholds)
    }

    fn read(&self, value: &Value) -> Result<f64, ThresholdError> {
        let number = value.as_f64();
        let number = number.filter(|number| !self.is_count || number.fract() == 0.0);
        let number = number.ok_or_else(|| ThresholdError::NotANumber {
            name: self.name,
            value: value.to_string().chars().take(60).collect(),
            whole: self.is_count,
        })?;
        self.bound(number)
    }

    fn bound(&self, value: f64) -> Result<f64, ThresholdError> {
        if (self.least..=self.most).contains(&value) {
            Ok(value)
        } else {
            Err(ThresholdError::OutOfRange {
                name: self.name,
                value,
                least: self.least,
                most: self.most,
                unit: self.unit,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn members(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn the_table_names_every_threshold_once_and_the_compiled_in_ones_are_within_bounds() {
        let thresholds = Thresholds::default();
        let fields = members(serde_json::to_value(&thresholds).unwrap());
        let mut names: Vec<&str> = Thresholds::ALL.iter().map(|one| one.name).collect();
        names.sort_unstable();
        assert!(fields.keys().map(String::as_str).eq(names), "{fields:?}");
        assert_eq!(thresholds.check(), Ok(()));
        assert_eq!(thresholds.encode(), fields);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_sentence() {
        for (given, name, sentence) in [
            (
                json!({ "bot_scor": 0.5 }),
                "bot_scor",
                "no threshold; there are bot_score,",
            ),
            (
                json!({ "bot_score": "0.5" }),
                "bot_score",
                "is \"0.5\" and must be a number",
            ),
            (json!({ "bot_score": null }), "bot_score", "is null"),
            (
                json!({ "bot_score": 1.01 }),
                "bot_score",
                "must be from 0 to 1 (score)",
            ),
            (
                json!({ "min_keys": 20.5 }),
                "min_keys",
                "must be a whole number",
            ),
            (
                json!({ "min_keys": -1 }),
                "min_keys",
                "from 2 to 10000 (keys)",
            ),
            (
                json!({ "min_keys": 1e300 }),
                "min_keys",
                "from 2 to 10000 (keys)",
            ),
            (
                json!({ "medium_score": 0.7 }),
                "medium_score",
                "must not be above `high_score`, which is 0.6",
            ),
        ] {
            let refused = Thresholds::decode(&members(given)).unwrap_err();
            assert_eq!(refused.name(), name);
            assert!(refused.to_string().contains(sentence), "{refused}");
        }
    }

    #[test]
    fn what_is_not_named_stays_as_compiled_in() {
        let read = Thresholds::decode(&members(json!({ "min_keys": 30.0 }))).unwrap();
        let expected = Thresholds {
            min_keys: 30,
            ..Thresholds::default()
        };
        assert_eq!(read, expected);
    }

    proptest! {
        #[test]
        fn thresholds_survive_the_round_trip(places in prop::collection::vec(0.0f64..=1.0, Thresholds::ALL.len())) {
            let mut thresholds = Thresholds::default();
            for (one, place) in Thresholds::ALL.iter().zip(places) {
                let value = one.least + place * (one.most - one.least);
                (one.set)(&mut thresholds, if one.is_count { value.round() } else { (value * 1e4).round() / 1e4 });
            }
            let mut scores = [thresholds.medium_score, thresholds.high_score, thresholds.critical_score];
            scores.sort_by(f64::total_cmp);
            [thresholds.medium_score, thresholds.high_score, thresholds.critical_score] = scores;
            let text = serde_json::to_string(&thresholds.encode()).unwrap();
            prop_assert_eq!(Thresholds::decode(&serde_json::from_str(&text).unwrap()), Ok(thresholds));
        }
    }
}
