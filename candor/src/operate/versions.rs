//! Which versions the detectors have: those compiled in and those of the control topic.
//!
//! A session that is stamped with a version whose contents no detector has ends as dead letters, so the
//! verbs that settle versions look here first.

use std::sync::Arc;

use anyhow::{Context, bail};
use control::{BUILTIN_MODEL, BUILTIN_RULESET, ControlState};
use detection::model::BUILTIN_TREES;
use detection::{Model, Ruleset};

/// Contents of a ruleset's version.
///
/// # Errors
/// When there is no such version, or this program cannot read what the topic says of it.
pub(crate) fn ruleset(state: &ControlState, version: &str) -> anyhow::Result<Ruleset> {
    if version == BUILTIN_RULESET {
        return Ok(Ruleset::default());
    }
    let Some(record) = state.ruleset(version) else {
        bail!("there is no ruleset {version}; `candor rulesets list` shows those there are");
    };
    Ruleset::decode(version, &record.thresholds)
        .with_context(|| format!("this program cannot judge by the ruleset {version}"))
}

/// Whether detectors like this program can judge by these versions.
///
/// # Errors
/// A sentence for the first that they do not have.
pub(crate) fn require(state: &ControlState, rules: &str, model: &str) -> anyhow::Result<()> {
    const ADVICE: &str = "sessions that ask for a version that the detectors do not have end as dead letters. \
                          If they all have it, add --unknown-versions";
    ruleset(state, rules).context(ADVICE)?;
    self::model(state, model).context(ADVICE)?;
    Ok(())
}

/// Contents of a model's version; none of the version that says so.
///
/// # Errors
/// When there is no such version, or this program cannot read what the topic says of it.
pub(crate) fn model(state: &ControlState, version: &str) -> anyhow::Result<Option<Arc<Model>>> {
    if version == BUILTIN_MODEL {
        return Ok(None);
    }
    if version == BUILTIN_TREES
        && let Some(model) = Model::builtin()
    {
        return Ok(Some(Arc::clone(model)));
    }
    let Some(record) = state.model(version) else {
        bail!("there is no model {version}");
    };
    let model = Model::from_record(record);
    let model =
        model.with_context(|| format!("this program cannot judge by the model {version}"))?;
    Ok(Some(Arc::new(model)))
}
