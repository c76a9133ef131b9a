//! The app served from files that are made up here.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, IF_NONE_MATCH};
use axum::http::{Method, Request, Response, StatusCode};
use tower::ServiceExt;

use super::negotiate::prefers_html;
use super::{App, not_found, routes};

const SCRIPT: &str = "/assets/main-Ab3_x-9Z.js";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

fn built() -> App {
    let manifest = r#"{"index.html": {"file": "assets/main-Ab3_x-9Z.js", "css": ["assets/main-1.css"],
        "src": "index.html"}}"#;
    app(&[
        (".vite/manifest.json", manifest),
        ("index.html", "<!doctype html>"),
        ("index.html.br", "page in brotli"),
        ("assets/main-Ab3_x-9Z.js", "a script"),
        ("assets/main-Ab3_x-9Z.js.br", "brotli"),
        ("assets/main-Ab3_x-9Z.js.gz", "gzip"),
        ("assets/main-1.css", "a style"),
        ("assets/appearance.js", "a copied script"),
    ])
}

fn app(files: &[(&str, &str)]) -> App {
    let files = files.iter().map(|(name, text)| {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        ((*name).to_owned(), bytes)
    });
    App::of(files.collect::<BTreeMap<_, _>>())
}

async fn ask(app: &App, path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let router: Router = routes(app.clone());
    router.oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    let value = response.headers().get(name)?;
    Some(value.to_str().unwrap())
}

#[tokio::test]
async fn a_file_comes_as_the_client_likes_it_best() {
    let app = built();
    for (accepted, encoding, content) in [
        ("", None, "a script"),
        ("gzip, deflate, br, zstd", Some("br"), "brotli"),
        ("gzip", Some("gzip"), "gzip"),
        ("gzip;q=1.0, br;q=0.5", Some("gzip"), "gzip"),
        ("br;q=0, *", Some("gzip"), "gzip"),
        ("br;q=0, gzip;q=0", None, "a script"),
        ("identity, gzip;q=0.5", None, "a script"),
        ("BR", Some("br"), "brotli"),
        ("identity;q=0, zstd", None, "a script"),
    ] {
        let response = ask(&app, SCRIPT, &[(ACCEPT_ENCODING, accepted)]).await;
        assert_eq!(
            header(&response, "content-encoding"),
            encoding,
            "{accepted}"
        );
        assert_eq!(header(&response, "vary"), Some("accept-encoding"));
        assert_eq!(
            header(&response, "content-type"),
            Some("text/javascript; charset=utf-8")
        );
        assert_eq!(text(response).await, content, "{accepted}");
    }
}

#[tokio::test]
async fn only_names_that_carry_a_hash_are_kept_for_ever() {
    let app = built();
    let for_ever = "public, max-age=31536000, immutable";
    for (path, keep) in [
        (SCRIPT, for_ever),
        ("/assets/main-1.css", for_ever),
        ("/assets/appearance.js", "no-cache"),
        ("/assets/icon.svg", "no-cache"),
        ("/", "no-cache"),
        ("/sessions/0199/", "no-cache"),
    ] {
        let response = ask(&app, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, "cache-control"), Some(keep), "{path}");
    }
}

