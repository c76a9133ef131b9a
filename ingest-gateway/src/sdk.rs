//! The browser loader, served from the gateway so that a survey needs one origin.
//!
//! Two addresses have the same bytes: `/sdk/v1/candor.js`, which may change with an upgrade and is kept
//! by browsers for minutes, and one that carries the hash of the bytes, which never change. A page that
//! pins the bytes (`integrity`) uses the second; `/sdk/v1/integrity.json` says both. Everything is computed
//! once from the source that is compiled in, so what is served is what was built.
//!
//! Any page may load it: it is public, and the key in the page decides what it can do. It is served
//! before the gateway knows its keys, and without Kafka.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256, Sha384};

const SOURCE: &str = include_str!("../sdk/candor.js");
/// The loader's version; it says the same of itself.
const VERSION: &str = "0.1.0";
/// Where the newest loader is.
pub const LOADER: &str = "/sdk/v1/candor.js";
/// Where version, address and hash of the newest loader are.
pub const INTEGRITY: &str = "/sdk/v1/integrity.json";
/// What the addresses of the loader start with.
pub(crate) const PREFIX: &str = "/sdk/";

/// Five minutes: an upgrade reaches every page soon.
const SHORT: &str = "public, max-age=300";
/// A year, which is for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const SCRIPT: &str = "text/javascript; charset=utf-8";
/// RFC 9530: the digest of what is sent, compressed or not.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Hexadecimal digits of the hash in the immutable address.
const NAME_DIGITS: usize = 16;

/// What is sent of a file in one encoding.
#[derive(Debug, Clone)]
struct Variant {
    body: Bytes,
    etag: HeaderValue,
    digest: HeaderValue,
}

impl Variant {
    fn of(body: Vec<u8>) -> Self {
        let digest = BASE64_STANDARD.encode(Sha256::digest(&body));
        // Base64 is always a value.
        let value =
            |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"\""));
        Self {
            etag: value(format!("\"{digest}\"")),
            digest: value(format!("sha-256=:{digest}:")),
            body: body.into(),
        }
    }
}

/// A file, ready to be sent.
#[derive(Debug, Clone)]
struct Asset {
    plain: Variant,
    packed: Variant,
    content_type: HeaderValue,
    cache_control: HeaderValue,
}

impl Asset {
    fn new(text: &str, content_type: &'static str, cache_control: &'static str) -> Self {
        Self {
            plain: Variant::of(text.as_bytes().to_vec()),
            packed: Variant::of(gzip(text.as_bytes())),
            content_type: HeaderValue::from_static(content_type),
            cache_control: HeaderValue::from_static(cache_control),
        }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let is_packed = accepts_gzip(request);
        let variant = if is_packed { &self.packed } else { &self.plain };
        let known = is_known(request, &variant.etag);
        let body = if known {
            Body::empty()
        } else {
            variant.body.clone().into()
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        for (name, value) in [
            (header::ETAG, variant.etag.clone()),
            (header::CACHE_CONTROL, self.cache_control.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            ),
            (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
        ] {
            headers.insert(name, value);
        }
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.content_type.clone());
        headers.insert(REPR_DIGEST, variant.digest.clone());
        if is_packed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }

    fn route<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        get(move |headers: HeaderMap| async move { self.answer(&headers) })
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Whether gzip is named and not ruled out.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let accepted = request.get_all(header::ACCEPT_ENCODING).iter();
    let lines = accepted.filter_map(|line| line.to_str().ok());
    let mut codings = lines.flat_map(|line| line.split(','));
    codings.any(|coding| {
        let (name, parameter) = coding.split_once(';').unwrap_or((coding, ""));
        let quality = parameter.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(quality, Some(Ok(0.0) | Err(_)))
    })
}

/// Whether the client has the bytes already.
fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter();
    let lines = known.filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| {
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}

/// The address whose bytes never change.
fn immutable_path(source: &str) -> String {
    let hash = Sha256::digest(source);
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/sdk/v1/candor.{}.js", &digits[..NAME_DIGITS])
}

/// What a page puts into `integrity`.
fn integrity(source: &str) -> String {
    format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(source)))
}

