//! What judges a window: a ruleset, and a learned model where one is settled.

use crate::model::Model;
use crate::ruleset::{BUILTIN_MODEL, Ruleset};

/// A ruleset with or without a model.
#[derive(Debug, Clone, Copy)]
pub struct Judges<'a> {
    /// The rules.
    pub ruleset: &'a Ruleset,
    /// The model that votes beside them.
    pub model: Option<&'a Model>,
}

impl<'a> From<&'a Ruleset> for Judges<'a> {
    fn from(ruleset: &'a Ruleset) -> Self {
        Self {
            ruleset,
            model: None,
        }
    }
}

impl<'a> Judges<'a> {
    /// Version of the model, or [`BUILTIN_MODEL`].
    pub fn model_version(&self) -> &'a str {
        self.model.map_or(BUILTIN_MODEL, Model::version)
    }
}
