//! How requests name their session: by its id, or by the platform's own name of it.
//!
//! A platform that keeps no ids of ours sends `external_id` and `started_at` (and `survey_id`, when names
//! repeat between surveys) on every call. The id is derived from them, so no look-up is needed and every
//! gateway derives the same one. The start must be recent: ids are ordered by it, and the log and its
//! partitions reach back no longer.

use axum::extract::Query;
use axum::http::Uri;
use chrono::{DateTime, TimeDelta, Utc};
use schemas::ids::{OrganisationId, SessionId, SessionName, SessionSecret};
use schemas::session::MAX_NAME;
use serde::Deserialize;

use crate::error::IngestError;

/// How long ago a named session may have begun: the events topic's retention.
const MAX_AGE: TimeDelta = TimeDelta::days(7);
/// How far a platform's clock may be ahead.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// A platform's name of a session as it came, not judged yet.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct GivenName {
    pub(crate) external_id: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) survey_id: Option<String>,
}

impl GivenName {
    /// The name in a request's query.
    pub(crate) fn of_query(uri: &Uri) -> Result<Self, IngestError> {
        let query = Query::<Self>::try_from_uri(uri);
        query
            .map(|Query(name)| name)
            .map_err(|_| IngestError::BadSessionName)
    }

    /// The name, when it is one; `None` when neither an external id nor a start is given.
    pub(crate) fn judge(&self, now: DateTime<Utc>) -> Result<Option<SessionName<'_>>, IngestError> {
        let (external_id, started_at) = match (&self.external_id, &self.started_at) {
            (None, None) => return Ok(None),
            (Some(external_id), Some(started_at)) => (external_id, started_at),
            _ => return Err(IngestError::BadSessionName),
        };
        let survey_id = self.survey_id.as_deref();
        if !is_name(external_id) || !survey_id.is_none_or(is_name) {
            return Err(IngestError::BadSessionName);
        }
        let started_at = parse_time(started_at).ok_or(IngestError::BadSessionName)?;
        if started_at < now - MAX_AGE || started_at > now + MAX_AHEAD {
            return Err(IngestError::StartOutOfRange);
        }
        Ok(Some(SessionName {
            survey_id,
            external_id,
            started_at,
        }))
    }
}

/// Short and printable.
fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    (1..=MAX_NAME).contains(&length) && !text.chars().any(char::is_control)
}

/// RFC 3339, or milliseconds since 1970.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let millis = || text.parse().ok().and_then(DateTime::from_timestamp_millis);
    let time = DateTime::parse_from_rfc3339(text).ok();
    time.map(|time| time.to_utc()).or_else(millis)
}

/// The session of this id, if this deployment made it for `organisation`. A forged or foreign id is as
/// unknown as any other.
pub(crate) fn genuine(
    secret: &SessionSecret,
    organisation: &OrganisationId,
    id: &str,
) -> Result<SessionId, IngestError> {
    let id: SessionId = id.parse().map_err(|_| IngestError::UnknownSession)?;
    if secret.verifies(organisation, id) {
        Ok(id)
    } else {
        Err(IngestError::UnknownSession)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(external_id: &str, started_at: &str) -> GivenName {
        GivenName {
            external_id: Some(external_id.to_owned()),
            started_at: Some(started_at.to_owned()),
            survey_id: None,
        }
    }

    #[test]
    fn the_same_moment_in_either_form_is_the_same_name() {
        let now: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
        let (text, millis) = (
            given("R_1", "2026-11-20T10:30:00+01:00"),
            given("R_1", "1795167000000"),
        );
        assert_eq!(text.judge(now).unwrap(), millis.judge(now).unwrap());
        assert_eq!(GivenName::default().judge(now).unwrap(), None);
    }

    #[test]
    fn half_a_name_and_an_unreadable_one_are_refused() {
        let now = Utc::now();
        let start = now.to_rfc3339();
        let half = GivenName {
            external_id: Some("R_1".to_owned()),
            ..GivenName::default()
        };
        let long = "x".repeat(MAX_NAME + 1);
        for bad in [
            half,
            given("R_1", "yesterday"),
            given("", &start),
            given("a\nb", &start),
            given(&long, &start),
        ] {
            let refused = bad.judge(now);
            assert!(
                matches!(refused, Err(IngestError::BadSessionName)),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_start_is_at_most_a_week_old_and_hardly_in_the_future() {
        let now = Utc::now();
        for (offset, fine) in [
            (TimeDelta::days(-8), false),
            (TimeDelta::days(-6), true),
            (TimeDelta::minutes(4), true),
            (TimeDelta::minutes(6), false),
        ] {
            let start = (now + offset).to_rfc3339();
            assert_eq!(given("R_1", &start).judge(now).is_ok(), fine, "{offset}");
        }
    }
}
