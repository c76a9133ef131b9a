//! The rulesets and models a worker knows, by version: those compiled in, and those of the control topic.
//!
//! A session is judged by the versions stamped on its first record, whatever is published later (INV-3).
//! Contents of a version never change, so what was found once is kept and found again, unchanged; what
//! is not found may come later. A model is decoded once, however many sessions name it. Clones share what
//! they know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::Control;
use detection::model::BUILTIN_TREES;
use detection::{BUILTIN_MODEL, Judges, Model, Ruleset};
use schemas::session::StampedVersions;

/// By version; `None` for one that was published and cannot be used: that will not change.
type Contents<T> = HashMap<String, Option<Arc<T>>>;

/// What has been looked up.
#[derive(Debug, Default)]
struct Known {
    rulesets: Contents<Ruleset>,
    models: Contents<Model>,
}

/// Known rulesets and models; those compiled in are always among them, and no other can take their names.
#[derive(Debug, Clone)]
pub struct Versions {
    known: Arc<Mutex<Known>>,
    control: Option<Control>,
}

/// A stamped version whose contents are not known here, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{what} {version} is not known")]
pub struct Missing {
    /// What it is a version of.
    pub what: What,
    /// The version.
    pub version: String,
}

/// What there are versions of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// Thresholds.
    Ruleset,
    /// A learned model.
    Model,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ruleset => "ruleset",
            Self::Model => "model",
        })
    }
}

/// A ruleset and the model that votes beside it, held.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldJudges {
    /// The rules.
    pub ruleset: Arc<Ruleset>,
    /// The model, unless the stamp says there is none.
    pub model: Option<Arc<Model>>,
}

impl HeldJudges {
    /// To judge with.
    pub fn judges(&self) -> Judges<'_> {
        Judges {
            ruleset: &self.ruleset,
            model: self.model.as_deref(),
        }
    }
}

/// What judges a session, and what judges beside it without a say.
#[derive(Debug, Clone, PartialEq)]
pub struct Judging {
    /// What its verdicts come from.
    pub held: HeldJudges,
    /// What is only reported.
    pub shadow: Option<HeldJudges>,
}

impl Default for Versions {
    fn default() -> Self {
        Self::of([], [])
    }
}

impl Versions {
    /// These rulesets and models, and those compiled in.
    pub fn of(
        rulesets: impl IntoIterator<Item = Ruleset>,
        models: impl IntoIterator<Item = Model>,
    ) -> Self {
        let mut known = Known::default();
        for ruleset in rulesets.into_iter().chain([Ruleset::default()]) {
            known
                .rulesets
                .insert(ruleset.version.clone(), Some(Arc::new(ruleset)));
        }
        for model in models {
            known
                .models
                .insert(model.version().to_owned(), Some(Arc::new(model)));
        }
        known
            .models
            .insert(BUILTIN_TREES.to_owned(), Model::builtin().cloned());
        Self {
            known: Arc::new(Mutex::new(known)),
            control: None,
        }
    }

    /// What is compiled in and whatever `control` has when it is asked for.
    pub fn following(control: Control) -> Self {
        Self {
            control: Some(control),
            ..Self::default()
        }
    }

    /// What judges a session with these stamps. Its shadow is waited for like everything else: otherwise
    /// what a verdict carries would depend on when the worker learned of it.
    ///
    /// # Errors
    /// [`Missing`] names the first version that is not known.
    pub fn find(&self, versions: &StampedVersions) -> Result<Judging, Missing> {
        let held = self.judges(&versions.ruleset, &versions.model)?;
        let shadow = versions.shadow.as_ref();
        let shadow = shadow.map(|shadow| self.judges(&shadow.ruleset, &shadow.model));
        Ok(Judging {
            held,
            shadow: shadow.transpose()?,
        })
    }

    fn judges(&self, ruleset: &str, model: &str) -> Result<HeldJudges, Missing> {
        let missing = |what, version: &str| Missing {
            what,
            version: version.to_owned(),
        };
        let model = match model {
            BUILTIN_MODEL => None,
            version => Some(
                self.model(version)
                    .ok_or_else(|| missing(What::Model, version))?,
            ),
        };
        let ruleset = self
            .ruleset(ruleset)
            .ok_or_else(|| missing(What::Ruleset, ruleset))?;
        Ok(HeldJudges { ruleset, model })
    }

    /// Whether what was missing has become known.
    pub fn knows(&self, missing: &Missing) -> bool {
        match missing.what {
            What::Ruleset => self.ruleset(&missing.version).is_some(),
            What::Model => self.model(&missing.version).is_some(),
        }
    }

    /// The ruleset of that version.
    pub fn ruleset(&self, version: &str) -> Option<Arc<Ruleset>> {
        let mut known = self.known();
        if let Some(ruleset) = known.rulesets.get(version) {
            return ruleset.clone();
        }
        let published = self.published_ruleset(version)?;
        let held = known.rulesets.entry(version.to_owned());
        held.insert_entry(published).get().clone()
    }

    /// The model of that version.
    pub fn model(&self, version: &str) -> Option<Arc<Model>> {
        let mut known = self.known();
        if let Some(model) = known.models.get(version) {
            return model.clone();
        }
        let published = self.published_model(version)?;
        let held = known.models.entry(version.to_owned());
        held.insert_entry(published).get().clone()
    }

    /// What the control topic has under that version: nothing yet, or something that may be unusable.
    fn published_ruleset(&self, version: &str) -> Option<Option<Arc<Ruleset>>> {
        let state = self.control.as_ref()?.state();
        let record = state.ruleset(version)?;
        let ruleset = Ruleset::decode(&record.version, &record.thresholds).inspect_err(|error| {
            tracing::error!(error = %error, ruleset = version, "a ruleset of the control topic cannot be used");
        });
        Some(ruleset.ok().map(Arc::new))
    }

    fn published_model(&self, version: &str) -> Option<Option<Arc<Model>>> {
        let state = self.control.as_ref()?.state();
        let record = state.model(version)?;
        let model = Model::from_record(record).inspect_err(|error| {
            tracing::error!(error = %error, model = version, "a model of the control topic cannot be used");
        });
        Some(model.ok().map(Arc::new))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