/// The loader's routes.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let path = immutable_path(SOURCE);
    let about = serde_json::json!({
        "version": VERSION, "path": path, "integrity": integrity(SOURCE),
    });
    Router::new()
        .route(LOADER, Asset::new(SOURCE, SCRIPT, SHORT).route())
        .route(&path, Asset::new(SOURCE, SCRIPT, FOR_EVER).route())
        .route(
            INTEGRITY,
            Asset::new(&about.to_string(), "application/json", SHORT).route(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use axum::http::Request;
    use std::io::Read;
    use tower::ServiceExt;

    async fn get(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let (parts, body) = routes::<()>().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 100_000).await.unwrap();
        (parts.status, parts.headers, bytes.to_vec())
    }

    fn digest_of(bytes: &[u8]) -> String {
        format!(
            "sha-256=:{}:",
            BASE64_STANDARD.encode(Sha256::digest(bytes))
        )
    }

    #[tokio::test]
    async fn the_address_of_the_day_is_kept_for_minutes_and_asked_for_again() {
        let (status, headers, body) = get(LOADER, &[]).await;
        assert_eq!(
            (status, body.as_slice()),
            (StatusCode::OK, SOURCE.as_bytes())
        );
        for (name, value) in [
            ("content-type", SCRIPT),
            ("cache-control", SHORT),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
            ("vary", "accept-encoding"),
            ("repr-digest", &digest_of(&body)),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let etag = headers["etag"].to_str().unwrap();
        for known in [etag, &format!("\"x\", W/{etag}"), "*"] {
            let (status, headers, body) = get(LOADER, &[("if-none-match", known)]).await;
            assert_eq!(
                (status, body.len()),
                (StatusCode::NOT_MODIFIED, 0),
                "{known}"
            );
            assert_eq!(headers["etag"], etag);
        }
        assert_eq!(
            get(LOADER, &[("if-none-match", "\"x\"")]).await.0,
            StatusCode::OK
        );
    }

    #[tokio::test]
    async fn the_address_with_the_hash_never_changes_and_is_what_the_document_says() {
        let (_, headers, about) = get(INTEGRITY, &[]).await;
        assert_eq!(headers["content-type"], "application/json");
        let about: serde_json::Value = serde_json::from_slice(&about).unwrap();
        assert_eq!(about["version"], VERSION);
        let (status, headers, body) = get(about["path"].as_str().unwrap(), &[]).await;
        assert_eq!(
            (status, body.as_slice()),
            (StatusCode::OK, SOURCE.as_bytes())
        );
        assert_eq!(headers["cache-control"], FOR_EVER);
        let expected = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&body)));
        assert_eq!(about["integrity"], expected);
        let (status, ..) = get("/sdk/v1/candor.0000000000000000.js", &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn who_takes_gzip_gets_it_with_its_own_tag_and_digest() {
        let (_, plain, _) = get(LOADER, &[("accept-encoding", "br, identity")]).await;
        assert!(!plain.contains_key("content-encoding"));
        for refused in ["gzip;q=0", "gzip; q=0.0", "gzip;q=x"] {
            let (_, headers, _) = get(LOADER, &[("accept-encoding", refused)]).await;
            assert!(!headers.contains_key("content-encoding"), "{refused}");
        }
        let (_, headers, packed) = get(LOADER, &[("accept-encoding", "br, GZIP;q=0.5")]).await;
        assert_eq!(headers["content-encoding"], "gzip");
        assert_eq!(headers["repr-digest"], digest_of(&packed));
        assert_ne!(headers["etag"], plain["etag"]);
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(packed.as_slice());
        decoder.read_to_string(&mut text).unwrap();
        assert_eq!(text, SOURCE);
        assert!(packed.len() < 2048, "{} bytes", packed.len());
    }

    #[test]
    fn the_loader_names_its_version() {
        assert!(SOURCE.contains(&format!("version: \"{VERSION}\"")));
        assert!(SOURCE.starts_with(&format!("/*! Candor loader {VERSION},")));
    }
}
