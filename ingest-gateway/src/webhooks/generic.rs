//! Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature` around a JSON body
//! `{"type", "timestamp", "data"}`.
//!
//! The signature is HMAC-SHA-256 over `id.timestamp.body`, base64 after `v1,`, several in one header
//! while secrets are exchanged. The time is signed and must be within five minutes of ours, so an old
//! delivery cannot be sent again; a younger one is recognised by its id. Signatures with public keys
//! (`v1a`) are not taken. The existing crate for this reads the system's clock and offers one secret;
//! both had to be given from outside here.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use platform_webhooks::generic::tag;
pub use platform_webhooks::generic::{
    ID_HEADER, SECRET_PREFIX, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign,
};
use schemas::event::field::is_identifier;
use schemas::webhook::NoticeKind;
use subtle::ConstantTimeEq;

use super::WebhookError;
use super::members::{Admission, Member, Members};
use super::notice::{Naming, Notice, UNNAMED_EVENT};

/// How far the sender's clock may be from ours.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// Most signatures that are looked at.
const MAX_SIGNATURES: usize = 16;
/// Longest id, bytes.
const MAX_ID: usize = 256;

const UNSIGNED: WebhookError = WebhookError::SignatureMissing {
    how: "Send `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and base64), see Standard Webhooks.",
};
const NO_BODY: WebhookError = WebhookError::Malformed {
    expected: "The body is a JSON object with a text `type` and an object `data`, and repeats no member.",
};

/// What the headers of a delivery say.
struct Delivery<'a> {
    id: &'a str,
    timestamp: &'a str,
    at: DateTime<Utc>,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Delivery<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let (id, timestamp) = (text(ID_HEADER)?, text(TIMESTAMP_HEADER)?);
        let visible = id.bytes().all(|byte| byte.is_ascii_graphic());
        if id.is_empty() || id.len() > MAX_ID || !visible {
            return None;
        }
        let at = DateTime::from_timestamp(timestamp.parse().ok()?, 0)?;
        let listed = text(SIGNATURE_HEADER)?.split(' ').take(MAX_SIGNATURES);
        let signatures: Vec<[u8; 32]> = listed
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .filter_map(|signature| signature.try_into().ok())
            .collect();
        Some(Self {
            id,
            timestamp,
            at,
            signatures,
        })
    }

    fn is_proved<Secret: AsRef<[u8]>>(&self, body: &[u8], secrets: &[Secret]) -> bool {
        let stamp = (self.id, self.timestamp);
        let tags = secrets
            .iter()
            .filter_map(|secret| tag(secret.as_ref(), stamp, body));
        // Every pair is compared, so that the time says nothing of which secret nearly fitted.
        let mut proved = subtle::Choice::from(0);
        for tag in tags {
            for signature in &self.signatures {
                proved |= tag.ct_eq(signature);
            }
        }
        proved.into()
    }
}

/// Reads a delivery that one of `secrets` (`whsec_…`) proves, at `now`.
///
/// # Errors
/// [`WebhookError`].
pub fn read<Secret: AsRef<[u8]>>(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[Secret],
    now: DateTime<Utc>,
) -> Result<Notice, WebhookError> {
    let delivery = Delivery::of(headers).ok_or(UNSIGNED)?;
    if !delivery.is_proved(body, secrets) {
        return Err(WebhookError::SignatureInvalid);
    }
    if (now - delivery.at).abs() > TOLERANCE {
        return Err(WebhookError::SignatureExpired);
    }
    let body = std::str::from_utf8(body).map_err(|_| NO_BODY)?;
    notice(delivery.id, body)
}

fn notice(id: &str, body: &str) -> Result<Notice, WebhookError> {
    let envelope = Members::parse(body).ok_or(NO_BODY)?;
    let data = envelope.raw("data").unwrap_or("{}");
    let data = Members::parse(data).ok_or(NO_BODY)?;
    let mut admission = Admission::default();
    let mut event = None;
    for (name, member) in envelope.into_iter() {
        match (name.as_str(), member) {
            ("data", _) => {}
            ("type", Member::Text(text)) => event = Some(text),
            (name, member) => admission.add(name, member),
        }
    }
    let event = event.ok_or(NO_BODY)?;
    let kind = match event.as_str() {
        "session.completed" | "response.completed" => NoticeKind::ResponseCompleted,
        "response.partial" => NoticeKind::ResponsePartial,
        "response.started" => NoticeKind::ResponseStarted,
        _ => NoticeKind::Other,
    };
    let event = if is_identifier(&event) {
        event
    } else {
        admission.drop_one();
        UNNAMED_EVENT.to_owned()
    };
    let (naming, survey_id, response_id) = names(data, &mut admission);
    Ok(Notice {
        kind,
        event,
        survey_id,
        response_id,
        naming,
        identity: vec![id.to_owned()],
        admission,
    })
}

/// Session, survey and response in `data`; the other members are judged as fields.
fn names(data: Members<'_>, admission: &mut Admission) -> (Naming, Option<String>, Option<String>) {
    let (mut session, mut external_id, mut started_at) = (None, None, None);
    let (mut survey, mut survey_id, mut response_id) = (None, None, None);
    for (name, member) in data.into_iter() {
        match (name.as_str(), member) {
            ("session_id", Member::Text(text)) => session = Some(text),
            ("external_id", Member::Text(text)) => external_id = Some(text),
            ("started_at", member @ (Member::Text(_) | Member::Number(_))) => {
                started_at = member.into_text();
            }
            ("survey_id", member) => {
                // The name is made of the text as it came; only an identifier is kept.
                survey = member.clone().into_text();
                survey_id = admission.identifier(member);
            }
            ("response_id", member) => response_id = admission.identifier(member),
            (name, member) => admission.add(name, member),
        }
    }
    let naming = match (session, external_id, started_at) {
        (Some(text), _, _) => Naming::Id {
            field: "session_id",
            text,
        },
        (None, Some(external_id), Some(started_at)) => Naming::Named {
            external_id,
            started_at,
            survey_id: survey,
        },
        _ => Naming::Nothing,
    };
    (naming, survey_id, response_id)
}

#[cfg(test)]
#[path = "generic_tests.rs"]
mod tests;
