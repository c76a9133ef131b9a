//! The verbs that write keys and settings into the control topic.
//!
//! Each one reads the topic to its end first, so that it refuses what does not exist and changes what
//! does; each waits until the broker has acknowledged what it wrote. A key or secret that a verb makes
//! goes to standard output, once, and nowhere else: not to the log, and not into a record.
//!
//! Two operators at the same moment: the later write of one key wins, as everywhere in the topic; of
//! what never changes (rulesets, experiments' arms) the earlier one.

pub mod agents;
mod desk;
pub(crate) mod duration;
pub mod experiments;
pub mod integrations;
pub mod keys;
pub mod models;
pub mod rulesets;
pub mod settings;
mod source;
pub(crate) mod versions;

pub use desk::{Desk, Written};

use anyhow::Context;

/// One line of JSON on standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value).context("cannot write JSON")?;
    println!("{text}");
    Ok(())
}
