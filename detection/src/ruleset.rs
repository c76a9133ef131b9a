//! Rulesets: the thresholds that turn measurements into findings and a score into a level.
//!
//! A session is judged by the ruleset that its first record names. `builtin-1` is compiled in; others
//! come through the control topic and are read strictly (`thresholds.rs`): a name that this program does
//! not know may mean a rule that it does not have, and then it must not judge by the rest.

use schemas::verdict::RiskLevel;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::thresholds::ThresholdError;

/// Version of the compiled-in ruleset.
pub const BUILTIN_RULESET: &str = "builtin-1";
/// Model version when no learned model is used.
pub const BUILTIN_MODEL: &str = "none";
/// Formats of learned models that this program can judge by.
pub const MODEL_FORMATS: [&str; 1] = [crate::model::FORMAT];

/// A versioned set of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruleset {
    /// Its version.
    pub version: String,
    /// The thresholds.
    pub thresholds: Thresholds,
}

impl Ruleset {
    /// The ruleset of a control record: the thresholds it names, over the compiled-in ones.
    ///
    /// # Errors
    /// [`ThresholdError`] for the first name or number that is wrong.
    pub fn decode(version: &str, thresholds: &Map<String, Value>) -> Result<Self, ThresholdError> {
        Ok(Self {
            version: version.to_owned(),
            thresholds: Thresholds::decode(thresholds)?,
        })
    }
}

impl Default for Ruleset {
    fn default() -> Self {
        Self {
            version: BUILTIN_RULESET.to_owned(),
            thresholds: Thresholds::default(),
        }
    }
}

/// Every configurable number of the rules. Shares are 0 to 1. What events are counted as while they
/// are folded (an instant press, a far click) is fixed in the channels: features do not depend on rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// Score from which a session counts as a bot.
    pub bot_score: f64,
    /// Score from which the risk is medium.
    pub medium_score: f64,
    /// Score from which the risk is high.
    pub high_score: f64,
    /// Score from which the risk is critical.
    pub critical_score: f64,
    /// Assumed share of automated sessions before anything is seen.
    pub prior: f64,
    /// Presses needed to judge their length.
    pub min_presses: u32,
    /// Clicks far from the one before that are needed to judge teleports.
    pub min_far_clicks: u32,
    /// Key presses needed to judge typing.
    pub min_keys: u32,
    /// Spread over mean of key intervals below which typing is clockwork (people: 0.4 and more).
    pub clockwork_variation: f64,
    /// Questions answered faster than reading allows, as a share, above which the survey was sped through.
    pub speeding_share: f64,
    /// Equal grid answers in a row that make a straight line.
    pub straight_line: u32,
    /// Probability from which the learned model speaks.
    pub model_score: f64,
    /// Weight of the learned model's finding at probability 1; 0 leaves it out of the score. Up to 0.57 a model
    /// alone stays below `bot_score` over the usual prior.
    pub model_weight: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            bot_score: 0.6,
            medium_score: 0.3,
            high_score: 0.6,
            critical_score: 0.85,
            prior: 0.05,
            min_presses: 5,
            min_far_clicks: 5,
            min_keys: 20,
            clockwork_variation: 0.12,
            speeding_share: 0.7,
            straight_line: 8,
            model_score: 0.8,
            model_weight: 0.45,
        }
    }
}

impl Thresholds {
    /// The risk of a score from 0 to 1.
    pub fn level(&self, score: f64) -> RiskLevel {
        if score >= self.critical_score {
            RiskLevel::Critical
        } else if score >= self.high_score {
            RiskLevel::High
        } else if score >= self.medium_score {
            RiskLevel::Medium
        } else {
            RiskLevel::Low
        }
    }
}
