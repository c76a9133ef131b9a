//! The rulesets a worker knows, by version: the compiled-in one, and those of the control topic.
//!
//! A session is judged by the versions stamped on its first record, whatever is published later (INV-3).
//! Contents of a version never change, so what was found once is kept and found again, unchanged; what
//! is not found may come later. Clones share what they know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::Control;
use detection::{BUILTIN_MODEL, BUILTIN_RULESET, Ruleset};
use schemas::session::StampedVersions;

type Known = HashMap<String, Arc<Ruleset>>;

/// Known rulesets; the compiled-in one is always among them, and no other can take its name.
#[derive(Debug, Clone)]
pub struct Rulesets {
    known: Arc<Mutex<Known>>,
    control: Option<Control>,
}

/// A stamped version whose contents are not known here, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
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
    /// These rulesets and the compiled-in one.
    pub fn of(rulesets: impl IntoIterator<Item = Ruleset>) -> Self {
        let mut known: Known = rulesets
            .into_iter()
            .map(|ruleset| (ruleset.version.clone(), Arc::new(ruleset)))
            .collect();
        known.insert(BUILTIN_RULESET.to_owned(), Arc::new(Ruleset::default()));
        Self {
            known: Arc::new(Mutex::new(known)),
            control: None,
        }
    }

    /// The compiled-in ruleset and whatever `control` has when it is asked for.
    pub fn following(control: Control) -> Self {
        Self {
            control: Some(control),
            ..Self::default()
        }
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

    /// Whether what was missing has become known.
    pub fn knows(&self, missing: &Missing) -> bool {
        missing.what == "ruleset" && self.get(&missing.version).is_some()
    }

    /// The ruleset of that version.
    pub fn get(&self, version: &str) -> Option<Arc<Ruleset>> {
        let mut known = self.known();
        if let Some(ruleset) = known.get(version) {
            return Some(Arc::clone(ruleset));
        }
        let ruleset = Arc::new(self.published(version)?);
        known.insert(version.to_owned(), Arc::clone(&ruleset));
        Some(ruleset)
    }

    /// The compiled-in ruleset, for windows whose session's first record is gone.
    pub fn builtin(&self) -> Arc<Ruleset> {
        self.get(BUILTIN_RULESET).unwrap_or_default()
    }

    fn published(&self, version: &str) -> Option<Ruleset> {
        let state = self.control.as_ref()?.state();
        let record = state.ruleset(version)?;
        Ruleset::decode(&record.version, &record.thresholds)
            .inspect_err(|error| tracing::error!(error = %error, ruleset = version, "a ruleset of the control topic cannot be used"))
            .ok()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
