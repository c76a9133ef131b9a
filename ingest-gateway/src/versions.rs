//! The versions that the gateway stamps into a session's first record (INV-3).
//!
//! They hold for the whole session, whatever is published later. Until the control topic names others
//! they are those that every detector carries.

use schemas::session::StampedVersions;

/// The ruleset that is built into the detector.
pub const RULESET: &str = "builtin-1";
/// No learned model takes part.
pub const MODEL: &str = "none";

/// The versions for a session that begins now.
pub fn current() -> StampedVersions {
    StampedVersions {
        ruleset: RULESET.to_owned(),
        model: MODEL.to_owned(),
        experiment: None,
    }
}
