//! The rulesets a worker knows, by version.
//!
//! A session is judged by the versions stamped on its first record, whatever is published later (INV-3).
//! Contents of a version never change, so a table can be replaced by a newer one at any moment: what
//! was found in the old one is found in the new one, unchanged.

use std::collections::HashMap;
use std::sync::Arc;

use detection::{BUILTIN_MODEL, BUILTIN_RULESET, Ruleset};
use schemas::session::StampedVersions;

/// Known rulesets; the compiled-in one is always among them.
#[derive(Debug, Clone)]
pub struct Rulesets(Arc<HashMap<String, Arc<Ruleset>>>);

/// A stamped version whose contents are not known here, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {version} is not known")]
pub struct Missing {
    /// `ruleset` or `model`.
    pub what: &'static str,
    /// The version.
    pub version: String,
}

impl Default for Rulesets {
    fn default() -> Self {
        Self::of([])
    }
}

impl Rulesets {
    /// These rulesets and the compiled-in one, whose name none of them can take.
    pub fn of(rulesets: impl IntoIterator<Item = Ruleset>) -> Self {
        let mut known: HashMap<String, Arc<Ruleset>> = rulesets
            .into_iter()
            .map(|ruleset| (ruleset.version.clone(), Arc::new(ruleset)))
            .collect();
        known.insert(BUILTIN_RULESET.to_owned(), Arc::new(Ruleset::default()));
        Self(Arc::new(known))
    }

    /// What judges a session with these stamps.
    ///
    /// # Errors
    /// [`Missing`] names the first version that is not known.
    pub fn find(&self, versions: &StampedVersions) -> Result<Arc<Ruleset>, Missing> {
        if versions.model != BUILTIN_MODEL {
            return Err(Missing {
                what: "model",
                version: versions.model.clone(),
            });
        }
        self.get(&versions.ruleset).ok_or_else(|| Missing {
            what: "ruleset",
            version: versions.ruleset.clone(),
        })
    }

    /// The ruleset of that version.
    pub fn get(&self, version: &str) -> Option<Arc<Ruleset>> {
        self.0.get(version).cloned()
    }

    /// The compiled-in ruleset, for windows whose session's first record is gone.
    pub fn builtin(&self) -> Arc<Ruleset> {
        self.get(BUILTIN_RULESET).unwrap_or_default()
    }
}
