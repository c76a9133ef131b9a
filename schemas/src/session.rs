//! Records about a session as a whole: started, completed, analysis requested.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::Shadow;
use crate::event::field::is_identifier;
use crate::event::{EventType, Field, Rule};
use crate::ids::SessionId;

/// Most entries of `device` and of `metadata`.
pub const MAX_PROPERTIES: usize = 32;
/// Longest platform, survey and respondent name, in characters.
pub const MAX_NAME: usize = 128;

/// A value of `device` or `metadata`: never free text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Property {
    /// `true` or `false`.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// 1 to 64 characters of `A-Za-z0-9_.:-`.
    Word(String),
}

/// Named properties, in the order of their names.
pub type Properties = BTreeMap<String, Property>;

/// Why a property is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    /// More than [`MAX_PROPERTIES`].
    #[error("at most {MAX_PROPERTIES} properties are accepted")]
    TooMany,
    /// A name that is not an identifier.
    #[error("a property name is 1 to 64 characters of A-Za-z0-9_.:-")]
    BadName,
    /// A device property outside the list.
    #[error("`{name}` is not a device property")]
    UnknownDeviceProperty {
        /// The property's name.
        name: String,
    },
    /// A value its property cannot have.
    #[error("`{name}` has a value that is not accepted")]
    BadValue {
        /// The property's name.
        name: String,
    },
}

/// Checks `metadata`: identifiers to numbers, booleans or short tokens, as for `custom` events.
///
/// # Errors
/// The first [`PropertyError`].
pub fn check_metadata(properties: &Properties) -> Result<(), PropertyError> {
    if properties.len() > MAX_PROPERTIES {
        return Err(PropertyError::TooMany);
    }
    for (name, value) in properties {
        if !is_identifier(name) {
            return Err(PropertyError::BadName);
        }
        let fine = match value {
            Property::Flag(_) => true,
            Property::Number(number) => number.is_finite(),
            Property::Word(word) => is_identifier(word),
        };
        if !fine {
            return Err(PropertyError::BadValue { name: name.clone() });
        }
    }
    Ok(())
}

/// Checks `device`: the allow-list of `device` events holds.
///
/// # Errors
/// The first [`PropertyError`].
pub fn check_device(properties: &Properties) -> Result<(), PropertyError> {
    check_metadata(properties)?;
    for (name, value) in properties {
        let known =
            Field::from_name(name).filter(|field| EventType::Device.allowed().contains(*field));
        let Some(field) = known else {
            return Err(PropertyError::UnknownDeviceProperty { name: name.clone() });
        };
        let fine = match (field.rule(), value) {
            (Rule::Number, Property::Number(_)) | (Rule::Flag, Property::Flag(_)) => true,
            (Rule::Word(words), Property::Word(word)) => words.contains(&word.as_str()),
            (Rule::Identifier, Property::Word(_)) => true,
            _ => false,
        };
        if !fine {
            return Err(PropertyError::BadValue { name: name.clone() });
        }
    }
    Ok(())
}

/// What only the gateway sees of a client. Addresses are truncated and keyed-hashed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientStamp {
    /// Keyed hash of the truncated client address (IPv4 /24, IPv6 /48), hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_hash: Option<String>,
    /// Class of the user agent: `browser`, `headless`, `library`, `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_class: Option<String>,
    /// Platform in the client hint `Sec-CH-UA-Platform`, one of the words of the device field `platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_platform: Option<String>,
    /// The client hint `Sec-CH-UA-Mobile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_mobile: Option<bool>,
    /// User agent and client hints contradict each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint_mismatch: Option<bool>,
    /// What became of the request's Web Bot Auth signature; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentStamp>,
}

/// The outcome of a Web Bot Auth signature (RFC 9421, tag `web-bot-auth`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentStamp {
    /// Whether it verified.
    pub outcome: AgentOutcome,
    /// Who signed, by the control topic's name of the key; only when verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentOutcome {
    /// A known agent signed this request.
    Verified,
    /// The key is not known here.
    UnknownKey,
    /// The signature's time has passed, or is yet to come.
    Expired,
    /// The signature does not fit, or cannot be read.
    Invalid,
}

/// The versions that hold for a session, whatever is published later (INV-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StampedVersions {
    /// Version of the ruleset.
    pub ruleset: String,
    /// Version of the model.
    pub model: String,
    /// The experiment's arm that the session belongs to, if any: `name:arm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// Versions that judge beside these and have no say, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
}

/// The first record of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStarted {
    /// The session.
    pub session_id: SessionId,
    /// When the gateway created it.
    pub created_at: DateTime<Utc>,
    /// When its ingest token ends.
    pub expires_at: DateTime<Utc>,
    /// Begun with a test key: not a respondent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The platform's own name of the session, when its id was derived from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Survey platform, e.g. `qualtrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The platform's name of the survey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// The platform's name of the respondent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_id: Option<String>,
    /// Device properties; the allow-list of `device` events holds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub device: Properties,
    /// Anything else the platform wants to find again; the rules of `custom` events hold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: Properties,
    /// What the gateway saw.
    #[serde(default)]
    pub client: ClientStamp,
    /// The versions in force.
    pub versions: StampedVersions,
}

/// The platform or the browser says the session is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCompleted {
    /// The session.
    pub session_id: SessionId,
    /// When the gateway was told.
    pub completed_at: DateTime<Utc>,
}

/// Somebody wants a verdict now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnalysisRequested {
    /// The session.
    pub session_id: SessionId,
    /// Returned in the verdict that answers.
    pub request_id: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
}
