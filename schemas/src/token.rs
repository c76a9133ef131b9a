//! Ingest tokens: what a browser shows to write to one session, until it expires.
//!
//! Form: `it_` + base64url(session id (16) ‖ expiry, Unix seconds (8, big endian) ‖ organisation ‖
//! tag (16)). The tag is a truncated HMAC-SHA-256 over the rest, so a gateway needs no look-up and no
//! shared cache. A token only writes, and only to its session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeZone, Utc};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::ids::{OrganisationId, SessionId, SessionSecret};

/// What every ingest token starts with.
pub const INGEST_TOKEN_PREFIX: &str = "it_";

const CONTEXT: &[u8] = b"candor.ingest-token.v1";
const TAG_BYTES: usize = 16;
const FIXED_BYTES: usize = 16 + 8;

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: wrong form or wrong tag.
    #[error("the ingest token is not valid")]
    Invalid,
    /// A token of ours whose time has passed.
    #[error("the ingest token has expired")]
    Expired,
}

/// What a valid token grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestGrant {
    /// The one session it writes to.
    pub session_id: SessionId,
    /// The organisation of that session.
    pub organisation: OrganisationId,
    /// When the token ends (whole seconds).
    pub expires_at: DateTime<Utc>,
}

impl IngestGrant {
    /// The token's text.
    pub fn seal(&self, secret: &SessionSecret) -> String {
        let mut bytes =
            Vec::with_capacity(FIXED_BYTES + self.organisation.as_str().len() + TAG_BYTES);
        bytes.extend_from_slice(self.session_id.uuid().as_bytes());
        bytes.extend_from_slice(&self.expires_at.timestamp().to_be_bytes());
        bytes.extend_from_slice(self.organisation.as_str().as_bytes());
        let tag = secret.tag(CONTEXT, &[&bytes]);
        bytes.extend_from_slice(&tag[..TAG_BYTES]);
        format!("{INGEST_TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Opens a token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] for anything this secret did not seal, [`TokenError::Expired`] from
    /// its expiry on.
    pub fn open(
        token: &str,
        secret: &SessionSecret,
        now: DateTime<Utc>,
    ) -> Result<Self, TokenError> {
        let encoded = token
            .strip_prefix(INGEST_TOKEN_PREFIX)
            .ok_or(TokenError::Invalid)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| TokenError::Invalid)?;
        if bytes.len() <= FIXED_BYTES + TAG_BYTES {
            return Err(TokenError::Invalid);
        }
        let (body, tag) = bytes.split_at(bytes.len() - TAG_BYTES);
        let expected = secret.tag(CONTEXT, &[body]);
        if !bool::from(expected[..TAG_BYTES].ct_eq(tag)) {
            return Err(TokenError::Invalid);
        }
        let grant = Self::parse(body).ok_or(TokenError::Invalid)?;
        if now >= grant.expires_at {
            Err(TokenError::Expired)
        } else {
            Ok(grant)
        }
    }

    fn parse(body: &[u8]) -> Option<Self> {
        let session_id = SessionId::try_from(Uuid::from_slice(body.get(..16)?).ok()?).ok()?;
        let expiry = i64::from_be_bytes(body.get(16..FIXED_BYTES)?.try_into().ok()?);
        let organisation = std::str::from_utf8(body.get(FIXED_BYTES..)?)
            .ok()?
            .parse()
            .ok()?;
        let expires_at = Utc.timestamp_opt(expiry, 0).single()?;
        Some(Self {
            session_id,
            organisation,
            expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grant(secret: &SessionSecret) -> IngestGrant {
        let organisation: OrganisationId = "acme".parse().unwrap();
        let now = Utc.timestamp_opt(1_790_000_000, 0).unwrap();
        let session_id = secret.mint(&organisation, now, [3; 6]);
        IngestGrant {
            session_id,
            organisation,
            expires_at: now + chrono::Duration::hours(1),
        }
    }

    #[test]
    fn a_token_opens_until_it_expires() {
        let secret = SessionSecret::new([9; 32]).unwrap();
        let grant = grant(&secret);
        let token = grant.seal(&secret);
        let just_before = grant.expires_at - chrono::Duration::milliseconds(1);
        assert_eq!(
            IngestGrant::open(&token, &secret, just_before),
            Ok(grant.clone())
        );
        assert_eq!(
            IngestGrant::open(&token, &secret, grant.expires_at),
            Err(TokenError::Expired)
        );
        let other = SessionSecret::new([8; 32]).unwrap();
        assert_eq!(
            IngestGrant::open(&token, &other, just_before),
            Err(TokenError::Invalid)
        );
    }

    proptest! {
        #[test]
        fn a_damaged_token_never_opens(byte in any::<prop::sample::Index>(), bit in 0u8..8) {
            let secret = SessionSecret::new([9; 32]).unwrap();
            let grant = grant(&secret);
            let token = grant.seal(&secret);
            let mut bytes = URL_SAFE_NO_PAD.decode(&token[3..]).unwrap();
            let position = byte.index(bytes.len());
            bytes[position] ^= 1 << bit;
            let damaged = format!("it_{}", URL_SAFE_NO_PAD.encode(bytes));
            prop_assert_eq!(IngestGrant::open(&damaged, &secret, grant.expires_at - chrono::Duration::hours(1)), Err(TokenError::Invalid));
        }

        #[test]
        fn arbitrary_text_never_opens(text in ".{0,120}") {
            let secret = SessionSecret::new([9; 32]).unwrap();
            prop_assert_eq!(IngestGrant::open(&text, &secret, DateTime::UNIX_EPOCH), Err(TokenError::Invalid));
        }
    }
}
