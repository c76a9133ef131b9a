//! What every request passes before its body is read, and what every answer carries because of it.
//!
//! Order: the gateway itself does not refuse the address, it knows its keys, the credential is good, the
//! organisation and the key admit the address, the page may use the credential, the credential may do this,
//! no bucket is empty. A caller who is turned away before pays from the bucket of its address, so that
//! guessing is slow. Whatever happens, the answer carries the state of the tightest bucket and what the
//! browser must see (CORS), errors included.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use control::{ControlState, Snapshot};
use schemas::control::Integration;
use schemas::ids::SessionId;

use crate::auth::{Caller, Credential, Need};
use crate::code::Code;
use crate::cors::{self, Cors, Holder, PageError};
use crate::error::IngestError;
use crate::limits::{AddressRules, BucketKind, KeySubject, Refused, Standing, Subject};
use crate::names::GivenName;
use crate::state::Gateway;
use crate::webhooks::WebhookError;

/// What stands in the path for a session that the platform names itself.
pub(crate) const NAMED: &str = "named";
/// The methods of the routes that pages call.
const ALLOW: HeaderValue = HeaderValue::from_static("POST,OPTIONS");

/// Why a request is turned away whatever its body says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The client's address is on a deny-list, or on none of the allow-lists.
    #[error("the address is refused")]
    Address,
    /// The page's origin is not one of the key's.
    #[error("the page's origin is refused")]
    Origin,
    /// A secret key was used in a page.
    #[error("a secret key came from a browser")]
    SecretKeyInBrowser,
    /// A bucket is empty.
    #[error("no request left in the {} bucket", bucket.as_str())]
    RateLimited {
        /// Whose.
        bucket: BucketKind,
        /// When the next request has a chance.
        wait: Duration,
    },
}

impl Refusal {
    /// What the client is told.
    pub fn code(&self) -> Code {
        match self {
            Self::Address => Code::AddressRefused,
            Self::Origin => Code::OriginRefused,
            Self::SecretKeyInBrowser => Code::SecretKeyInBrowser,
            Self::RateLimited { .. } => Code::RateLimited,
        }
    }

    /// When the same request may pass.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait, .. } => Some(*wait),
            Self::Address | Self::Origin | Self::SecretKeyInBrowser => None,
        }
    }

    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Address => "Requests are not taken from this network.".to_owned(),
            Self::Origin => {
                "A browser on a page of one of the key's origins must send this.".to_owned()
            }
            Self::SecretKeyInBrowser => {
                "Use a publishable key (`pk_`) in pages, and replace this key: it has been shown."
                    .to_owned()
            }
            Self::RateLimited { bucket, .. } => {
                format!("The limit of this {} is used up.", bucket.as_str())
            }
        }
    }
}

impl From<PageError> for IngestError {
    fn from(error: PageError) -> Self {
        Self::Refused(match error {
            PageError::OriginRefused => Refusal::Origin,
            PageError::SecretKeyInBrowser => Refusal::SecretKeyInBrowser,
        })
    }
}

/// One request at the gateway's edge.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    gateway: &'a Gateway,
    state: Snapshot,
    pub(crate) address: Option<IpAddr>,
    /// When the request came.
    pub(crate) now: DateTime<Utc>,
    cors: Cors,
    standing: Option<Standing>,
}

impl<'a> Edge<'a> {
    pub(crate) fn of(gateway: &'a Gateway, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let proxies = &gateway.trusted_proxies;
        let (state, now) = (gateway.control.state(), gateway.now());
        Self {
            gateway,
            address: peer.and_then(|peer| proxies.client(peer.0.ip(), &parts.headers)),
            cors: Cors::of(&parts.headers, &state, now),
            state,
            now,
            standing: None,
        }
    }

    /// Lets the caller in, for what the route does.
    pub(crate) fn admit(&mut self, parts: &Parts, need: Need) -> Result<Caller, IngestError> {
        let caller = self.let_in(parts, need)?;
        self.take(&caller, None)?;
        Ok(caller)
    }

    /// Lets a caller in that writes to one session: the one in the path, or the one it names in the query.
    pub(crate) fn admit_to_session(
        &mut self,
        parts: &Parts,
        need: Need,
        path: &str,
    ) -> Result<(Caller, SessionId), IngestError> {
        let caller = self.let_in(parts, need)?;
        let session = self.session(&caller, parts, path);
        // Who asks for sessions that do not exist asks all the same.
        self.take(&caller, session.as_ref().ok().copied())?;
        Ok((caller, session?))
    }

    fn session(
        &self,
        caller: &Caller,
        parts: &Parts,
        path: &str,
    ) -> Result<SessionId, IngestError> {
        let secret = &self.gateway.secret;
        if path != NAMED {
            return caller.session(path, secret);
        }
        let name = GivenName::of_query(&parts.uri)?;
        let name = name.judge(self.now)?.ok_or(IngestError::BadSessionName)?;
        // Names can be guessed, so only servers may use them.
        caller.key().ok_or(IngestError::SecretKeyRequired)?;
        Ok(secret.derive(&caller.organisation, &name))
    }

