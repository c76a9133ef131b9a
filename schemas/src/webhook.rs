//! Webhooks received from survey platforms, as records of the webhooks topic.
//!
//! Every notice whose sender proved itself becomes one record, whether or not a session could be found
//! for it: what could not is listed from here. Nothing of an unproved request is kept.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::{IntegrationId, IntegrationPlatform};
use crate::ids::SessionId;
use crate::session::Properties;

/// What a platform says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A survey was switched on.
    SurveyActivated,
    /// A survey was switched off.
    SurveyDeactivated,
    /// A respondent began.
    ResponseStarted,
    /// A response was stored although it is not complete.
    ResponsePartial,
    /// A respondent has finished.
    ResponseCompleted,
    /// Something this version does not know.
    Other,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    /// The session it names was ended.
    SessionCompleted,
    /// It names a session, and nothing had to be done.
    Noted,
    /// It tells the end of a response and names no session of the organisation.
    Unmatched,
}

/// One notice of a platform. Keyed by the integration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookNotice {
    /// The same for a repetition of the same notice.
    pub notice_id: String,
    /// Which integration took it.
    pub integration: IntegrationId,
    /// From whom.
    pub platform: IntegrationPlatform,
    /// What it says.
    pub kind: NoticeKind,
    /// What became of it.
    pub outcome: NoticeOutcome,
    /// When the gateway took it.
    pub received_at: DateTime<Utc>,
    /// The platform's own name of the event, e.g. `surveyengine.completedResponse`.
    pub event: String,
    /// The platform's name of the survey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// The platform's name of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
    /// The session it names, if that is one of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The other fields that the rules of `metadata` admit.
    #[serde(default)]
    pub fields: Properties,
    /// How many fields they do not admit.
    #[serde(default)]
    pub dropped_fields: u32,
}