#[tokio::test]
async fn a_tag_names_the_bytes_and_is_enough_when_the_client_has_them() {
    let app = built();
    let plain = ask(&app, SCRIPT, &[]).await;
    let brotli = ask(&app, SCRIPT, &[(ACCEPT_ENCODING, "br")]).await;
    let tag = header(&brotli, "etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    assert_ne!(header(&plain, "etag"), Some(tag.as_str()));
    for (accepted, known, status) in [
        ("br", tag.clone(), StatusCode::NOT_MODIFIED),
        ("br", format!("\"x\", W/{tag}"), StatusCode::NOT_MODIFIED),
        ("br", "*".to_owned(), StatusCode::NOT_MODIFIED),
        ("br", "\"x\"".to_owned(), StatusCode::OK),
        ("gzip", tag.clone(), StatusCode::OK),
    ] {
        let headers = [(ACCEPT_ENCODING, accepted), (IF_NONE_MATCH, known.as_str())];
        let response = ask(&app, SCRIPT, &headers).await;
        assert_eq!(response.status(), status, "{accepted} {known}");
        assert!(header(&response, "etag").is_some());
        assert_eq!(header(&response, "vary"), Some("accept-encoding"));
        if status == StatusCode::NOT_MODIFIED {
            assert_eq!(header(&response, "content-encoding"), None);
            assert_eq!(text(response).await, "");
        }
    }
}

#[tokio::test]
async fn every_address_of_a_page_is_the_page() {
    let app = built();
    for path in [
        "/",
        "/overview",
        "/sessions",
        "/sessions/0199f3a2-0000-7000-8000-000000000000",
        "/surveys/SV%2Fa%20b/timings",
        "/review/",
        "/integrations/int_1/test",
        "/pipeline",
        "/playground",
        "/quick-start",
        "/settings/SV_1",
    ] {
        let response = ask(&app, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(&response, "content-type"),
            Some("text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(text(response).await, "<!doctype html>", "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_assets_is_served() {
    let app = built();
    for path in [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2f.vite/manifest.json",
        "/assets//etc/passwd",
        "/assets/main-Ab3_x-9Z.js.br",
        "/assets/",
        "/.vite/manifest.json",
        "/index.html",
    ] {
        let response = ask(&app, path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_wants_a_page_is_shown_one_where_nothing_is() {
    let app = built();
    let headers = HeaderMap::from_iter([(ACCEPT, BROWSER.parse().unwrap())]);
    let response = not_found(&app, &Method::GET, &headers);
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&response, "cache-control"), Some("no-cache"));
    assert_eq!(header(&response, "vary"), Some("accept, accept-encoding"));
    assert_eq!(text(response).await, "<!doctype html>");
    let problem = Some("application/problem+json");
    let sent = not_found(&app, &Method::POST, &headers);
    assert_eq!(header(&sent, "content-type"), problem);
    let program = not_found(&app, &Method::GET, &HeaderMap::new());
    assert_eq!(header(&program, "content-type"), problem);
    // An asset that is gone is asked for by a script, which could do nothing with a page.
    let gone = ask(&app, "/assets/old-1.js", &[(ACCEPT, "*/*")]).await;
    assert_eq!(header(&gone, "content-type"), problem);
}

#[test]
fn a_browser_wants_pages_and_a_program_does_not() {
    for (accepted, wanted) in [
        (BROWSER, true),
        ("text/html", true),
        ("text/*", true),
        ("*/*", false),
        ("", false),
        ("application/json", false),
        ("application/json, text/html;q=0.9", false),
        ("application/problem+json;q=0.2, text/html;q=0.3", true),
        ("text/html;q=0", false),
    ] {
        let headers = HeaderMap::from_iter([(ACCEPT, accepted.parse().unwrap())]);
        assert_eq!(prefers_html(&headers), wanted, "{accepted}");
    }
}

#[tokio::test]
async fn without_the_app_the_page_says_how_it_is_built() {
    let app = app(&[]);
    for path in ["/", "/sessions/x"] {
        let response = ask(&app, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "cache-control"), Some("no-cache"));
        let text = text(response).await;
        assert!(text.contains("scripts/build-ui"), "{text}");
        assert!(
            !text.contains("<script") && !text.contains("<style"),
            "{text}"
        );
    }
    let icon = ask(&app, "/assets/icon.svg", &[]).await;
    assert_eq!(header(&icon, "content-type"), Some("image/svg+xml"));
    let headers = HeaderMap::from_iter([(ACCEPT, BROWSER.parse().unwrap())]);
    let missing = not_found(&app, &Method::GET, &headers);
    assert_eq!(
        header(&missing, "content-type"),
        Some("application/problem+json")
    );
}
