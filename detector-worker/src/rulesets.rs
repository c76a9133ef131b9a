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

/// By version; `None` for one that was published and cannot be used: that will not change.
type Known = HashMap<String, Option<Arc<Ruleset>>>;

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
            .map(|ruleset| (ruleset.version.clone(), Some(Arc::new(ruleset))))
            .collect();
        let builtin = Arc::new(Ruleset::default());
        known.insert(BUILTIN_RULESET.to_owned(), Some(builtin));
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
            return ruleset.clone();
        }
        let published = self.published(version)?;
        known.insert(version.to_owned(), published.clone());
        published
    }

    /// The compiled-in ruleset, for windows whose session's first record is gone.
    pub fn builtin(&self) -> Arc<Ruleset> {
        self.get(BUILTIN_RULESET).unwrap_or_default()
    }

    /// What the control topic has under that version: nothing yet, or something that may be unusable.
    fn published(&self, version: &str) -> Option<Option<Arc<Ruleset>>> {
        let state = self.control.as_ref()?.state();
        let record = state.ruleset(version)?;
        let ruleset = Ruleset::decode(&record.version, &record.thresholds).inspect_err(|error| {
            tracing::error!(error = %error, ruleset = version, "a ruleset of the control topic cannot be used");
        });
        Some(ruleset.ok().map(Arc::new))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use detection::Thresholds;
    use schemas::control::{ControlRecord, RulesetRecord};
    use serde_json::{Map, Value, json};

    fn record(version: &str, thresholds: &Map<String, Value>) -> ControlRecord {
        ControlRecord::Ruleset(RulesetRecord {
            version: version.to_owned(),
            description: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            thresholds: thresholds.clone(),
        })
    }

    fn stamps(ruleset: &str, model: &str) -> StampedVersions {
        StampedVersions {
            ruleset: ruleset.to_owned(),
            model: model.to_owned(),
            experiment: None,
        }
    }

    #[test]
    fn what_is_published_is_found_and_what_cannot_be_used_is_missing() {
        let usual = serde_json::to_value(Thresholds::default()).unwrap();
        let mut strict = usual.as_object().unwrap().clone();
        strict.insert("bot_score".to_owned(), json!(0.4));
        let mut broken = strict.clone();
        broken.insert("prior".to_owned(), json!("often"));
        let control = Control::fixed([
            record("strict-1", &strict),
            record("broken-1", &broken),
            record(BUILTIN_RULESET, &strict),
        ]);
        let rulesets = Rulesets::following(control);
        let found = rulesets.find(&stamps("strict-1", BUILTIN_MODEL)).unwrap();
        assert_eq!(found.thresholds.bot_score, 0.4);
        assert_eq!(
            *rulesets.builtin(),
            Ruleset::default(),
            "nobody takes its name"
        );
        for (ruleset, model, what, version) in [
            ("broken-1", BUILTIN_MODEL, "ruleset", "broken-1"),
            ("nowhere", BUILTIN_MODEL, "ruleset", "nowhere"),
            ("strict-1", "gbt-1", "model", "gbt-1"),
        ] {
            let missing = rulesets.find(&stamps(ruleset, model)).unwrap_err();
            assert_eq!((missing.what, &*missing.version), (what, version));
            assert!(!rulesets.knows(&missing));
        }
    }
}
