//! The API's document (OpenAPI 3.1), generated from the handlers and their types.

mod problems;

pub(crate) use problems::{Busy, Conflict, Invalid, Malformed, Refused, Unknown};

use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _, ToSchema};

/// A failure (RFC 9457). `code` is stable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `urn:candor:problem:` and the code.
    pub(crate) r#type: String,
    /// One sentence per code.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// About this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The request's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    /// What to match on.
    pub(crate) code: String,
    /// Finds the request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Each wrong member of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldProblem>,
}

/// A wrong member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// A JSON pointer into the body, or `?name` for a query parameter.
    pub(crate) pointer: String,
    /// What kind of mistake.
    pub(crate) code: String,
    /// A sentence about it.
    pub(crate) detail: String,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Candor API",
        description = "Reads sessions and verdicts. Writing is the gateway's: see /openapi/ingest.json."
    ),
    tags(
        (name = "detection", description = "One session, for survey platforms"),
        (name = "dashboard", description = "Many sessions, for analysts"),
        (name = "settings", description = "What surveys are judged by"),
        (name = "reviews", description = "What analysts say of sessions"),
        (name = "operations", description = "The pipeline, for whoever runs it"),
        (name = "integrations", description = "Webhooks of survey platforms"),
        (name = "live", description = "What happens, while it happens"),
        (name = "exports", description = "Files"),
        (name = "sign-in", description = "Browsers"),
    ),
    security(("bearer" = []), ("api_key" = []), ("cookie" = [])),
    components(schemas(ProblemDocument)),
    modifiers(&Schemes)
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(header));
        let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::auth::COOKIE_NAME));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
        let token = ApiKey::Query(ApiKeyValue::new("token"));
        components.add_security_scheme("query_token", SecurityScheme::ApiKey(token));
    }
}

/// The document without paths; the router adds those of its routes.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// The whole document, as it is served at `/openapi.json`.
pub fn document() -> OpenApi {
    crate::router::documented_routes().into_openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Run with `CANDOR_WRITE_OPENAPI=1` to write the file anew after a wanted change.
    #[test]
    fn the_document_is_the_one_in_the_repository() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/openapi.json");
        let text = document().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("CANDOR_WRITE_OPENAPI").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(text == stored, "{path} is out of date");
    }

    /// Clients are generated from the document: an operation's id is a function's name there.
    #[test]
    fn no_two_operations_have_one_id() {
        let document = serde_json::to_value(document()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|item| item.as_object().unwrap());
        let ids: Vec<&str> = operations
            .map(|(_, operation)| operation["operationId"].as_str().unwrap())
            .collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
    }

    /// A generated client makes a member with a default one that is always there: right for an answer, wrong for a request.
    #[test]
    fn what_may_be_left_out_of_a_request_is_not_required() {
        let document = serde_json::to_value(document()).unwrap();
        for (name, optional) in [
            ("ReplayAsk", "again"),
            ("TestAsk", "event"),
            ("TokenRequest", "seconds"),
            ("PreviewBody", "thresholds"),
            ("SettingsDocument", "thresholds"),
            ("BulkLabels", "note"),
        ] {
            let schema = &document["components"]["schemas"][name];
            assert!(schema["properties"][optional].is_object(), "{name}");
            assert_eq!(
                schema["properties"][optional]["default"],
                Value::Null,
                "{name}"
            );
            let required = schema["required"].as_array();
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == optional));
            assert!(!is_required, "{name}.{optional}");
        }
    }
}
