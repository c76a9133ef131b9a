//! Identifiers: organisations, and session ids that prove where they come from.
//!
//! A session id is a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 free bits. Candor puts 42
//! bits of randomness and a 32-bit truncated HMAC-SHA-256 there, over organisation, timestamp and the
//! random bits. Gateway and API share the secret, so each refuses a forged id, or one of another
//! organisation, without a look-up; a guess passes with probability 2⁻³².

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeZone, Utc};
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

type HmacSha256 = Hmac<Sha256>;

/// Separates the uses of one secret, so that a tag of one kind never verifies as another.
const SESSION_ID_CONTEXT: &[u8] = b"candor.session-id.v1";

/// Shortest accepted secret, in bytes.
pub const MIN_SECRET_BYTES: usize = 16;

/// Why an identifier or secret was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a UUID of version 7.
    #[error("a session id is a UUID of version 7")]
    NotUuidV7,
    /// Not an organisation name.
    #[error(
        "an organisation is 1 to 48 characters of a-z, 0-9, `_` and `-`, starting with a letter or digit"
    )]
    BadOrganisation,
    /// The secret is too short to be one.
    #[error("the session secret needs at least {MIN_SECRET_BYTES} bytes")]
    ShortSecret,
}

/// The tenant that owns sessions, keys and rows: `[a-z0-9][a-z0-9_-]{0,47}`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct OrganisationId(String);

impl OrganisationId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganisationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed =
            |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-';
        let starts_well = text
            .bytes()
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if starts_well && text.len() <= 48 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::BadOrganisation)
        }
    }
}

impl TryFrom<String> for OrganisationId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<OrganisationId> for String {
    fn from(organisation: OrganisationId) -> Self {
        organisation.0
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A session's id: a UUIDv7 whose random bits carry a keyed check. Key of every record about it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct SessionId(Uuid);

impl SessionId {
    /// The id as a UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }

    /// When the session was created, from the id's own timestamp (milliseconds).
    pub fn created_at(self) -> DateTime<Utc> {
        let bytes = self.0.as_bytes();
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&bytes[..6]);
        Utc.timestamp_millis_opt(i64::from_be_bytes(millis))
            .single()
            .unwrap_or_default()
    }
}

impl TryFrom<Uuid> for SessionId {
    type Error = IdError;

    fn try_from(uuid: Uuid) -> Result<Self, IdError> {
        if uuid.get_version_num() == 7 {
            Ok(Self(uuid))
        } else {
            Err(IdError::NotUuidV7)
        }
    }
}

impl From<SessionId> for Uuid {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl FromStr for SessionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        // Only the hyphenated lower-case form: the text is the Kafka key, and one session has one key.
        let uuid = Uuid::try_parse(text).map_err(|_| IdError::NotUuidV7)?;
        let canonical = uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text;
        if canonical {
            Self::try_from(uuid)
        } else {
            Err(IdError::NotUuidV7)
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A platform's own name of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionName<'a> {
    /// The platform's name of the survey, if it has one.
    pub survey_id: Option<&'a str>,
    /// The platform's name of the session: unique within the survey.
    pub external_id: &'a str,
    /// When it began; the same on every call.
    pub started_at: DateTime<Utc>,
}

/// The secret that gateway and API share (`CANDOR_SESSION_SECRET`): mints and checks session ids.
#[derive(Clone)]
pub struct SessionSecret(HmacSha256);

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl SessionSecret {
    /// Takes the secret's bytes.
    ///
    /// # Errors
    /// [`IdError::ShortSecret`] below [`MIN_SECRET_BYTES`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, IdError> {
        let bytes = bytes.into();
        if bytes.len() < MIN_SECRET_BYTES {
            Err(IdError::ShortSecret)
        } else {
            // Keyed once: each tag goes on from here.
            let keyed = HmacSha256::new_from_slice(&bytes);
            keyed.map(Self).map_err(|_| IdError::ShortSecret)
        }
    }

    /// A new session id for `organisation`, created at `now`; `random` must be fresh.
    pub fn mint(
        &self,
        organisation: &OrganisationId,
        now: DateTime<Utc>,
        random: [u8; 6],
    ) -> SessionId {
        let millis = now.timestamp_millis().max(0).to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6..12].copy_from_slice(&random);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        let check = self.check(organisation, &bytes);
        bytes[12..].copy_from_slice(&check);
        SessionId(Uuid::from_bytes(bytes))
    }

