//! The document says what the service does, and the metrics are those that are documented.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{KEY, TestApi, body, database};
use crate::rows::Row;

const METRICS: &str = include_str!("fixtures/metrics.txt");

/// A validator of one answer of the document.
fn validator(document: &Value, path: &str, method: &str, status: u16) -> jsonschema::Validator {
    let answer = &document["paths"][path][method]["responses"][status.to_string()];
    let content = answer["content"].as_object();
    let content = content.unwrap_or_else(|| panic!("{method} {path} {status} has no content"));
    let mut schema = content.values().next().unwrap()["schema"].clone();
    // References are resolved inside the document.
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn check(document: &Value, at: (&str, &str, u16), answer: &Value) {
    let (path, method, status) = at;
    let validator = validator(document, path, method, status);
    let errors: Vec<String> = validator
        .iter_errors(answer)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{at:?} {answer}");
}

#[tokio::test]
async fn every_route_is_in_the_document_and_nothing_else() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let response = api
        .request(Method::GET, "/openapi.json")
        .send()
        .await
        .unwrap();
    let document = body(response, StatusCode::OK).await;
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    let expected = [
        "get /api/v1/dashboard/overview",
        "get /api/v1/dashboard/sessions",
        "get /api/v1/dashboard/sessions/{id}/details",
        "get /api/v1/detection/sessions/{id}/ready-for-analysis",
        "get /api/v1/detection/sessions/{id}/status",
        "get /sign-in",
        "post /api/v1/detection/sessions/{id}/analyze",
        "post /api/v1/sign-in",
        "post /api/v1/sign-out",
    ];
    let expected: BTreeSet<String> = expected.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(documented, expected);
    // Each documented route is one of the router's: it knows the path and the method.
    for route in documented {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{id}", &api.mint().to_string());
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let status = api.request(method, &path).send().await.unwrap().status();
        let unknown = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(!unknown.contains(&status), "{route}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_answers_are_as_documented() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let document = api.json("/openapi.json").await;
    let judged = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    judged.store(&database).await;
    let event =
        json!([{"event_type": "click", "timestamp": 1_790_000_000_000_i64, "data": {"x": 1}}]);
    judged.store_events(&database, 9, event).await;
    judged.store_finding(&database, (7, 650, "HIGH")).await;
    let unjudged = Row::new(api.mint());
    unjudged.store(&database).await;
    let gets = [
        "/api/v1/dashboard/overview",
        "/api/v1/dashboard/sessions",
        "/api/v1/dashboard/sessions/{id}/details",
        "/api/v1/detection/sessions/{id}/status",
        "/api/v1/detection/sessions/{id}/ready-for-analysis",
    ];
    for template in gets {
        for id in [judged.id, unjudged.id, api.mint()] {
            let path = template.replace("{id}", &id.to_string());
            check(&document, (template, "get", 200), &api.json(&path).await);
        }
        let path = template.replace("{id}", &judged.id.to_string());
        let response = api.request(Method::GET, &path).send().await.unwrap();
        let refused = body(response, StatusCode::UNAUTHORIZED).await;
        check(&document, (template, "get", 401), &refused);
    }
    let template = "/api/v1/detection/sessions/{id}/analyze";
    let analyze = |id: String| template.replace("{id}", &id);
    let stored = body(
        api.post(&analyze(judged.id.to_string())).await,
        StatusCode::OK,
    )
    .await;
    check(&document, (template, "post", 200), &stored);
    let later = api.post(&analyze(unjudged.id.to_string())).await;
    let later = body(later, StatusCode::ACCEPTED).await;
    check(&document, (template, "post", 202), &later);
    let unknown = api.post(&analyze("nonsense".to_owned())).await;
    let unknown = body(unknown, StatusCode::NOT_FOUND).await;
    check(&document, (template, "post", 404), &unknown);
    let wrong = api.get("/api/v1/dashboard/sessions?limit=0").await;
    let wrong = body(wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    check(
        &document,
        ("/api/v1/dashboard/sessions", "get", 422),
        &wrong,
    );
}

#[tokio::test]
async fn the_metrics_are_those_of_the_fixture() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    row.store(&database).await;
    api.post(&format!("/api/v1/detection/sessions/{}/analyze", row.id))
        .await;
    api.get("/nowhere/sk_test_in_a_path").await;
    let sign_in = api
        .request(Method::POST, "/api/v1/sign-in")
        .json(&json!({"key": KEY}));
    assert_eq!(
        sign_in.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    let text = api.get("/metrics").await.text().await.unwrap();
    let names: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .filter(|name| name.starts_with("dashboard_"))
        .collect();
    let expected: BTreeSet<&str> = METRICS.lines().collect();
    assert_eq!(names, expected);
    let template = "route=\"/api/v1/detection/sessions/{id}/analyze\"";
    assert!(text.contains(template), "{text}");
    assert!(
        !text.contains("nowhere") && !text.contains(&row.id.to_string()),
        "{text}"
    );
}
