//! Settings of organisations and surveys, inbound webhooks, keys of declared agents.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{RateLimit, is_named, lower_base32};
use crate::ids::OrganisationId;
use crate::session::StampedVersions;

/// Settings of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrganisationSettings {
    /// Whose.
    pub organisation: OrganisationId,
    /// Networks whose requests are taken; any when empty.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub allow: Vec<IpNet>,
    /// Networks whose requests are refused; goes before `allow`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub deny: Vec<IpNet>,
    /// Limit of each key without one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_limit: Option<RateLimit>,
    /// Versions that its new sessions are judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<StampedVersions>,
}

/// Settings of one survey; they go before those of its organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurveySettings {
    /// Whose.
    pub organisation: OrganisationId,
    /// The platform's name of the survey.
    pub survey_id: String,
    /// Versions that its new sessions are judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<StampedVersions>,
}

/// The public name of an integration: `int_` and 16 characters of `a-z0-9`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct IntegrationId(String);

impl IntegrationId {
    const PREFIX: &'static str = "int_";
    const RANDOM: usize = 16;

    /// The id made of 10 random bytes.
    pub fn from_random(random: [u8; 10]) -> Self {
        Self(format!("{}{}", Self::PREFIX, lower_base32(random)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IntegrationId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_named(text, Self::PREFIX, Self::RANDOM) {
            Ok(Self(text.to_owned()))
        } else {
            Err("an integration's id is `int_` and 16 characters of a-z and 0-9".to_owned())
        }
    }
}

impl TryFrom<String> for IntegrationId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<IntegrationId> for String {
    fn from(id: IntegrationId) -> Self {
        id.0
    }
}

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose webhooks an integration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IntegrationPlatform {
    /// Qualtrics event subscriptions.
    Qualtrics,
    /// Decipher (Forsta Surveys), called from the survey.
    Decipher,
    /// Anybody who signs as Standard Webhooks asks.
    Generic,
}

impl IntegrationPlatform {
    /// Every platform.
    pub const ALL: [Self; 3] = [Self::Qualtrics, Self::Decipher, Self::Generic];

    /// The name, as in records and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Qualtrics => "qualtrics",
            Self::Decipher => "decipher",
            Self::Generic => "generic",
        }
    }
}

impl FromStr for IntegrationPlatform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|platform| platform.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a platform: qualtrics, decipher or generic"))
    }
}

/// A secret that must be used again, encrypted with a key made of the deployment's own secret
/// (`CANDOR_SESSION_SECRET`): base64 of nonce and ciphertext.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedSecret(pub String);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(…)")
    }
}

/// An inbound webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Integration {
    /// Its public name; part of the address that the platform calls.
    pub id: IntegrationId,
    /// Whose sessions it ends.
    pub organisation: OrganisationId,
    /// Which sender it expects.
    pub platform: IntegrationPlatform,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shared secrets: one, or two while they are exchanged.
    pub secrets: Vec<SealedSecret>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A public key that a declared agent signs its requests with (Web Bot Auth, RFC 9421).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentKey {
    /// JWK thumbprint of the key (RFC 7638), base64url: the `keyid` of a signature.
    pub key_id: String,
    /// The Ed25519 public key, base64url of 32 bytes (`x` of the JWK).
    pub public_key: String,
    /// Who signs with it, an identifier, e.g. `example-agent`.
    pub agent: String,
    /// The `Signature-Agent` it names, e.g. `https://agent.example.com`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// When it was taken up.
    pub created_at: DateTime<Utc>,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Integration {
    /// Whether its webhooks are taken.
    pub fn is_active(&self) -> bool {
        self.revoked_at.is_none()
    }
}

impl AgentKey {
    /// Whether signatures with it count.
    pub fn is_active(&self) -> bool {
        self.revoked_at.is_none()
    }
}
