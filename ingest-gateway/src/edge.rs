//! What every request passes before its body is read, and what every answer carries because of it.
//!
//! Order: the gateway knows its keys, the address is not refused, the credential is good, the key may be
//! used from here, the credential may do this, no bucket is empty. A caller whose credential is no good
//! pays from the bucket of its address, so that guessing is slow. Whatever happens, the answer carries
//! the state of the tightest bucket and what the browser must see (CORS), errors included.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use schemas::ids::SessionId;

use crate::auth::{Caller, Need};
use crate::error::IngestError;
use crate::names::GivenName;
use crate::state::Gateway;

/// What stands in the path for a session that the platform names itself.
pub(crate) const NAMED: &str = "named";

/// One request at the gateway's edge.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    gateway: &'a Gateway,
    pub(crate) address: Option<IpAddr>,
    /// When the request came.
    pub(crate) now: DateTime<Utc>,
}

impl<'a> Edge<'a> {
    pub(crate) fn of(gateway: &'a Gateway, parts: &Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let proxies = &gateway.trusted_proxies;
        Self {
            gateway,
            address: peer.and_then(|peer| proxies.client(peer.0.ip(), &parts.headers)),
            now: gateway.now(),
        }
    }

    /// Lets the caller in, for what the route does.
    pub(crate) fn admit(&mut self, parts: &Parts, need: Need) -> Result<Caller, IngestError> {
        let gateway = self.gateway;
        if !gateway.control.is_ready() {
            return Err(IngestError::Starting);
        }
        let state = gateway.control.state();
        let caller = Caller::recognise(parts, &state, &gateway.secret, self.now)?;
        caller.may(need)?;
        Ok(caller)
    }

    /// Lets a caller in that writes to one session: the one in the path, or the one it names in the query.
    pub(crate) fn admit_to_session(
        &mut self,
        parts: &Parts,
        need: Need,
        path: &str,
    ) -> Result<(Caller, SessionId), IngestError> {
        let caller = self.admit(parts, need)?;
        let secret = &self.gateway.secret;
        let session = if path == NAMED {
            let name = GivenName::of_query(&parts.uri)?;
            let name = name.judge(self.now)?.ok_or(IngestError::BadSessionName)?;
            // Names can be guessed, so only servers may use them.
            caller.key().ok_or(IngestError::SecretKeyRequired)?;
            secret.derive(&caller.organisation, &name)
        } else {
            caller.session(path, secret)?
        };
        Ok((caller, session))
    }

    /// The answer, with what it carries whether it is good or bad.
    pub(crate) fn answer<T: IntoResponse>(self, outcome: Result<T, IngestError>) -> Response {
        outcome.into_response()
    }
}
