//! Experiments: sessions that begin are shared out over arms, each with versions of its own.
//!
//! Which arm a session belongs to is a pure function of the experiment's name and the session's id, so
//! every gateway gives the same answer, also when a creation is repeated. What was decided is stamped
//! on the session's first record and holds for it, whatever becomes of the experiment. The arms of an
//! experiment never change: other shares in the middle would compare sessions of different times.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::field::is_identifier;
use crate::ids::{OrganisationId, SessionId};

/// What shares are counted in.
pub const SHARES: u16 = 1000;
/// Most arms of an experiment.
pub const MAX_ARMS: usize = 16;

/// An experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Experiment {
    /// Its name, an identifier without a colon.
    pub name: String,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its arms. Sessions beyond their shares are judged as if there were no experiment.
    pub arms: Vec<Arm>,
    /// Organisations it holds for; every one when empty.
    #[serde(default)]
    pub organisations: Vec<OrganisationId>,
    /// Surveys of its one organisation that it holds for; every one when empty.
    #[serde(default)]
    pub surveys: Vec<String>,
    /// Sessions that begin from then on take part.
    pub started_at: DateTime<Utc>,
    /// When it was ended: no session that is created later takes part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Versions to be compared with on the same sessions, without a say in any verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arm {
    /// Its name, an identifier without a colon.
    pub name: String,
    /// How many of a thousand sessions belong to it.
    pub share: u16,
    /// Ruleset of its sessions.
    pub ruleset: String,
    /// Model of its sessions.
    pub model: String,
}

/// Versions that judge beside those of the arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shadow {
    /// The ruleset.
    pub ruleset: String,
    /// The model.
    pub model: String,
}

/// Why an experiment cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExperimentError {
    /// A name is none.
    #[error("`{name}` is no name: it has 1 to 64 characters of A-Za-z0-9_.-")]
    BadName {
        /// What was given.
        name: String,
    },
    /// A version is none.
    #[error("`{version}` is no version: it has 1 to 64 characters of A-Za-z0-9_.:-")]
    BadVersion {
        /// What was given.
        version: String,
    },
    /// Too few or too many arms.
    #[error("an experiment has 1 to {MAX_ARMS} arms; this one has {count}")]
    ArmCount {
        /// How many there are.
        count: usize,
    },
    /// Two arms have one name.
    #[error("there are two arms called {name}")]
    SameArm {
        /// The name.
        name: String,
    },
    /// An arm without a share.
    #[error("the arm {name} has no share of the sessions")]
    NoShare {
        /// The arm.
        name: String,
    },
    /// More shares than there are.
    #[error("the arms have {shares} thousandths of the sessions together; there are {SHARES}")]
    TooManyShares {
        /// What they add up to.
        shares: u32,
    },
    /// Names of surveys mean nothing without their organisation.
    #[error("surveys are those of one organisation; name it and no other")]
    SurveysOfMany,
}

impl Experiment {
    /// Whether it can be what it says.
    ///
    /// # Errors
    /// [`ExperimentError`] for the first thing that is wrong.
    pub fn check(&self) -> Result<(), ExperimentError> {
        name(&self.name)?;
        let count = self.arms.len();
        if count == 0 || count > MAX_ARMS {
            return Err(ExperimentError::ArmCount { count });
        }
        let mut names = HashSet::new();
        for arm in &self.arms {
            name(&arm.name)?;
            version(&arm.ruleset)?;
            version(&arm.model)?;
            let name = arm.name.clone();
            if arm.share == 0 {
                return Err(ExperimentError::NoShare { name });
            }
            if !names.insert(&arm.name) {
                return Err(ExperimentError::SameArm { name });
            }
        }
        let shares = self.arms.iter().map(|arm| u32::from(arm.share)).sum();
        if shares > u32::from(SHARES) {
            return Err(ExperimentError::TooManyShares { shares });
        }
        if let Some(shadow) = &self.shadow {
            version(&shadow.ruleset)?;
            version(&shadow.model)?;
        }
        if !self.surveys.is_empty() && self.organisations.len() != 1 {
            return Err(ExperimentError::SurveysOfMany);
        }
        Ok(())
    }

    /// Whether sessions that are created now may take part.
    pub fn is_running(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether it holds for sessions of this survey.
    pub fn covers(&self, organisation: &OrganisationId, survey: Option<&str>) -> bool {
        let of_survey = || survey.is_some_and(|survey| self.surveys.iter().any(|s| s == survey));
        (self.organisations.is_empty() || self.organisations.contains(organisation))
            && (self.surveys.is_empty() || of_survey())
    }

    /// Whether some session could be in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let meet = |one: &[String], two: &[String]| {
            one.is_empty() || two.is_empty() || one.iter().any(|name| two.contains(name))
        };
        let organisations = self.organisations.is_empty()
            || other.organisations.is_empty()
            || self
                .organisations
                .iter()
                .any(|name| other.organisations.contains(name));
        organisations && meet(&self.surveys, &other.surveys)
    }

    /// The arm of a session that it covers; none when the session began before the experiment or is
    /// beyond the shares of all arms. When the session began is what its id says, so the answer is the
    /// same at every gateway and at every repetition.
    pub fn arm_of(&self, session: SessionId) -> Option<&Arm> {
        if session.created_at() < self.started_at {
            return None;
        }
        let mut place = self.place_of(session);
        self.arms.iter().find(|arm| {
            let found = place < arm.share;
            place = place.saturating_sub(arm.share);
            found
        })
    }

    /// Where the session falls among the thousandths. The name takes part, so that two experiments
    /// divide the same sessions independently.
    fn place_of(&self, session: SessionId) -> u16 {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([0]);
        hash.update(session.uuid().as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut head = [0; 8];
        head.copy_from_slice(&digest[..8]);
        // A remainder below `SHARES`; its unevenness, one in 2^54, shows nowhere.
        u16::try_from(u64::from_be_bytes(head) % u64::from(SHARES)).unwrap_or_default()
    }

    /// What is stamped on a session of that arm.
    pub fn stamp(&self, arm: &Arm) -> String {
        format!("{}:{}", self.name, arm.name)
    }
}

/// Whether `text` can be the name of an experiment or an arm: the stamp `name:arm` must come apart again.
pub(super) fn is_name(text: &str) -> bool {
    is_identifier(text) && !text.contains(':')
}

fn name(text: &str) -> Result<(), ExperimentError> {
    if is_name(text) {
        Ok(())
    } else {
        Err(ExperimentError::BadName {
            name: text.chars().take(100).collect(),
        })
    }
}

fn version(text: &str) -> Result<(), ExperimentError> {
    if is_identifier(text) {
        Ok(())
    } else {
        Err(ExperimentError::BadVersion {
            version: text.chars().take(100).collect(),
        })
    }
}
