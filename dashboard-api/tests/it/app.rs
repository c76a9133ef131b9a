//! The web app as it is served, whether or not it was built: its files are tested where they are chosen (`src/app/tests.rs`).

use reqwest::{Method, Response, StatusCode};

use crate::harness::{TestApi, database, problem};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn open(api: &TestApi, path: &str) -> Response {
    let request = api.request(Method::GET, path).header("accept", BROWSER);
    request.send().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_app_runs_only_its_own_code() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let page = "text/html; charset=utf-8";
    for (path, kind) in [
        ("/", page),
        ("/overview", page),
        ("/sessions/0199f3a2-0000-7000-8000-000000000000", page),
        ("/surveys/SV_a/timings", page),
        ("/sign-in", page),
        ("/assets/icon.svg", "image/svg+xml"),
    ] {
        let response = open(&api, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "x-frame-options"), "DENY");
        let policy = header(&response, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let tag = header(&response, "etag");
        let text = response.text().await.unwrap();
        let is_inline = ["<script>", "<style", "style=\""]
            .iter()
            .any(|part| text.contains(part));
        assert!(!is_inline, "{path}: {text}");
        let again = api.request(Method::GET, path).header("if-none-match", &tag);
        let again = again.send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    let docs = open(&api, "/docs/").await;
    assert!(docs.text().await.unwrap().contains("swagger-ui"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_browsers() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for path in [
        "/nowhere",
        "/api/v1/nowhere",
        "/assets/none.js",
        "/assets/../index.html",
    ] {
        problem(api.get(path).await, 404, "unknown_route").await;
    }
    problem(
        api.post("/api/v1/dashboard/overview").await,
        405,
        "method_not_allowed",
    )
    .await;
    problem(api.post("/overview").await, 405, "method_not_allowed").await;
    problem(api.post("/nowhere").await, 404, "unknown_route").await;
    let is_built = open(&api, "/")
        .await
        .text()
        .await
        .unwrap()
        .contains("id=\"root\"");
    let response = open(&api, "/nowhere").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let kind = header(&response, "content-type");
    let expected = match is_built {
        true => "text/html; charset=utf-8",
        false => "application/problem+json",
    };
    assert_eq!(kind, expected);
    assert!(header(&response, "content-security-policy").starts_with("default-src 'none'"));
}
