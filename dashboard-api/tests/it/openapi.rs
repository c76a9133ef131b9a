//! The document says what the service does, and the metrics are those that are documented.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use schemas::ids::SessionId;
use serde_json::{Value, json};

use crate::harness::{KEY, TestApi, body, database};
use crate::rows::Row;

const METRICS: &str = include_str!("fixtures/metrics.txt");

/// Every route, as the document calls it.
const ROUTES: &[&str] = &[
    "get /api/v1/app",
    "get /api/v1/dead-letters",
    "get /api/v1/dead-letters/{id}",
    "get /api/v1/integrations/deliveries",
    "get /api/v1/integrations/status",
    "get /api/v1/pipeline",
    "post /api/v1/dead-letters/replay",
    "post /api/v1/integrations/{id}/test",
    "get /api/v1/dashboard/campaigns",
    "get /api/v1/dashboard/campaigns/{kind}/{fingerprint}",
    "get /api/v1/dashboard/exports/sessions.csv",
    "get /api/v1/dashboard/exports/sessions.jsonl",
    "get /api/v1/dashboard/exports/sessions.parquet",
    "get /api/v1/dashboard/overview",
    "get /api/v1/dashboard/overview/trend",
    "get /api/v1/dashboard/rates",
    "get /api/v1/dashboard/sessions",
    "get /api/v1/dashboard/sessions/{id}/details",
    "get /api/v1/dashboard/sessions/{id}/events",
    "get /api/v1/dashboard/sessions/{id}/pointer",
    "get /api/v1/dashboard/sessions/{id}/similar",
    "get /api/v1/dashboard/sessions/{id}/typing",
    "get /api/v1/dashboard/surveys",
    "get /api/v1/dashboard/surveys/{survey}",
    "get /api/v1/dashboard/surveys/{survey}/report.pdf",
    "get /api/v1/dashboard/surveys/{survey}/timings",
    "get /api/v1/detection/sessions/{id}/ready-for-analysis",
    "get /api/v1/detection/sessions/{id}/status",
    "get /api/v1/live",
    "get /api/v1/reviews/labels.jsonl",
    "get /api/v1/reviews/queue",
    "get /api/v1/reviews/{id}",
    "get /api/v1/rulesets",
    "get /api/v1/surveys/{survey}/settings",
    "get /api/v1/verdict",
    "get /sign-in",
    "get /ws",
    "post /api/v1/detection/sessions/{id}/analyze",
    "post /api/v1/reviews/bulk",
    "post /api/v1/rulesets/preview",
    "post /api/v1/sign-in",
    "post /api/v1/sign-out",
    "post /api/v1/verdict/tokens",
    "put /api/v1/reviews/{id}",
    "put /api/v1/surveys/{survey}/settings",
];

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

