//! What surveys are judged by: settings with versions, and the relay that tells the control topic.
//!
//! A change writes the settings, their history and the control records that follow from them in one
//! transaction; [`relay`] publishes those records in order. So Kafka learns of a change exactly when it
//! was made, if later, and a change that was answered is never lost.

mod document;
mod relay;
pub(crate) mod rulesets;
mod store;

pub(crate) use document::{Derived, Members, SettingsDocument, known_ruleset, mistake};
pub(crate) use relay::{Relay, SOURCE};
pub(crate) use store::{Change, Expected, Publication, Stored};
