//! Records of the control topic: keys, settings, integrations, declared agents, and what sessions are
//! judged by: rulesets, models, experiments.
//!
//! The topic is compacted and has one partition; the newest record of a key is the truth, a record
//! without a value removes it. It is the only source of keys and settings for the gateway (INV-10), so
//! a record holds everything that is needed to judge a request, and no secret in the clear: API keys are
//! kept as SHA-256 of 160 random bits, secrets that must be used again are sealed.

mod access;
mod experiment;
mod settings;
#[cfg(test)]
mod tests;
mod versions;

use std::fmt;

pub use access::{
    ApiKeyRecord, KeyHash, KeyId, KeyKind, KeyMode, KeyPrefixError, Origin, RateLimit, Scope,
};
pub use experiment::{Arm, Experiment, ExperimentError, MAX_ARMS, SHARES, Shadow};
pub use settings::{
    AgentKey, Integration, IntegrationId, IntegrationPlatform, OrganisationSettings, SealedSecret,
    SurveySettings,
};
pub use versions::{
    MAX_MODEL_BYTES, ModelContent, ModelError, ModelRecord, RulesetRecord, sha256_hex,
};

use crate::event::field::is_identifier;
use crate::ids::OrganisationId;

/// Why an identifier or setting of a control record was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The record's key names no kind that is known.
    #[error("`{key}` is not a key of a control record")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// The value is not JSON of its kind.
    #[error("the value of `{key}` is not valid: {problem}")]
    BadValue {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The value is about something else than its key says.
    #[error("the value of `{key}` belongs to `{value}`")]
    KeyMismatch {
        /// The key.
        key: String,
        /// The key that the value asks for.
        value: String,
    },
    /// The value says something else of a version than was said before.
    #[error("`{key}` is known with other contents, which never change")]
    ContentsChanged {
        /// The key.
        key: String,
    },
}

impl ControlError {
    /// A stable label for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => "unknown_key",
            Self::BadValue { .. } => "bad_value",
            Self::KeyMismatch { .. } => "key_mismatch",
            Self::ContentsChanged { .. } => "contents_changed",
        }
    }
}

/// What a control record is about: the key of the record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControlKey {
    /// An API key.
    ApiKey(KeyId),
    /// Settings of an organisation.
    Organisation(OrganisationId),
    /// Settings of one survey of an organisation, by the platform's name of it.
    Survey(OrganisationId, String),
    /// An inbound webhook.
    Integration(IntegrationId),
    /// A public key of a declared agent (Web Bot Auth), by its JWK thumbprint.
    Agent(String),
    /// The thresholds of a ruleset's version.
    Ruleset(String),
    /// A learned model's version.
    Model(String),
    /// An experiment.
    Experiment(String),
}

const API_KEY: &str = "api_key";
const ORGANISATION: &str = "organisation";
const SURVEY: &str = "survey";
const INTEGRATION: &str = "integration";
const AGENT: &str = "agent";
const RULESET: &str = "ruleset";
const MODEL: &str = "model";
const EXPERIMENT: &str = "experiment";

impl fmt::Display for ControlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "{API_KEY}/{id}"),
            Self::Organisation(organisation) => write!(f, "{ORGANISATION}/{organisation}"),
            Self::Survey(organisation, survey) => write!(f, "{SURVEY}/{organisation}/{survey}"),
            Self::Integration(id) => write!(f, "{INTEGRATION}/{id}"),
            Self::Agent(thumbprint) => write!(f, "{AGENT}/{thumbprint}"),
            Self::Ruleset(version) => write!(f, "{RULESET}/{version}"),
            Self::Model(version) => write!(f, "{MODEL}/{version}"),
            Self::Experiment(name) => write!(f, "{EXPERIMENT}/{name}"),
        }
    }
}

impl ControlKey {
    /// Reads a record's key.
    ///
    /// # Errors
    /// [`ControlError::UnknownKey`].
    pub fn parse(text: &str) -> Result<Self, ControlError> {
        Self::of(text).ok_or_else(|| ControlError::UnknownKey {
            key: text.chars().take(200).collect(),
        })
    }

    fn of(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        match kind {
            API_KEY => rest.parse().ok().map(Self::ApiKey),
            ORGANISATION => rest.parse().ok().map(Self::Organisation),
            SURVEY => {
                let (organisation, survey) = rest.split_once('/')?;
                let named = !survey.is_empty();
                named.then_some(Self::Survey(organisation.parse().ok()?, survey.to_owned()))
            }
            INTEGRATION => rest.parse().ok().map(Self::Integration),
            AGENT => (!rest.is_empty()).then(|| Self::Agent(rest.to_owned())),
            RULESET => is_identifier(rest).then(|| Self::Ruleset(rest.to_owned())),
            MODEL => is_identifier(rest).then(|| Self::Model(rest.to_owned())),
            EXPERIMENT => experiment::is_name(rest).then(|| Self::Experiment(rest.to_owned())),
            _ => None,
        }
    }
}

