//! A notice whose sender has proved itself, before it is known whose session it names.

use schemas::control::Integration;
use schemas::ids::{SessionId, SessionSecret};
use schemas::session::Properties;
use schemas::webhook::NoticeKind;

use chrono::{DateTime, Utc};

use super::members::{Admission, Member};
use crate::names::{GivenName, genuine};

/// What stands for an event whose name is no identifier.
pub(super) const UNNAMED_EVENT: &str = "other";

/// How a notice names its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// Not at all.
    Nothing,
    /// By what should be a session's id; kept as a field under `field` when it is not one.
    Id {
        /// The platform's name of the field.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// By the platform's own name of it.
    Named {
        /// `external_id`.
        external_id: String,
        /// `started_at`, as it came.
        started_at: String,
        /// `survey_id`.
        survey_id: Option<String>,
    },
}

/// What a platform says has happened.
#[derive(Debug)]
pub struct Notice {
    /// What.
    pub kind: NoticeKind,
    /// The platform's name of it; an identifier.
    pub event: String,
    /// The platform's name of the survey; an identifier.
    pub survey_id: Option<String>,
    /// The platform's name of the response; an identifier.
    pub response_id: Option<String>,
    /// Which session it names.
    pub naming: Naming,
    /// What makes a repetition recognisable, from proved parts only; empty when nothing does.
    pub identity: Vec<String>,
    pub(super) admission: Admission,
}

impl Notice {
    /// The session it names, if that is one of the integration's organisation.
    pub(crate) fn find_session(
        &self,
        integration: &Integration,
        secret: &SessionSecret,
        now: DateTime<Utc>,
    ) -> Option<SessionId> {
        let organisation = &integration.organisation;
        match &self.naming {
            Naming::Nothing => None,
            Naming::Id { text, .. } => genuine(secret, organisation, text).ok(),
            Naming::Named {
                external_id,
                started_at,
                survey_id,
            } => {
                let given = GivenName {
                    external_id: Some(external_id.clone()),
                    started_at: Some(started_at.clone()),
                    survey_id: survey_id.clone(),
                };
                let name = given.judge(now).ok().flatten()?;
                Some(secret.derive(organisation, &name))
            }
        }
    }

    /// The fields that may be kept, and how many may not. A name of a session that is none of ours is a
    /// field like any other, so that one can see why nothing was matched.
    pub fn take_fields(&mut self, matched: bool) -> (Properties, u32) {
        let mut admission = std::mem::take(&mut self.admission);
        let mut add =
            |name: &str, text: &str| admission.add(name, Member::of_text(text.to_owned()));
        match &self.naming {
            Naming::Nothing => {}
            Naming::Id { .. } if matched => {}
            Naming::Id { field, text } => add(field, text),
            Naming::Named {
                external_id,
                started_at,
                ..
            } => {
                add("external_id", external_id);
                add("started_at", started_at);
            }
        }
        admission.finish()
    }
}