    /// The id of a session that a platform names itself: the same name, survey and start always give the
    /// same id, without a look-up (and in the same partition). `started_at` counts to the millisecond.
    pub fn derive(&self, organisation: &OrganisationId, name: &SessionName<'_>) -> SessionId {
        let survey = name.survey_id.unwrap_or_default();
        let tag = self.tag(
            b"candor.session-name.v1",
            &[
                organisation.as_str().as_bytes(),
                survey.as_bytes(),
                name.external_id.as_bytes(),
            ],
        );
        let mut random = [0; 6];
        random.copy_from_slice(&tag[..6]);
        self.mint(organisation, name.started_at, random)
    }

    /// A key for another use of the secret; `context` keeps the uses apart.
    pub fn derive_key(&self, context: &str) -> [u8; 32] {
        self.tag(b"candor.derived-key.v1", &[context.as_bytes()])
    }

    /// Whether `id` was minted with this secret for `organisation`. Takes constant time.
    pub fn verifies(&self, organisation: &OrganisationId, id: SessionId) -> bool {
        let bytes = id.0.as_bytes();
        self.check(organisation, bytes).ct_eq(&bytes[12..]).into()
    }

    fn check(&self, organisation: &OrganisationId, bytes: &[u8; 16]) -> [u8; 4] {
        let tag = self.tag(
            SESSION_ID_CONTEXT,
            &[organisation.as_str().as_bytes(), &bytes[..12]],
        );
        [tag[0], tag[1], tag[2], tag[3]]
    }

    /// HMAC-SHA-256 over a context and length-prefixed parts.
    pub(crate) fn tag(&self, context: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in std::iter::once(&context).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A keyed hash for pseudonyms of client addresses: hexadecimal, 32 characters.
    pub fn pseudonym(&self, organisation: &OrganisationId, value: &[u8]) -> String {
        let tag = self.tag(
            b"candor.pseudonym.v1",
            &[organisation.as_str().as_bytes(), value],
        );
        tag[..16]
            .iter()
            .fold(String::with_capacity(32), |mut text, byte| {
                use fmt::Write;
                let _ = write!(text, "{byte:02x}");
                text
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(byte: u8) -> SessionSecret {
        SessionSecret::new(vec![byte; 32]).unwrap()
    }

    proptest! {
        #[test]
        fn a_minted_id_verifies_for_its_organisation_and_no_other(millis in 0i64..(1 << 47), random: [u8; 6]) {
            let (ours, theirs): (OrganisationId, OrganisationId) = ("ours".parse().unwrap(), "theirs".parse().unwrap());
            let now = Utc.timestamp_millis_opt(millis).unwrap();
            let id = secret(1).mint(&ours, now, random);
            prop_assert!(secret(1).verifies(&ours, id));
            prop_assert!(!secret(1).verifies(&theirs, id));
            prop_assert!(!secret(2).verifies(&ours, id));
            prop_assert_eq!(id.created_at(), now);
            prop_assert_eq!(id.to_string().parse::<SessionId>().unwrap(), id);
        }

        #[test]
        fn one_changed_bit_breaks_the_id(random: [u8; 6], bit in 0usize..128) {
            let organisation: OrganisationId = "ours".parse().unwrap();
            let id = secret(1).mint(&organisation, Utc.timestamp_millis_opt(1_790_000_000_000).unwrap(), random);
            let mut bytes = *id.uuid().as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let forged = SessionId(Uuid::from_bytes(bytes));
            prop_assert!(!secret(1).verifies(&organisation, forged));
        }
    }

    #[test]
    fn only_the_hyphenated_lower_case_form_is_an_id() {
        let id = secret(1).mint(
            &"ours".parse().unwrap(),
            Utc.timestamp_millis_opt(1_790_000_000_000).unwrap(),
            [7; 6],
        );
        let text = id.to_string();
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
        ] {
            assert_eq!(
                other.parse::<SessionId>(),
                Err(IdError::NotUuidV7),
                "{other}"
            );
        }
        let version_four = "0f4b6f1e-8a5f-4a51-9d3e-2f6f0d0c7a10";
        assert_eq!(version_four.parse::<SessionId>(), Err(IdError::NotUuidV7));
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", secret(65)), "SessionSecret(…)");
        assert!(SessionSecret::new("short").is_err());
    }
}
