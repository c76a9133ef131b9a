//! Conditional requests: an answer that has not changed is not sent again.
//!
//! The tag is made of the answer itself. It saves the network and the client's work, not the reading; and it cannot say
//! that something is unchanged when it is not. It is weak, because the same answer may be sent compressed or not.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
};
use axum::http::response::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Longest answer that gets a tag.
const MAX_BYTES: u64 = 16 << 20;
/// Bytes of the hash in a tag.
const TAG_BYTES: usize = 16;

/// Gives answers in JSON to GET a tag, and answers 304 when the client has that answer.
pub(crate) async fn conditional(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    // A route that has a tag of its own needs it for changes.
    if !is_get || response.headers().contains_key(ETAG) || !is_whole_json(&response) {
        return response;
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => tagged(parts, bytes, known.as_ref()),
        // It is in memory, so this does not happen.
        Err(_) => crate::error::ApiError::Panicked.into_response(),
    }
}

/// Whether an answer lies in memory as a whole: a stream does not say how long it is.
fn is_whole_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let length = response.body().size_hint().exact();
    let is_short = length.is_some_and(|length| length <= MAX_BYTES);
    response.status() == StatusCode::OK && is_json && is_short
}

fn tagged(mut parts: Parts, bytes: Bytes, known: Option<&HeaderValue>) -> Response {
    let hash = Sha256::digest(&bytes);
    let tag = URL_SAFE_NO_PAD.encode(&hash[..TAG_BYTES]);
    let is_known = known.is_some_and(|known| names(known, &tag));
    if let Ok(value) = HeaderValue::from_str(&format!("W/\"{tag}\"")) {
        parts.headers.insert(ETAG, value);
        // To be kept by the reader alone, and asked about each time.
        let keep = HeaderValue::from_static("private, no-cache");
        parts.headers.insert(CACHE_CONTROL, keep);
    }
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// Whether `If-None-Match` names the tag; weak and strong ones are the same here.
pub(crate) fn names(known: &HeaderValue, tag: &str) -> bool {
    let Ok(text) = known.to_str() else {
        return false;
    };
    text.split(',').map(str::trim).any(|given| {
        let given = given.strip_prefix("W/").unwrap_or(given);
        given == "*" || given.trim_matches('"') == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_searched_whatever_their_strength() {
        for (given, is_known) in [
            ("W/\"abc\"", true),
            ("\"abc\"", true),
            ("\"x\", W/\"abc\"", true),
            ("*", true),
            ("\"abcd\"", false),
            ("", false),
        ] {
            let value = HeaderValue::from_str(given).unwrap();
            assert_eq!(names(&value, "abc"), is_known, "{given}");
        }
    }
}
