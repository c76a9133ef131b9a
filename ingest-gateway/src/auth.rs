//! Who calls, and what they may do.
//!
//! Three credentials are accepted, as `Authorization: Bearer …` or `X-API-Key: …`: a secret key (a
//! server's, with scopes), a publishable key (a page's, begins sessions and does nothing else), and a
//! session's ingest token (writes to that one session). A token may also stand in the query, because
//! `sendBeacon` sends no headers; keys may not, since addresses end in logs. Keys come from the control
//! topic, tokens prove themselves: nothing is looked up anywhere else (INV-10).

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use control::ControlState;
use schemas::control::{ApiKeyRecord, KeyKind, KeyMode, Scope};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::token::{INGEST_TOKEN_PREFIX, IngestGrant, TokenError};

use crate::error::IngestError;

const API_KEY: &str = "x-api-key";
const TOKEN_PARAMETER: &str = "token=";

/// What a caller showed.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// A secret key.
    Secret(Arc<ApiKeyRecord>),
    /// A publishable key.
    Publishable(Arc<ApiKeyRecord>),
    /// The ingest token of a session.
    Token(SessionId),
}

/// A caller that showed a good credential.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) organisation: OrganisationId,
    pub(crate) credential: Credential,
}

/// What a route lets its callers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Begin a session.
    BeginSession,
    /// Write events to a session.
    WriteEvents,
    /// End a session.
    EndSession,
    /// Write events of any session.
    WriteBulk,
    /// Speak for a platform that cannot sign.
    SendWebhook,
}

impl Need {
    fn scope(self) -> Scope {
        match self {
            Self::BeginSession | Self::EndSession => Scope::SessionsWrite,
            Self::WriteEvents | Self::WriteBulk => Scope::EventsWrite,
            Self::SendWebhook => Scope::WebhooksWrite,
        }
    }
}

impl Caller {
    /// Recognises the caller by the request's credential, whatever it may do.
    pub(crate) fn recognise(
        parts: &Parts,
        keys: &ControlState,
        secret: &SessionSecret,
        now: DateTime<Utc>,
    ) -> Result<Self, IngestError> {
        let credential = credential(parts).ok_or(IngestError::CredentialsMissing)?;
        if credential.starts_with(INGEST_TOKEN_PREFIX) {
            return Self::with_token(credential, secret, now);
        }
        let key = keys.find_key(credential);
        let key = key.ok_or(IngestError::CredentialsInvalid)?;
        if key.revoked_at.is_some() {
            return Err(IngestError::CredentialsInvalid);
        }
        if !key.is_active(now) {
            return Err(IngestError::KeyExpired);
        }
        Ok(Self {
            organisation: key.organisation.clone(),
            credential: match key.kind {
                KeyKind::Secret => Credential::Secret(key),
                KeyKind::Publishable => Credential::Publishable(key),
            },
        })
    }

    fn with_token(
        token: &str,
        secret: &SessionSecret,
        now: DateTime<Utc>,
    ) -> Result<Self, IngestError> {
        match IngestGrant::open(token, secret, now) {
            Ok(grant) => Ok(Self {
                organisation: grant.organisation,
                credential: Credential::Token(grant.session_id),
            }),
            Err(TokenError::Expired) => Err(IngestError::TokenExpired),
            Err(TokenError::Invalid) => Err(IngestError::CredentialsInvalid),
        }
    }

    /// Whether the credential is of the kind that may do this.
    pub(crate) fn may(&self, need: Need) -> Result<(), IngestError> {
        use Credential::{Publishable, Secret, Token};
        match (&self.credential, need) {
            (Secret(key), need) if key.has(need.scope()) => Ok(()),
            (Secret(_), need) => Err(IngestError::ScopeMissing {
                scope: need.scope(),
            }),
            (Publishable(_), Need::BeginSession) => Ok(()),
            (Token(_), Need::WriteEvents | Need::EndSession | Need::SendWebhook) => Ok(()),
            (Publishable(_) | Token(_), _) => Err(IngestError::SecretKeyRequired),
        }
    }

    /// The session the caller writes to, when it names this one.
    pub(crate) fn session(
        &self,
        id: &str,
        secret: &SessionSecret,
    ) -> Result<SessionId, IngestError> {
        let id = crate::names::genuine(secret, &self.organisation, id)?;
        match self.credential {
            Credential::Token(session) if session != id => Err(IngestError::TokenOfOtherSession),
            _ => Ok(id),
        }
    }

    /// The key, if the caller has one.
    pub(crate) fn key(&self) -> Option<&ApiKeyRecord> {
        match &self.credential {
            Credential::Secret(key) | Credential::Publishable(key) => Some(key),
            Credential::Token(_) => None,
        }
    }

    /// Whether what it does is a trial.
    pub(crate) fn is_test(&self) -> bool {
        self.key().is_some_and(|key| key.mode == KeyMode::Test)
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, credential) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(credential)
}

/// The credential of a request: `Authorization` first, then `X-API-Key`, then a token in the query.
fn credential(parts: &Parts) -> Option<&str> {
    let found = in_headers(&parts.headers).or_else(|| in_query(parts.uri.query()?));
    found.map(str::trim).filter(|text| !text.is_empty())
}

fn in_headers(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION);
    let bearer = authorization.and_then(|value| bearer(value.to_str().ok()?));
    bearer.or_else(|| headers.get(API_KEY).and_then(|value| value.to_str().ok()))
}

/// Only tokens: they are good for one session and a day.
fn in_query(query: &str) -> Option<&str> {
    let mut parameters = query.split('&');
    let token = parameters.find_map(|parameter| parameter.strip_prefix(TOKEN_PARAMETER))?;
    token.starts_with(INGEST_TOKEN_PREFIX).then_some(token)
}
