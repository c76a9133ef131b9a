//! What a platform says of a session when it begins it: judged member by member, so that every mistake
//! is reported at once; shared by the session's own route and by bulk uploads.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use runtime::problem::FieldError;
use schemas::header::RecordType;
use schemas::ids::SessionId;
use schemas::session::{
    ClientStamp, MAX_NAME, Properties, PropertyError, SessionStarted, check_device, check_metadata,
};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::auth::{Caller, Credential};
use crate::error::IngestError;
use crate::names::GivenName;
use crate::publish::SessionRecord;
use crate::state::Gateway;

/// The body, checked member by member so that every mistake is reported at once.
#[derive(Debug, Default)]
pub(crate) struct Description {
    platform: Option<String>,
    /// The platform's names of survey and session.
    pub(crate) name: GivenName,
    respondent_id: Option<String>,
    device: Properties,
    metadata: Properties,
}

impl Description {
    /// Reads the body of a session's creation; an empty one says nothing.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, IngestError> {
        let text = std::str::from_utf8(body).map_err(|_| IngestError::NotUtf8)?;
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_str(text).map_err(|error| match error.classify() {
                Category::Data => invalid(vec![wrong("", "wrong_type", "the body is an object")]),
                Category::Syntax | Category::Eof | Category::Io => IngestError::MalformedJson {
                    line: error.line(),
                    column: error.column(),
                },
            })?;
        let mut description = Self::default();
        let mut errors = Vec::new();
        for (name, value) in members {
            if let Err(error) = description.member(&name, value.get()) {
                errors.push(error);
            }
        }
        if errors.is_empty() {
            Ok(description)
        } else {
            Err(invalid(errors))
        }
    }

    fn member(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        match name {
            "platform" => self.platform = self::name("/platform", value)?,
            "survey_id" => self.name.survey_id = self::name("/survey_id", value)?,
            "external_id" => self.name.external_id = self::name("/external_id", value)?,
            "started_at" => self.name.started_at = start("/started_at", value)?,
            "respondent_id" => self.respondent_id = self::name("/respondent_id", value)?,
            "device" => self.device = properties("/device", value, check_device)?,
            "metadata" => self.metadata = properties("/metadata", value, check_metadata)?,
            _ => return Err(unknown_member(name)),
        }
        Ok(())
    }

    /// Whether the caller may begin this session.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), IngestError> {
        let Some(key) = caller.key() else {
            return Err(IngestError::SecretKeyRequired);
        };
        let survey = self.name.survey_id.as_deref();
        let listed = |survey: &str| key.surveys.iter().any(|listed| listed == survey);
        if !key.surveys.is_empty() && !survey.is_some_and(listed) {
            return Err(IngestError::SurveyRefused);
        }
        // Names can be guessed, so only servers may use them.
        let is_named = self.name.external_id.is_some() || self.name.started_at.is_some();
        if is_named && matches!(caller.credential, Credential::Publishable(_)) {
            return Err(IngestError::SecretKeyRequired);
        }
        Ok(())
    }

    /// The first record of the session, with what holds for all of it: the versions in force, when its
    /// token ends, and what was seen of the client.
    pub(crate) fn begin(
        self,
        gateway: &Gateway,
        caller: &Caller,
        beginning: Beginning,
    ) -> Result<SessionRecord, IngestError> {
        let survey = self.name.survey_id.as_deref();
        let state = gateway.control.state();
        let versions = state.versions_for(&caller.organisation, survey, beginning.session);
        let session_id = beginning.session;
        let started = SessionStarted {
            session_id,
            created_at: beginning.now.trunc_subsecs(3),
            expires_at: beginning.expires_at,
            test: caller.is_test(),
            external_id: self.name.external_id,
            platform: self.platform,
            survey_id: self.name.survey_id,
            respondent_id: self.respondent_id,
            device: self.device,
            metadata: self.metadata,
            client: beginning.client,
            versions,
        };
        Ok(SessionRecord {
            session: session_id,
            organisation: caller.organisation.clone(),
            record_type: RecordType::SessionStarted,
            id: format!("{session_id}.started"),
            traceparent: beginning.traceparent,
            payload: serde_json::to_vec(&started).map_err(|_| IngestError::Internal)?,
        })
    }
}

/// What the gateway adds to a description.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) session: SessionId,
    pub(crate) now: DateTime<Utc>,
    /// When the session's ingest token ends.
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) client: ClientStamp,
    pub(crate) traceparent: Option<String>,
}

