//! `POST /api/v1/detection/sessions`: a new session, its id and its ingest token.
//!
//! The answer comes after the broker has acknowledged the session's first record, so whatever follows
//! for the session comes after it in the log (INV-2). That record carries the versions that hold for
//! the session and what only the gateway sees of the client.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use runtime::problem::FieldError;
use schemas::header::RecordType;
use schemas::session::{
    MAX_NAME, Properties, PropertyError, SessionStarted, check_device, check_metadata,
};
use schemas::token::IngestGrant;
use serde::Serialize;
use serde_json::error::Category;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::client;
use crate::error::IngestError;
use crate::publish::SessionRecord;
use crate::state::Gateway;
use crate::trace::traceparent;
use crate::versions;

/// The new session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionCreated {
    /// Its id, a UUIDv7.
    session_id: String,
    /// Lets a browser write to this session, and to nothing else.
    ingest_token: String,
    /// When the token ends.
    expires_at: DateTime<Utc>,
    /// Always `active`.
    status: &'static str,
}

/// Begins a session.
///
/// Gives it its id and the token that a browser needs to write to it.
#[utoipa::path(
    post,
    path = "/api/v1/detection/sessions",
    operation_id = "create_session",
    tag = "ingest",
    request_body(content = crate::openapi::SessionBody, description = "What the platform knows of the session; may be empty"),
    responses(
        (status = 201, description = "The broker has acknowledged the start of the session", body = SessionCreated),
        (status = "4XX", description = "Refused", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not acknowledged; try again after `Retry-After`", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("secret_key" = [])),
)]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Result<Response, IngestError> {
    let (parts, body) = request.into_parts();
    let now = Utc::now();
    let organisation = gateway.gatekeeper.creator(&parts.headers, now)?;
    let received = gateway.bodies.read(&parts.headers, body).await?;
    let description = Description::parse(&received.bytes)?;
    drop(received);
    let secret = &gateway.gatekeeper.secret;
    let seen = (&parts.extensions, &parts.headers);
    let stamp = client::stamp(secret, &organisation, &gateway.trusted_proxies, seen);
    let grant = IngestGrant {
        session_id: secret.mint(&organisation, now, rand::random()),
        organisation,
        expires_at: expiry(now, &gateway),
    };
    let started = description.into_started(&grant, now, stamp);
    let session = grant.session_id;
    let record = SessionRecord {
        session,
        organisation: grant.organisation.clone(),
        record_type: RecordType::SessionStarted,
        id: format!("{session}.started"),
        traceparent: traceparent(&parts.headers),
        payload: serde_json::to_vec(&started).map_err(|_| IngestError::Internal)?,
    };
    gateway.publisher.publish(record).await?;
    gateway.metrics.sessions.inc();
    let created = SessionCreated {
        session_id: session.to_string(),
        ingest_token: grant.seal(secret),
        expires_at: grant.expires_at,
        status: "active",
    };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// Tokens carry whole seconds, so the answer and the record do too.
fn expiry(now: DateTime<Utc>, gateway: &Gateway) -> DateTime<Utc> {
    let lifetime = TimeDelta::from_std(gateway.session_lifetime).unwrap_or(TimeDelta::days(1));
    (now + lifetime).trunc_subsecs(0)
}

/// The body, checked member by member so that every mistake is reported at once.
#[derive(Debug, Default)]
struct Description {
    platform: Option<String>,
    survey_id: Option<String>,
    respondent_id: Option<String>,
    device: Properties,
    metadata: Properties,
}

impl Description {
    fn parse(body: &[u8]) -> Result<Self, IngestError> {
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
            "survey_id" => self.survey_id = self::name("/survey_id", value)?,
            "respondent_id" => self.respondent_id = self::name("/respondent_id", value)?,
            "device" => self.device = properties("/device", value, check_device)?,
            "metadata" => self.metadata = properties("/metadata", value, check_metadata)?,
            _ => return Err(unknown_member(name)),
        }
        Ok(())
    }

    fn into_started(
        self,
        grant: &IngestGrant,
        now: DateTime<Utc>,
        client: schemas::session::ClientStamp,
    ) -> SessionStarted {
        SessionStarted {
            session_id: grant.session_id,
            created_at: now.trunc_subsecs(3),
            expires_at: grant.expires_at,
            test: false,
            external_id: None,
            platform: self.platform,
            survey_id: self.survey_id,
            respondent_id: self.respondent_id,
            device: self.device,
            metadata: self.metadata,
            client,
            versions: versions::current(),
        }
    }
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
