//! Which versions the detectors have: those compiled in and those of the control topic.
//!
//! A session that is stamped with a version whose contents no detector has ends as dead letters, so the
//! verbs that settle versions look here first.

use anyhow::{Context, bail, ensure};
use control::{BUILTIN_MODEL, BUILTIN_RULESET, ControlState};
use detection::{MODEL_FORMATS, Ruleset};

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
    if model == BUILTIN_MODEL {
        return Ok(());
    }
    let Some(record) = state.model(model) else {
        return Err(anyhow::anyhow!("there is no model {model}").context(ADVICE));
    };
    let format = record.format.as_str();
    ensure!(
        MODEL_FORMATS.contains(&format),
        "this program cannot read models of the format {format}; {ADVICE}"
    );
    Ok(())
}