/// When a token that is made now ends. Tokens carry whole seconds, so the answer and the record do too.
pub(crate) fn expiry(now: DateTime<Utc>, gateway: &Gateway) -> DateTime<Utc> {
    let lifetime = TimeDelta::from_std(gateway.session_lifetime).unwrap_or(TimeDelta::days(1));
    (now + lifetime).trunc_subsecs(0)
}

fn invalid(errors: Vec<FieldError>) -> IngestError {
    IngestError::InvalidSession { errors }
}

fn wrong(pointer: &str, code: &str, detail: impl Into<String>) -> FieldError {
    FieldError {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        detail: detail.into(),
    }
}

/// Names the member, cut to a length that no honest one has.
fn unknown_member(name: &str) -> FieldError {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    let pointer = format!("/{}", shown.replace('~', "~0").replace('/', "~1"));
    wrong(
        &pointer,
        "unknown_member",
        format!("`{shown}` is not a member of a session"),
    )
}

/// The platform's name of something: short, printable, or absent.
fn name(pointer: &str, value: &str) -> Result<Option<String>, FieldError> {
    let text: Option<String> = serde_json::from_str(value)
        .map_err(|_| wrong(pointer, "wrong_type", "the value is a text"))?;
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() || text.chars().count() > MAX_NAME {
        let detail = format!("the text has 1 to {MAX_NAME} characters");
        Err(wrong(pointer, "bad_length", detail))
    } else if text.chars().any(char::is_control) {
        let detail = "the text has no control characters";
        Err(wrong(pointer, "control_character", detail))
    } else {
        Ok(Some(text))
    }
}

/// A moment: RFC 3339 text or milliseconds since 1970; judged together with the external id.
fn start(pointer: &str, value: &str) -> Result<Option<String>, FieldError> {
    if value.parse::<i64>().is_ok() {
        return Ok(Some(value.to_owned()));
    }
    name(pointer, value)
}

fn properties(
    pointer: &str,
    value: &str,
    check: fn(&Properties) -> Result<(), PropertyError>,
) -> Result<Properties, FieldError> {
    let properties: Option<Properties> = serde_json::from_str(value).map_err(|_| {
        let detail = "the value is an object of numbers, booleans and short words";
        wrong(pointer, "wrong_type", detail)
    })?;
    let properties = properties.unwrap_or_default();
    check(&properties).map_err(|error| {
        let code = match &error {
            PropertyError::TooMany => "too_many_properties",
            PropertyError::BadName => "bad_name",
            PropertyError::UnknownDeviceProperty { .. } => "unknown_member",
            PropertyError::BadValue { .. } => "content_refused",
        };
        wrong(pointer, code, error.to_string())
    })?;
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(body: &str) -> Vec<(String, String)> {
        match Description::parse(body.as_bytes()) {
            Err(IngestError::InvalidSession { errors }) => errors
                .into_iter()
                .map(|error| (error.pointer, error.code))
                .collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn every_wrong_member_is_reported_at_once() {
        let body = r#"{"platform":5,"survey_id":"","respondent_id":"a\u0000b","device":{"shoe_size":44},
            "metadata":{"note":"free text here"},"answers/all":"x"}"#;
        let found = errors(body);
        let expected = [
            ("/answers~1all", "unknown_member"),
            ("/device", "unknown_member"),
            ("/metadata", "content_refused"),
            ("/platform", "wrong_type"),
            ("/respondent_id", "control_character"),
            ("/survey_id", "bad_length"),
        ];
        let expected: Vec<_> = expected
            .map(|(at, code)| (at.to_owned(), code.to_owned()))
            .into();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_and_an_empty_one_is_fine() {
        assert_eq!(errors("[1]"), [(String::new(), "wrong_type".to_owned())]);
        assert_eq!(errors("null"), [(String::new(), "wrong_type".to_owned())]);
        for fine in ["", "  ", "{}", r#"{"platform":null,"device":null}"#] {
            assert!(Description::parse(fine.as_bytes()).is_ok(), "{fine}");
        }
        let broken = Description::parse(b"{\"platform\": NaN}");
        assert!(
            matches!(broken, Err(IngestError::MalformedJson { line: 1, .. })),
            "{broken:?}"
        );
        let deep = format!(
            "{{\"device\":{}1{}}}",
            "[".repeat(50_000),
            "]".repeat(50_000)
        );
        assert_eq!(
            errors(&deep),
            [("/device".to_owned(), "wrong_type".to_owned())]
        );
    }

    #[test]
    fn names_are_counted_in_characters() {
        let body = |length| format!("{{\"survey_id\":\"{}\"}}", "ä".repeat(length));
        assert!(Description::parse(body(MAX_NAME).as_bytes()).is_ok());
        assert_eq!(errors(&body(MAX_NAME + 1)).len(), 1);
    }
}
