//! Who calls, and what they may write to.
//!
//! Two credentials are accepted, both as `Authorization: Bearer …` or `X-API-Key: …`: a secret key,
//! good for every route and session of its organisation, and a session's ingest token, good for
//! writing to that one session. Neither needs a look-up (INV-10). Keys are compared by their SHA-256
//! in constant time, so that neither a key's text nor how much of a guess was right can be measured.

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::token::{INGEST_TOKEN_PREFIX, IngestGrant, TokenError};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::IngestError;

const API_KEY: &str = "x-api-key";

/// The secret keys that are accepted, by their hashes.
#[derive(Clone, Default)]
pub struct KeyRing(Vec<KeyEntry>);

#[derive(Clone)]
struct KeyEntry {
    hash: [u8; 32],
    organisation: OrganisationId,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({} keys)", self.0.len())
    }
}

impl KeyRing {
    /// Accepts `key` for `organisation`.
    pub fn add(&mut self, key: &str, organisation: OrganisationId) {
        self.0.push(KeyEntry {
            hash: Sha256::digest(key).into(),
            organisation,
        });
    }

    /// Whether no key is accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The organisation of `key`. Takes as long for a wrong key as for a right one.
    pub fn find(&self, key: &str) -> Option<&OrganisationId> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let mut found = None;
        for entry in &self.0 {
            if bool::from(entry.hash.ct_eq(&hash)) {
                found = Some(&entry.organisation);
            }
        }
        found
    }
}

/// A caller that showed a good credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With a secret key of the organisation.
    Key(OrganisationId),
    /// With the ingest token of a session.
    Token(IngestGrant),
}

/// What credentials are checked against.
#[derive(Debug)]
pub(crate) struct Gatekeeper {
    pub(crate) keys: KeyRing,
    pub(crate) secret: SessionSecret,
}

impl Gatekeeper {
    fn caller(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Caller, IngestError> {
        let credential = credential(headers).ok_or(IngestError::CredentialsMissing)?;
        if credential.starts_with(INGEST_TOKEN_PREFIX) {
            return match IngestGrant::open(credential, &self.secret, now) {
                Ok(grant) => Ok(Caller::Token(grant)),
                Err(TokenError::Expired) => Err(IngestError::TokenExpired),
                Err(TokenError::Invalid) => Err(IngestError::CredentialsInvalid),
            };
        }
        let organisation = self.keys.find(credential).cloned();
        organisation
            .map(Caller::Key)
            .ok_or(IngestError::CredentialsInvalid)
    }

    /// The organisation that may create sessions: only a secret key names one.
    pub(crate) fn creator(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<OrganisationId, IngestError> {
        match self.caller(headers, now)? {
            Caller::Key(organisation) => Ok(organisation),
            Caller::Token(_) => Err(IngestError::SecretKeyRequired),
        }
    }

    /// The session that the request writes to, and its organisation. A forged or foreign id is as
    /// unknown as any other.
    pub(crate) fn writer(
        &self,
        session: &str,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<(SessionId, OrganisationId), IngestError> {
        let caller = self.caller(headers, now)?;
        let id: SessionId = session.parse().map_err(|_| IngestError::UnknownSession)?;
        let organisation = match caller {
            Caller::Token(grant) if grant.session_id != id => {
                return Err(IngestError::TokenOfOtherSession);
            }
            Caller::Token(grant) => grant.organisation,
            Caller::Key(organisation) => organisation,
        };
        if self.secret.verifies(&organisation, id) {
            Ok((id, organisation))
        } else {
            Err(IngestError::UnknownSession)
        }
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, credential) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(credential)
}

/// The credential of a request; `Authorization` first.
fn credential(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = text(header::AUTHORIZATION.as_str()).and_then(bearer);
    let credential = authorization.or_else(|| text(API_KEY))?.trim();
    (!credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_credential_travels_in_either_header() {
        assert_eq!(
            credential(&headers("authorization", "Bearer abc")),
            Some("abc")
        );
        assert_eq!(
            credential(&headers("authorization", "bearer  abc ")),
            Some("abc")
        );
        assert_eq!(credential(&headers("x-api-key", "abc")), Some("abc"));
        for (name, value) in [
            ("authorization", "Basic abc"),
            ("authorization", "Bearer "),
            ("x-api-key", ""),
        ] {
            assert_eq!(credential(&headers(name, value)), None, "{name}: {value}");
        }
        assert_eq!(credential(&HeaderMap::new()), None);
    }

    #[test]
    fn each_key_opens_its_own_organisation_and_none_opens_nothing() {
        let mut ring = KeyRing::default();
        assert_eq!(ring.find("sk_test_a"), None);
        ring.add("sk_test_a", "acme".parse().unwrap());
        ring.add("sk_test_b", "other".parse().unwrap());
        assert_eq!(
            ring.find("sk_test_a").map(OrganisationId::as_str),
            Some("acme")
        );
        assert_eq!(
            ring.find("sk_test_b").map(OrganisationId::as_str),
            Some("other")
        );
        assert_eq!(ring.find("sk_test_"), None);
        assert_eq!(format!("{ring:?}"), "KeyRing(2 keys)");
    }

    #[test]
    fn a_key_writes_to_sessions_of_its_organisation_only() {
        let secret = SessionSecret::new([5; 32]).unwrap();
        let (ours, theirs): (OrganisationId, OrganisationId) =
            ("ours".parse().unwrap(), "theirs".parse().unwrap());
        let mut keys = KeyRing::default();
        keys.add("sk_test_ours", ours.clone());
        let keeper = Gatekeeper {
            keys,
            secret: secret.clone(),
        };
        let now = Utc::now();
        let key = headers("x-api-key", "sk_test_ours");
        let mine = secret.mint(&ours, now, [1; 6]);
        let foreign = secret.mint(&theirs, now, [1; 6]);
        assert_eq!(
            keeper.writer(&mine.to_string(), &key, now).unwrap(),
            (mine, ours)
        );
        for unknown in [foreign.to_string(), "nonsense".to_owned()] {
            let refused = keeper.writer(&unknown, &key, now);
            assert!(
                matches!(refused, Err(IngestError::UnknownSession)),
                "{refused:?}"
            );
        }
    }
}
