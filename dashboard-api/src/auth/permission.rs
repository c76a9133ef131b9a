//! What a route may ask of its caller beyond reading; each permission is one scope.

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemas::control::Scope;

use super::Caller;
use crate::error::ApiError;
use crate::setup::AppState;

/// What a route needs.
pub(crate) trait Permission: Send + Sync + 'static {
    /// The scope that a key must have for it.
    const SCOPE: Scope;
}

/// To read verdicts, and to let others read them for a while.
#[derive(Debug)]
pub(crate) struct ReadVerdicts;

impl Permission for ReadVerdicts {
    const SCOPE: Scope = Scope::VerdictsRead;
}

/// To change what surveys are judged by.
#[derive(Debug)]
pub(crate) struct WriteSettings;

impl Permission for WriteSettings {
    const SCOPE: Scope = Scope::SettingsWrite;
}

/// To label sessions.
#[derive(Debug)]
pub(crate) struct ReviewSessions;

impl Permission for ReviewSessions {
    const SCOPE: Scope = Scope::ReviewsWrite;
}

/// To look into the pipeline and act on it.
#[derive(Debug)]
pub(crate) struct Operate;

impl Permission for Operate {
    const SCOPE: Scope = Scope::Operations;
}

/// A caller that may do what `P` names; an extractor. Gives the [`Caller`].
#[derive(Debug)]
pub(crate) struct Allowed<P> {
    caller: Caller,
    permission: PhantomData<P>,
}

impl<P> Deref for Allowed<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<P: Permission> FromRequestParts<AppState> for Allowed<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = state.gate().judge(parts, P::SCOPE)?;
        Ok(Self {
            caller,
            permission: PhantomData,
        })
    }
}
