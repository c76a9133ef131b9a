//! The gateway's OpenAPI 3.1 document, made from the routes' own annotations.
//!
//! The types here exist for the document only: requests are scanned, not deserialised, and problems
//! are written by `runtime`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Required};
use utoipa::{Modify, OpenApi as _, ToSchema};

use crate::router::{DATA, EVENTS, SESSIONS};
use crate::routes::{bulk, complete, events, sessions};
use crate::webhooks::routes as webhooks;

/// What a platform knows of a session. Every member is optional.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
    /// Survey platform, e.g. `qualtrics`; at most 128 characters.
    platform: Option<String>,
    /// The platform's name of the survey; at most 128 characters.
    survey_id: Option<String>,
    /// The platform's own name of the session, unique within the survey: makes the id the same on every call. Secret keys only.
    external_id: Option<String>,
    /// When the session began; comes with `external_id`. At most 7 days ago.
    started_at: Option<TimestampBody>,
    /// The platform's name of the respondent, a pseudonym; at most 128 characters.
    respondent_id: Option<String>,
    /// Device properties, as in the data of `device` events.
    #[schema(value_type = Option<Object>)]
    device: Option<BTreeMap<String, serde_json::Value>>,
    /// At most 32 numbers, booleans and short words.
    #[schema(value_type = Option<Object>)]
    metadata: Option<BTreeMap<String, serde_json::Value>>,
}

/// A batch of events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body that is scanned, not built")]
pub(crate) enum BatchBody {
    /// The events alone.
    Events(Vec<EventBody>),
    /// The events with what makes a retry recognisable.
    Sequenced {
        /// The events, at most 5,000.
        events: Vec<EventBody>,
        /// Random identifier of one client instance.
        writer: Option<String>,
        /// Number of the batch, from 0; comes with `writer`.
        sequence: Option<u64>,
    },
    /// The compact form: numbers in place of names.
    Compact {
        /// Version of the form: 1.
        v: u8,
        /// Base time, milliseconds since 1970.
        t: f64,
        /// The events: `[type, milliseconds since t, ...fields]`.
        #[schema(value_type = Vec<Vec<Object>>)]
        e: Vec<Vec<serde_json::Value>>,
        /// As `writer`.
        w: Option<String>,
        /// As `sequence`; comes with `w`.
        q: Option<u64>,
    },
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// One of the listed types; others are kept as `custom`.
    event_type: String,
    /// RFC 3339 text or milliseconds since 1970.
    timestamp: TimestampBody,
    /// Fields from the allow-list of the type.
    #[schema(value_type = Option<Object>)]
    data: Option<BTreeMap<String, serde_json::Value>>,
}

/// When an event happened, by the client's clock.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body that is scanned, not built")]
pub(crate) enum TimestampBody {
    /// RFC 3339.
    Text(String),
    /// Milliseconds since 1970.
    Millis(f64),
}

/// A failure (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// `urn:candor:problem:` and the code.
    r#type: String,
    /// One sentence per code.
    title: String,
    /// The status.
    status: u16,
    /// What is wrong with this request.
    detail: Option<String>,
    /// The path.
    instance: Option<String>,
    /// Stable; what to match on.
    code: String,
    /// To be quoted when asking for help.
    request_id: Option<String>,
    /// The wrong members or events.
    errors: Option<Vec<ProblemMember>>,
}

/// A failure of a bulk upload (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkProblemBody {
    #[serde(flatten)]
    problem: ProblemBody,
    /// What became of the lines that were read; absent when none was.
    bulk: Option<crate::bulk::BulkOutcome>,
}

/// One wrong member or event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemMember {
    /// JSON pointer into the body.
    pointer: String,
    /// What kind of mistake; stable.
    code: String,
    /// A sentence about it.
    detail: String,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Candor ingest gateway",
        version = "1",
        description = "Sessions, batches of behavioural events, completion. A 2xx means that the broker has acknowledged.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(sessions::create, events::post, complete::post, bulk::post, webhooks::post, webhooks::get),
    components(schemas(ProblemBody)),
    modifiers(&Security, &Corrections),
    tags((name = "ingest", description = "Writing to sessions"), (name = "integrations", description = "Called by survey platforms"))
)]
struct Document;

/// What the annotations cannot say: `/data` is `/events` under another name, and a session may be begun
/// with an empty body.
struct Corrections;

impl Modify for Corrections {
    fn modify(&self, document: &mut OpenApi) {
        let paths = &mut document.paths.paths;
        let create = paths.get_mut(SESSIONS).and_then(|item| item.post.as_mut());
        let body = create.and_then(|operation| operation.request_body.as_mut());
        if let Some(RefOr::T(body)) = body {
            body.required = Some(Required::False);
        }
        let Some(mut item) = paths.get(EVENTS).cloned() else {
            return;
        };
        if let Some(operation) = &mut item.post {
            operation.operation_id = Some("post_data".to_owned());
            operation.summary = Some(format!("The same as `{EVENTS}`."));
        }
        paths.insert(DATA.to_owned(), item);
    }
}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
        components.add_security_scheme("secret_key", header);
        components.add_security_scheme("ingest_token", bearer);
    }
}

/// The document.
pub fn document() -> OpenApi {
    Document::openapi()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run with `CANDOR_WRITE_OPENAPI=1` to write the file anew after a wanted change.
    #[test]
    fn the_document_is_the_one_in_the_repository() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/openapi.json");
        let text = document().to_pretty_json().unwrap() + "\n";
        if option_env!("CANDOR_WRITE_OPENAPI").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(text == stored, "{path} is out of date");
    }
}
