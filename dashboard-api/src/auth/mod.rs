//! Who may do what: a secret key of the control topic does what its scopes name; the bootstrap key, and a
//! browser that has exchanged it for a cookie, do everything.
//!
//! A route names what it needs by its extractor: [`Reader`], [`ReadableSession`], or [`Allowed`] with one
//! of the permissions of [`permission`].
//!
//! An open verdict would be an oracle for a bot's author, so publishable keys and ingest tokens, which
//! every respondent's browser holds, are refused. A request that shows a key is judged by the key
//! alone; otherwise by its cookie, and then a writing method must come from this site's own pages.

mod permission;
mod seal;
mod token;

use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};
use control::Control;
use runtime::config::Secret;
use schemas::control::Scope;
use schemas::ids::{OrganisationId, SessionId};
use schemas::token::INGEST_TOKEN_PREFIX;
use subtle::ConstantTimeEq;

use crate::config::{DashboardConfig, SECRET_KEY_PREFIXES};
use crate::error::ApiError;
use crate::setup::AppState;
pub(crate) use permission::{Allowed, Operate, ReadVerdicts, ReviewSessions, WriteSettings};
use seal::Seal;
pub(crate) use token::{MAX_TOKEN_SECONDS, TOKEN_SECONDS, TokenBound};

/// Name of the cookie of signed-in browsers.
pub(crate) const COOKIE_NAME: &str = "candor_session";
/// How long a sign-in lasts.
pub(crate) const SIGN_IN_HOURS: i64 = 12;
/// How long a sign-in link works.
const LINK_MINUTES: i64 = 10;

const COOKIE_USE: &[u8] = b"candor.dashboard-cookie.v1";
const LINK_USE: &[u8] = b"candor.dashboard-link.v1";
const TOKEN_USE: &[u8] = b"candor.verdict-token.v1";

/// A path with a token that signs a browser in, once opened within ten minutes of `now`: for whoever
/// starts the service and prints its address. `secret` is the service's `CANDOR_SESSION_SECRET`.
pub fn sign_in_link(secret: &Secret, organisation: &OrganisationId, now: DateTime<Utc>) -> String {
    let expires_at = now + TimeDelta::minutes(LINK_MINUTES);
    let token = link_seal(secret).close(organisation, expires_at);
    format!("/sign-in?token={token}")
}

fn link_seal(secret: &Secret) -> Seal {
    Seal::new(&[LINK_USE, secret.expose().as_bytes()])
}

/// Name of the bootstrap key, and of whoever signed in with it, in trails.
pub(crate) const BOOTSTRAP: &str = "bootstrap";

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The organisation whose rows it sees.
    pub(crate) organisation: OrganisationId,
    /// What trails call it: the key's public id, or `bootstrap`. Never a secret.
    pub(crate) actor: String,
    /// What it may do.
    pub(crate) scopes: Vec<Scope>,
}

impl Caller {
    /// Whether it has the bootstrap key, in person or by its cookie: whoever runs the deployment.
    pub(crate) fn is_operator(&self) -> bool {
        self.actor == BOOTSTRAP
    }

    fn bootstrap(organisation: OrganisationId) -> Self {
        Self {
            organisation,
            actor: BOOTSTRAP.to_owned(),
            scopes: Scope::ALL.to_vec(),
        }
    }
}

/// Decides who may do what.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    control: Control,
    key: Secret,
    organisation: OrganisationId,
    cookies: Seal,
    links: Seal,
    tokens: Seal,
    public_origin: Option<String>,
}

impl Gate {
    /// `organisation` is that of the settings' bootstrap key.
    pub(crate) fn new(
        config: &DashboardConfig,
        organisation: &OrganisationId,
        control: Control,
    ) -> Self {
        // The key is part of the cookies' seal: a new key signs everybody out.
        let parts = [
            COOKIE_USE,
            config.session_secret.expose().as_bytes(),
            config.secret_key.expose().as_bytes(),
        ];
        let public_origin = config.public_origin.as_deref();
        Self {
            control,
            key: config.secret_key.clone(),
            organisation: organisation.clone(),
            cookies: Seal::new(&parts),
            links: link_seal(&config.session_secret),
            tokens: Seal::new(&[TOKEN_USE, config.session_secret.expose().as_bytes()]),
            public_origin: public_origin.map(|origin| origin.trim_end_matches('/').to_owned()),
        }
    }

    /// The organisation that the bootstrap key signs in to. No other key does: a key of the control
    /// topic is a program's, and its revocation must end what it reads at once.
    pub(crate) fn by_bootstrap_key(&self, key: &str) -> Result<OrganisationId, ApiError> {
        if key.starts_with("pk_") || key.starts_with(INGEST_TOKEN_PREFIX) {
            return Err(ApiError::KeyOnlyWrites);
        }
        let is_ours = bool::from(key.as_bytes().ct_eq(self.key.expose().as_bytes()));
        if is_ours && !self.bootstrap_has_ended() {
            Ok(self.organisation.clone())
        } else {
            Err(ApiError::KeyUnknown)
        }
    }

