//! The rulesets a worker knows, by version.

use std::collections::HashMap;
use std::sync::Arc;

use detection::{BUILTIN_RULESET, Ruleset};

/// Known rulesets; the compiled-in one is always among them.
#[derive(Debug, Clone)]
pub struct Rulesets(HashMap<String, Arc<Ruleset>>);

impl Default for Rulesets {
    fn default() -> Self {
        Self(HashMap::from([(
            BUILTIN_RULESET.to_owned(),
            Arc::new(Ruleset::default()),
        )]))
    }
}

impl Rulesets {
    /// The ruleset of that version.
    pub fn get(&self, version: &str) -> Option<Arc<Ruleset>> {
        self.0.get(version).cloned()
    }

    /// The compiled-in ruleset, for windows whose session's first record is gone.
    pub fn builtin(&self) -> Arc<Ruleset> {
        self.get(BUILTIN_RULESET).unwrap_or_default()
    }
}