/// A control record's value.
#[derive(Debug, Clone, PartialEq)]
pub enum ControlRecord {
    /// An API key.
    ApiKey(ApiKeyRecord),
    /// Settings of an organisation.
    Organisation(OrganisationSettings),
    /// Settings of a survey.
    Survey(SurveySettings),
    /// An inbound webhook.
    Integration(Integration),
    /// A key of a declared agent.
    Agent(AgentKey),
    /// The thresholds of a version.
    Ruleset(RulesetRecord),
    /// A learned model.
    Model(ModelRecord),
    /// An experiment.
    Experiment(Experiment),
}

impl ControlRecord {
    /// The key it is written under.
    pub fn key(&self) -> ControlKey {
        match self {
            Self::ApiKey(record) => ControlKey::ApiKey(record.id.clone()),
            Self::Organisation(record) => ControlKey::Organisation(record.organisation.clone()),
            Self::Survey(record) => {
                ControlKey::Survey(record.organisation.clone(), record.survey_id.clone())
            }
            Self::Integration(record) => ControlKey::Integration(record.id.clone()),
            Self::Agent(record) => ControlKey::Agent(record.key_id.clone()),
            Self::Ruleset(record) => ControlKey::Ruleset(record.version.clone()),
            Self::Model(record) => ControlKey::Model(record.version.clone()),
            Self::Experiment(record) => ControlKey::Experiment(record.name.clone()),
        }
    }

    /// The organisation it belongs to; none for what holds for the whole deployment.
    pub fn organisation(&self) -> Option<&OrganisationId> {
        match self {
            Self::ApiKey(record) => Some(&record.organisation),
            Self::Organisation(record) => Some(&record.organisation),
            Self::Survey(record) => Some(&record.organisation),
            Self::Integration(record) => Some(&record.organisation),
            Self::Agent(_) | Self::Ruleset(_) | Self::Model(_) | Self::Experiment(_) => None,
        }
    }

    /// Whether this may stand where `held` stands: what sessions are judged by never changes under its
    /// name, and an experiment that has ended does not begin again.
    pub fn may_replace(&self, held: &Self) -> bool {
        match (self, held) {
            (Self::Ruleset(new), Self::Ruleset(held)) => new.has_contents_of(held),
            (Self::Model(new), Self::Model(held)) => new.has_contents_of(held),
            (Self::Experiment(new), Self::Experiment(held)) => {
                new.arms == held.arms && (held.is_running() || !new.is_running())
            }
            _ => true,
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    /// None in practice: every record is made of texts, numbers and lists.
    pub fn encode(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::ApiKey(record) => serde_json::to_vec(record),
            Self::Organisation(record) => serde_json::to_vec(record),
            Self::Survey(record) => serde_json::to_vec(record),
            Self::Integration(record) => serde_json::to_vec(record),
            Self::Agent(record) => serde_json::to_vec(record),
            Self::Ruleset(record) => serde_json::to_vec(record),
            Self::Model(record) => serde_json::to_vec(record),
            Self::Experiment(record) => serde_json::to_vec(record),
        }
    }

    /// Reads the value of a record with this key. Unknown members are ignored, so that an older reader
    /// survives a newer writer.
    ///
    /// # Errors
    /// [`ControlError::BadValue`] or [`ControlError::KeyMismatch`].
    pub fn decode(key: &ControlKey, value: &[u8]) -> Result<Self, ControlError> {
        let record = match key {
            ControlKey::ApiKey(_) => serde_json::from_slice(value).map(Self::ApiKey),
            ControlKey::Organisation(_) => serde_json::from_slice(value).map(Self::Organisation),
            ControlKey::Survey(..) => serde_json::from_slice(value).map(Self::Survey),
            ControlKey::Integration(_) => serde_json::from_slice(value).map(Self::Integration),
            ControlKey::Agent(_) => serde_json::from_slice(value).map(Self::Agent),
            ControlKey::Ruleset(_) => serde_json::from_slice(value).map(Self::Ruleset),
            ControlKey::Model(_) => serde_json::from_slice(value).map(Self::Model),
            ControlKey::Experiment(_) => serde_json::from_slice(value).map(Self::Experiment),
        };
        let bad = |problem: String| ControlError::BadValue {
            key: key.to_string(),
            problem,
        };
        let record = record.map_err(|error| bad(error.to_string()))?;
        if let Self::Experiment(experiment) = &record {
            experiment.check().map_err(|error| bad(error.to_string()))?;
        }
        if record.key() == *key {
            Ok(record)
        } else {
            Err(ControlError::KeyMismatch {
                key: key.to_string(),
                value: record.key().to_string(),
            })
        }
    }
}