    /// The caller, or why not; who is turned away has paid.
    fn let_in(&mut self, parts: &Parts, need: Need) -> Result<Caller, IngestError> {
        match self.judge(parts, need) {
            Ok(caller) => Ok(caller),
            Err(IngestError::Starting) => Err(IngestError::Starting),
            Err(error) => Err(self.turn_away(error)),
        }
    }

    /// Lets a platform in that is yet to prove itself: the integration it calls, if that takes requests
    /// from here.
    pub(crate) fn admit_platform(
        &mut self,
        find: impl FnOnce(&ControlState) -> Result<Arc<Integration>, WebhookError>,
    ) -> Result<Arc<Integration>, IngestError> {
        let mut rules = AddressRules {
            denied: &self.gateway.denied_networks,
            organisation: None,
            key: &[],
        };
        let refused = IngestError::Refused(Refusal::Address);
        if !rules.admit(self.address) {
            return Err(self.turn_away(refused));
        }
        if !self.gateway.control.is_ready() {
            return Err(IngestError::Starting);
        }
        let integration = match find(&self.state) {
            Ok(integration) => integration,
            Err(error) => return Err(self.turn_away(error.into())),
        };
        let settings = self.state.organisation(&integration.organisation);
        rules.organisation = settings.map(AsRef::as_ref);
        if !rules.admit(self.address) {
            return Err(self.turn_away(refused));
        }
        Ok(integration)
    }

    /// Takes a request whose sender has proved to be the integration's platform from its bucket.
    pub(crate) fn take_integration(
        &mut self,
        integration: &Integration,
    ) -> Result<(), IngestError> {
        let settings = self.state.organisation(&integration.organisation);
        let settings = settings.map(AsRef::as_ref);
        self.take_from(&Subject {
            key: Some(KeySubject::of_integration(&integration.id, settings)),
            ..Subject::default()
        })
    }

    /// Why the caller is turned away, which it pays for.
    pub(crate) fn turn_away(&mut self, error: IngestError) -> IngestError {
        let stranger = Subject {
            address: self.address,
            ..Subject::default()
        };
        self.take_from(&stranger).err().unwrap_or(error)
    }

    /// Keys and settings as they were when the request came.
    pub(crate) fn state(&self) -> &ControlState {
        &self.state
    }

    fn judge(&mut self, parts: &Parts, need: Need) -> Result<Caller, IngestError> {
        let gateway = self.gateway;
        let mut rules = AddressRules {
            denied: &gateway.denied_networks,
            organisation: None,
            key: &[],
        };
        let refused = IngestError::Refused(Refusal::Address);
        if !rules.admit(self.address) {
            return Err(refused);
        }
        if !gateway.control.is_ready() {
            return Err(IngestError::Starting);
        }
        let caller = Caller::recognise(parts, &self.state, &gateway.secret, self.now)?;
        let settings = self.state.organisation(&caller.organisation);
        rules.organisation = settings.map(AsRef::as_ref);
        rules.key = caller.key().map_or(&[], |key| &key.networks);
        if !rules.admit(self.address) {
            return Err(refused);
        }
        let holder = caller
            .key()
            .map_or(Holder::Token(&caller.organisation), Holder::Key);
        self.cors
            .judge(&parts.headers, holder, (&self.state, self.now))?;
        caller.may(need)?;
        Ok(caller)
    }

    /// Takes the request from its buckets. The address counts for browsers: a server stands for many.
    fn take(&mut self, caller: &Caller, session: Option<SessionId>) -> Result<(), IngestError> {
        let settings = self.state.organisation(&caller.organisation);
        let settings = settings.map(AsRef::as_ref);
        let is_server = matches!(caller.credential, Credential::Secret(_));
        self.take_from(&Subject {
            key: caller.key().map(|key| KeySubject::new(key, settings)),
            address: self.address.filter(|_| !is_server),
            session,
        })
    }

    fn take_from(&mut self, subject: &Subject) -> Result<(), IngestError> {
        match self.gateway.rate_limits.take(subject) {
            Ok(standing) => {
                self.standing = standing;
                Ok(())
            }
            Err(Refused { standing, wait }) => {
                let bucket = standing.kind();
                self.standing = Some(standing);
                Err(IngestError::Refused(Refusal::RateLimited { bucket, wait }))
            }
        }
    }

    /// The answer, with what it carries whether it is good or bad.
    pub(crate) fn answer<T: IntoResponse>(self, outcome: Result<T, IngestError>) -> Response {
        let mut response = outcome.into_response();
        self.cors.write(response.headers_mut());
        if let Some(standing) = self.standing {
            standing.write(response.headers_mut());
        }
        response
    }
}

/// `OPTIONS` of the routes that pages call: a browser's question before the request, or anybody's.
pub(crate) async fn options(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
) -> Result<Response, IngestError> {
    if !cors::is_preflight(&headers) {
        return Ok((StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response());
    }
    if !gateway.control.is_ready() {
        return Err(IngestError::Starting);
    }
    Ok(cors::preflight(
        &headers,
        &gateway.control.state(),
        gateway.now(),
    )?)
}
