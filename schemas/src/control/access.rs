//! API keys: what is known of them after they have been shown once.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::OrganisationId;

/// A text that is no key of Candor: the prefix is wrong or the rest is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key starts with pk_live_, pk_test_, sk_live_ or sk_test_")]
pub struct KeyPrefixError;

/// Who may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Anybody: it stands in a page, begins sessions and does nothing else.
    Publishable,
    /// A server.
    Secret,
}

/// Whether sessions of the key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// Real respondents.
    Live,
    /// Trials: marked as such in every session.
    Test,
}

impl KeyKind {
    /// The text that keys of this kind and mode start with.
    pub fn prefix(self, mode: KeyMode) -> &'static str {
        match (self, mode) {
            (Self::Publishable, KeyMode::Live) => "pk_live_",
            (Self::Publishable, KeyMode::Test) => "pk_test_",
            (Self::Secret, KeyMode::Live) => "sk_live_",
            (Self::Secret, KeyMode::Test) => "sk_test_",
        }
    }

    /// Kind and mode of a key's text.
    ///
    /// # Errors
    /// [`KeyPrefixError`] for any other text.
    pub fn of(key: &str) -> Result<(Self, KeyMode), KeyPrefixError> {
        let kinds = [Self::Publishable, Self::Secret];
        let modes = [KeyMode::Live, KeyMode::Test];
        let all = kinds
            .iter()
            .flat_map(|kind| modes.map(|mode| (*kind, mode)));
        all.into_iter()
            .find(|(kind, mode)| {
                let prefix = kind.prefix(*mode);
                key.len() > prefix.len() && key.starts_with(prefix)
            })
            .ok_or(KeyPrefixError)
    }
}

/// What a secret key may do. A publishable key has no scopes: it begins sessions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Scope {
    /// Begin and end sessions.
    #[serde(rename = "sessions:write")]
    SessionsWrite,
    /// Write events, singly and in bulk.
    #[serde(rename = "events:write")]
    EventsWrite,
    /// Send webhooks in the name of a platform that cannot sign.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Read status and verdicts.
    #[serde(rename = "verdicts:read")]
    VerdictsRead,
    /// Change what surveys are judged by.
    #[serde(rename = "settings:write")]
    SettingsWrite,
    /// Label sessions.
    #[serde(rename = "reviews:write")]
    ReviewsWrite,
    /// Look into the pipeline and act on it: dead letters, replays, test messages.
    #[serde(rename = "operations")]
    Operations,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 7] = [
        Self::SessionsWrite,
        Self::EventsWrite,
        Self::WebhooksWrite,
        Self::VerdictsRead,
        Self::SettingsWrite,
        Self::ReviewsWrite,
        Self::Operations,
    ];

    /// The name, as in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionsWrite => "sessions:write",
            Self::EventsWrite => "events:write",
            Self::WebhooksWrite => "webhooks:write",
            Self::VerdictsRead => "verdicts:read",
            Self::SettingsWrite => "settings:write",
            Self::ReviewsWrite => "reviews:write",
            Self::Operations => "operations",
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|scope| scope.as_str()).collect();
            format!("`{text}` is not a scope; there are {}", all.join(", "))
        })
    }
}

/// The public name of an API key: `key_` and 16 characters of `a-z0-9`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

impl KeyId {
    const PREFIX: &'static str = "key_";
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

/// 10 bytes as 16 characters of `a-z2-7`.
pub(super) fn lower_base32(bytes: [u8; 10]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bits = bytes
        .iter()
        .fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    (0..16)
        .map(|position| char::from(ALPHABET[((bits >> (75 - 5 * position)) & 31) as usize]))
        .collect()
}

pub(super) fn is_named(text: &str, prefix: &str, length: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() == length
            && rest
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

impl FromStr for KeyId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_named(text, Self::PREFIX, Self::RANDOM) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a key's id is `key_` and 16 characters of a-z and 0-9".to_owned())
        }
    }
}

impl TryFrom<String> for KeyId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a key's whole text. Enough for keys, which are random; passwords would need more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash of a key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

impl TryFrom<String> for KeyHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let problem = || "a key's hash is 64 hexadecimal digits".to_owned();
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(problem());
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16);
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                return Err(problem());
            };
            *byte = u8::try_from(high * 16 + low).unwrap_or_default();
        }
        Ok(Self(hash))
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        use fmt::Write;
        hash.0.iter().fold(Self::with_capacity(64), |mut text, b| {
            let _ = write!(text, "{b:02x}");
            text
        })
    }
}

/// A web origin, `https://host[:port]`, lower case, without a path.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is not an origin such as https://surveys.example.com");
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or_else(problem)?;
        let allowed = |c: u8| {
            c.is_ascii_lowercase()
                || c.is_ascii_digit()
                || matches!(c, b'.' | b'-' | b':' | b'[' | b']')
        };
        if host.is_empty() || host.len() > 255 || !host.bytes().all(allowed) {
            return Err(problem());
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateLimit {
    /// Requests a second that go on for ever.
    pub per_second: std::num::NonZeroU32,
    /// Requests at once.
    pub burst: std::num::NonZeroU32,
}

/// An API key, without its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyRecord {
    /// Its public name.
    pub id: KeyId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Publishable or secret.
    pub kind: KeyKind,
    /// Live or test.
    pub mode: KeyMode,
    /// What its text hashes to.
    pub hash: KeyHash,
    /// Its last four characters, to recognise it by.
    pub hint: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it may do; secret keys only.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Pages it may be used from; any when empty. Publishable keys only.
    #[serde(default)]
    pub origins: Vec<Origin>,
    /// Surveys it may begin sessions of; any when empty.
    #[serde(default)]
    pub surveys: Vec<String>,
    /// Networks it may be used from; any when empty.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub networks: Vec<IpNet>,
    /// Its own limit, instead of the gateway's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<RateLimit>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends: set by a rotation, or from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<KeyId>,
}

impl ApiKeyRecord {
    /// Whether it is accepted at `now`. A revocation holds from the moment it is read, whatever the
    /// clocks say.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it may do this.
    pub fn has(&self, scope: Scope) -> bool {
        self.kind == KeyKind::Secret && self.scopes.contains(&scope)
    }
}
