//! The versions that hold for a session when nothing else was settled (INV-3): those that every
//! detector carries.

use schemas::session::StampedVersions;

/// The ruleset that is built into the detector.
pub const BUILTIN_RULESET: &str = "builtin-1";
/// No learned model takes part.
pub const BUILTIN_MODEL: &str = "none";

/// The versions of a session whose survey and organisation name none.
pub fn builtin_versions() -> StampedVersions {
    StampedVersions {
        ruleset: BUILTIN_RULESET.to_owned(),
        model: BUILTIN_MODEL.to_owned(),
        experiment: None,
    }
}