pub(crate) fn check(document: &Value, at: (&str, &str, u16), answer: &Value) {
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
    let expected: BTreeSet<String> = ROUTES.iter().map(|route| (*route).to_owned()).collect();
    assert_eq!(documented, expected);
    // Each documented route is one of the router's: it knows the path and the method.
    for route in documented {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .replace("{id}", &api.mint().to_string())
            .replace("{survey}", "s");
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
    let judged = Row {
        survey: Some("SV_a"),
        ..Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed()
    };
    judged.store(&database).await;
    let event =
        json!([{"event_type": "click", "timestamp": 1_790_000_000_000_i64, "data": {"x": 1}}]);
    judged.store_events(&database, 9, event).await;
    judged.store_finding(&database, (7, 650, "HIGH")).await;
    let unjudged = Row::new(api.mint());
    unjudged.store(&database).await;
    let gets = [
        "/api/v1/app",
        "/api/v1/dashboard/rates",
        "/api/v1/dashboard/campaigns",
        "/api/v1/dashboard/overview",
        "/api/v1/dashboard/overview/trend",
        "/api/v1/dashboard/sessions",
        "/api/v1/dashboard/sessions/{id}/details",
        "/api/v1/dashboard/sessions/{id}/events",
        "/api/v1/dashboard/sessions/{id}/pointer",
        "/api/v1/dashboard/sessions/{id}/similar",
        "/api/v1/dashboard/sessions/{id}/typing",
        "/api/v1/dashboard/surveys",
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
    check_lists(&api, &document).await;
    check_verdicts(&api, &document, [judged.id, unjudged.id, api.mint()]).await;
    check_analyses(&api, &document, (judged.id, unjudged.id)).await;
}

/// Lists and what is named in their path.
async fn check_lists(api: &TestApi, document: &Value) {
    let with_count = api.json("/api/v1/dashboard/sessions?count=estimate").await;
    check(
        document,
        ("/api/v1/dashboard/sessions", "get", 200),
        &with_count,
    );
    let survey = "/api/v1/dashboard/surveys/{survey}";
    let answer = api.json(&survey.replace("{survey}", "SV_a")).await;
    check(document, (survey, "get", 200), &answer);
    let timings = "/api/v1/dashboard/surveys/{survey}/timings";
    let answer = api.json(&timings.replace("{survey}", "SV_a")).await;
    check(document, (timings, "get", 200), &answer);
    let campaign = "/api/v1/dashboard/campaigns/{kind}/{fingerprint}";
    let path = format!("/api/v1/dashboard/campaigns/device/{:032x}", 7);
    check(document, (campaign, "get", 200), &api.json(&path).await);
    let wrong = api.get("/api/v1/dashboard/sessions?limit=0").await;
    let wrong = body(wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
    check(document, ("/api/v1/dashboard/sessions", "get", 422), &wrong);
}

/// The flat verdict and its tokens.
async fn check_verdicts(api: &TestApi, document: &Value, ids: [SessionId; 3]) {
    for id in ids {
        let path = format!("/api/v1/verdict?session_id={id}");
        check(
            document,
            ("/api/v1/verdict", "get", 200),
            &api.json(&path).await,
        );
    }
    let request = api.request(Method::POST, "/api/v1/verdict/tokens");
    let made = request
        .bearer_auth(KEY)
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    let made = body(made, StatusCode::CREATED).await;
    check(document, ("/api/v1/verdict/tokens", "post", 201), &made);
}

/// Verdicts on request: of a session that has ended, of one that goes on, and of none.
async fn check_analyses(
    api: &TestApi,
    document: &Value,
    (judged, unjudged): (SessionId, SessionId),
) {
    let template = "/api/v1/detection/sessions/{id}/analyze";
    let analyze = |id: String| template.replace("{id}", &id);
    let stored = body(api.post(&analyze(judged.to_string())).await, StatusCode::OK).await;
    check(document, (template, "post", 200), &stored);
    let later = api.post(&analyze(unjudged.to_string())).await;
    let later = body(later, StatusCode::ACCEPTED).await;
    check(document, (template, "post", 202), &later);
    let unknown = api.post(&analyze("nonsense".to_owned())).await;
    let unknown = body(unknown, StatusCode::NOT_FOUND).await;
    check(document, (template, "post", 404), &unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_about_pipeline_letters_and_integrations_are_as_documented() {
    let database = database().await;
    let api = crate::console::api_of_a_taker(&database).await;
    crate::letters::put_one(&api).await;
    let id = crate::console::put_one(&api, &database).await;
    let document = api.json("/openapi.json").await;
    for (template, path) in [
        ("/api/v1/pipeline", "/api/v1/pipeline"),
        ("/api/v1/dead-letters", "/api/v1/dead-letters"),
        ("/api/v1/dead-letters/{id}", "/api/v1/dead-letters/1:0"),
        ("/api/v1/integrations/status", "/api/v1/integrations/status"),
        (
            "/api/v1/integrations/deliveries",
            "/api/v1/integrations/deliveries",
        ),
    ] {
        let answer = api.json(path).await;
        check(&document, (template, "get", 200), &answer);
        let response = api.request(Method::GET, path).send().await.unwrap();
        let refused = body(response, StatusCode::UNAUTHORIZED).await;
        check(&document, (template, "get", 401), &refused);
    }
    let replay = "/api/v1/dead-letters/replay";
    for (ask, status) in [
        (json!({"ids": ["1:0"], "dry_run": true}), StatusCode::OK),
        (json!({"ids": ["1:7"]}), StatusCode::NOT_FOUND),
        (json!({}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!("all"), StatusCode::BAD_REQUEST),
    ] {
        let request = api.request(Method::POST, replay).bearer_auth(KEY);
        let answer = body(request.json(&ask).send().await.unwrap(), status).await;
        check(&document, (replay, "post", status.as_u16()), &answer);
    }
    let test = "/api/v1/integrations/{id}/test";
    let path = test.replace("{id}", &id);
    let report = body(api.post(&path).await, StatusCode::OK).await;
    check(&document, (test, "post", 200), &report);
    let unknown = api
        .post(&test.replace("{id}", "int_0000000000000000"))
        .await;
    let unknown = body(unknown, StatusCode::NOT_FOUND).await;
    check(&document, (test, "post", 404), &unknown);
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
