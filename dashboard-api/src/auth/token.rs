//! Query tokens: for survey platforms that cannot send a header. A key makes one, it reads verdicts for a while, of one
//! session or one survey if it says so, and it ends with the key.

use chrono::{DateTime, TimeDelta, Utc};
use schemas::control::{KeyId, Scope};
use schemas::ids::{OrganisationId, SessionId};

use super::{BOOTSTRAP, Caller, Gate};
use crate::error::ApiError;

/// Longest life of a token.
pub(crate) const MAX_TOKEN_SECONDS: i64 = 24 * 3600;
/// Life of a token when nothing is said.
pub(crate) const TOKEN_SECONDS: i64 = 15 * 60;

/// What a token reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenBound {
    /// Every session of the organisation.
    Organisation,
    /// One session.
    Session(SessionId),
    /// The sessions of one survey.
    Survey(String),
}

impl TokenBound {
    fn to_text(&self) -> String {
        match self {
            Self::Organisation => "o".to_owned(),
            Self::Session(id) => format!("s{id}"),
            Self::Survey(survey) => format!("v{survey}"),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        let rest = text.get(1..)?;
        match text.as_bytes().first()? {
            b'o' => Some(Self::Organisation),
            b's' => rest.parse().ok().map(Self::Session),
            b'v' => Some(Self::Survey(rest.to_owned())),
            _ => None,
        }
    }
}

impl Gate {
    /// A token of `caller` that reads what `bound` says for `life`.
    pub(crate) fn verdict_token(
        &self,
        caller: &Caller,
        bound: &TokenBound,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> (String, DateTime<Utc>) {
        let expires_at = now + life;
        // A survey's name comes last: it may hold anything but control characters.
        let claim = format!(
            "{}\n{}\n{}",
            caller.organisation,
            caller.actor,
            bound.to_text()
        );
        (self.tokens.close_text(&claim, expires_at), expires_at)
    }

    /// What a token reads. It ends with its time, and with the key that made it.
    pub(crate) fn by_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(OrganisationId, TokenBound), ApiError> {
        let claim = self
            .tokens
            .open_text(token, now)
            .ok_or(ApiError::TokenInvalid)?;
        let mut parts = claim.splitn(3, '\n');
        let (organisation, actor, bound) = (parts.next(), parts.next(), parts.next());
        let organisation: Option<OrganisationId> = organisation.and_then(|text| text.parse().ok());
        let bound = bound.and_then(TokenBound::of_text);
        let (organisation, bound) = organisation.zip(bound).ok_or(ApiError::TokenInvalid)?;
        self.check_maker(actor.unwrap_or_default(), &organisation, now)?;
        Ok((organisation, bound))
    }

    fn check_maker(
        &self,
        actor: &str,
        organisation: &OrganisationId,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        if actor == BOOTSTRAP {
            return if self.bootstrap_has_ended() || organisation != &self.organisation {
                Err(ApiError::TokenInvalid)
            } else {
                Ok(())
            };
        }
        if !self.control.is_ready() {
            return Err(ApiError::KeysNotRead);
        }
        let state = self.control.state();
        let id = KeyId::try_from(actor.to_owned()).ok();
        let key = id.and_then(|id| state.key(&id));
        let is_good = key.is_some_and(|key| {
            key.is_active(now) && key.has(Scope::VerdictsRead) && key.organisation == *organisation
        });
        if is_good {
            Ok(())
        } else {
            Err(ApiError::TokenInvalid)
        }
    }
}