    /// The bootstrap key may stand in the control topic as well, and a revocation there ends it here.
    fn bootstrap_has_ended(&self) -> bool {
        let found = self.control.state().find_key(self.key.expose());
        found.is_some_and(|record| !record.is_active(Utc::now()))
    }

    /// The caller that a key names at `now`, when the key may do what `scope` names.
    pub(crate) fn by_key(
        &self,
        key: &str,
        scope: Scope,
        now: DateTime<Utc>,
    ) -> Result<Caller, ApiError> {
        match self.by_bootstrap_key(key) {
            Err(ApiError::KeyUnknown) => self.by_control(key, scope, now),
            outcome => outcome.map(Caller::bootstrap),
        }
    }

    fn by_control(&self, key: &str, scope: Scope, now: DateTime<Utc>) -> Result<Caller, ApiError> {
        if !SECRET_KEY_PREFIXES
            .iter()
            .any(|prefix| key.starts_with(prefix))
        {
            return Err(ApiError::KeyUnknown);
        }
        if !self.control.is_ready() {
            return Err(ApiError::KeysNotRead);
        }
        let found = self.control.state().find_key(key);
        let record = found.filter(|record| record.is_active(now));
        let record = record.ok_or(ApiError::KeyUnknown)?;
        // Behind a proxy this service sees no client's address, so it cannot tell whether the key is
        // where it belongs; to let it in would undo the restriction.
        if !record.networks.is_empty() {
            return Err(ApiError::KeyBound);
        }
        if !record.has(scope) {
            return Err(ApiError::ScopeMissing(scope));
        }
        Ok(Caller {
            organisation: record.organisation.clone(),
            actor: record.id.to_string(),
            scopes: record.scopes.clone(),
        })
    }

    /// The organisation that a cookie reads.
    pub(crate) fn by_cookie(
        &self,
        cookie: &str,
        now: DateTime<Utc>,
    ) -> Result<OrganisationId, ApiError> {
        self.cookies.open(cookie, now).ok_or(ApiError::KeyUnknown)
    }

    /// The organisation that a sign-in link reads.
    pub(crate) fn by_link(&self, token: &str, now: DateTime<Utc>) -> Option<OrganisationId> {
        self.links.open(token, now)
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, organisation: &OrganisationId, now: DateTime<Utc>) -> String {
        let expires_at = now + TimeDelta::hours(SIGN_IN_HOURS);
        self.cookies.close(organisation, expires_at)
    }

    /// Refuses a request that another site's page makes with the reader's cookie.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = text(ORIGIN) else {
            return Err(ApiError::OriginRefused);
        };
        let is_public = self.public_origin.as_deref() == Some(origin);
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        if is_public || (authority.is_some() && authority == text(HOST)) {
            Ok(())
        } else {
            Err(ApiError::OriginRefused)
        }
    }

    /// The caller of a request that may do what `scope` names.
    pub(crate) fn judge(&self, parts: &Parts, scope: Scope) -> Result<Caller, ApiError> {
        if let Some(key) = presented_key(&parts.headers) {
            return self.by_key(key, scope, Utc::now());
        }
        let cookie = presented_cookie(&parts.headers).ok_or(ApiError::KeyMissing)?;
        let organisation = self.by_cookie(cookie, Utc::now())?;
        if !parts.method.is_safe() {
            self.check_origin(&parts.headers)?;
        }
        Ok(Caller::bootstrap(organisation))
    }
}

fn presented_key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let bearer = text(AUTHORIZATION.as_str()).map(|value| match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        // Another scheme is a key that nobody knows.
        _ => "",
    });
    bearer.or_else(|| text("x-api-key"))
}

fn presented_cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value)
}

/// A caller who may read one organisation's sessions; an extractor.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// The organisation.
    pub(crate) organisation: OrganisationId,
}

impl FromRequestParts<AppState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller { organisation, .. } = state.gate().judge(parts, Scope::VerdictsRead)?;
        Ok(Self { organisation })
    }
}

/// A caller and the session of the path, whose id was minted for the caller's organisation; an
/// extractor of routes with one parameter.
#[derive(Debug, Clone)]
pub(crate) struct ReadableSession {
    /// The organisation.
    pub(crate) organisation: OrganisationId,
    /// The session.
    pub(crate) id: SessionId,
}

impl FromRequestParts<AppState> for ReadableSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Reader { organisation } = Reader::from_request_parts(parts, state).await?;
        let path = Path::<String>::from_request_parts(parts, state).await;
        // What is not even text is no session either.
        let Path(text) = path.map_err(|_| ApiError::UnknownSession)?;
        let id = state.session(&organisation, &text)?;
        Ok(Self { organisation, id })
    }
}
