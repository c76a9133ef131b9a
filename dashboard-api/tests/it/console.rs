//! The test console of integrations, at a gateway that is played. At a real one it is proved in
//! `candor/tests/webhook.rs`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use reqwest::Method;
use schemas::control::{Integration, IntegrationId, IntegrationPlatform};
use serde_json::{Value, json};
use testkit::{TestDatabase, wait_until};

use crate::harness::{DEADLINE, KEY, SECRET, TestApi, body, database, login_url, mint, problem};
use crate::integrations::{Notice, SHARED_KEY, WHSEC, integration, put};
use crate::keys::put_key;

/// What a played gateway has seen, and how it answers.
#[derive(Clone)]
struct Played {
    answer: fn() -> Response,
    seen: Arc<Mutex<Vec<String>>>,
}

async fn play(State(played): State<Played>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let text = format!(
        "{} {}\n{:?}\n{}",
        parts.method,
        parts.uri,
        parts.headers,
        String::from_utf8_lossy(&body)
    );
    played.seen.lock().unwrap().push(text);
    (played.answer)()
}

/// An API whose gateway is played.
async fn api_with(database: &TestDatabase, answer: fn() -> Response) -> (TestApi, Played) {
    let seen = Arc::default();
    let played = Played { answer, seen };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().fallback(play).with_state(played.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let api = TestApi::start_with(&login_url(database), |config| {
        config.gateway_url = Some(format!("http://{address}").parse().unwrap());
    })
    .await;
    (api, played)
}

async fn test(api: &TestApi, id: &IntegrationId, ask: &Value) -> reqwest::Response {
    let path = format!("/api/v1/integrations/{id}/test");
    let request = api.request(Method::POST, &path).bearer_auth(KEY);
    request.json(ask).send().await.unwrap()
}

fn taken() -> Response {
    let answer =
        json!({"status": "accepted", "outcome": "noted", "duplicate": false, "notice_id": "known"});
    axum::Json(answer).into_response()
}

/// An API whose gateway takes every notice.
pub(crate) async fn api_of_a_taker(database: &TestDatabase) -> TestApi {
    api_with(database, taken).await.0
}

/// An integration that has taken a notice; its id.
pub(crate) async fn put_one(api: &TestApi, database: &TestDatabase) -> String {
    let ours = integration("ours", 1, IntegrationPlatform::Generic);
    put(api, &[&ours]).await;
    Notice::noted(ours.id.as_str(), "known")
        .store(database)
        .await;
    ours.id.to_string()
}

/// What a test of the integration must have sent and must not have shown.
fn check_report(integration: &Integration, report: &Value, sent: &str) {
    assert_eq!(report["answer"]["status"], 200, "{report}");
    let became = (&report["log"], &report["outcome"]);
    assert_eq!(became, (&json!("stored"), &json!("noted")));
    let (platform, id) = (integration.platform.as_str(), &integration.id);
    let path = format!("/api/v1/integrations/webhooks/{platform}?integration={id}");
    let (line, _) = sent.split_once('\n').unwrap();
    assert!(line.contains(&path), "{line}");
    let shown = report.to_string();
    let shown_path = report["request"]["path"].as_str().unwrap();
    assert!(shown_path.starts_with(&path), "{shown}");
    for secret in [SHARED_KEY, WHSEC, SECRET] {
        assert!(!shown.contains(secret) && !sent.contains(secret), "{shown}");
    }
    // The proof that was sent is not in the answer.
    let proof = match integration.platform {
        IntegrationPlatform::Qualtrics => "HMAC=",
        IntegrationPlatform::Generic => "\"v1,",
        IntegrationPlatform::Decipher => "token=",
    };
    let (_, proof) = sent.split_once(proof).unwrap();
    let proof: String = proof.chars().take(40).collect();
    assert!(!shown.contains(&proof), "{proof} in {shown}");
}

#[tokio::test]
async fn the_console_sends_what_the_platform_would_and_shows_no_secret() {
    let database = database().await;
    let (api, played) = api_with(&database, taken).await;
    let all = [
        integration("ours", 1, IntegrationPlatform::Qualtrics),
        integration("ours", 2, IntegrationPlatform::Generic),
        integration("ours", 3, IntegrationPlatform::Decipher),
    ];
    put(&api, &all.each_ref()).await;
    let stored = Notice::noted(all[0].id.as_str(), "known");
    stored.store(&database).await;
    for integration in &all {
        let answered = test(&api, &integration.id, &json!({})).await;
        let report = body(answered, StatusCode::OK).await;
        let sent = played.seen.lock().unwrap().pop().unwrap();
        check_report(integration, &report, &sent);
    }
    let logs = crate::logs::text();
    assert!(!logs.contains(SHARED_KEY) && !logs.contains(WHSEC));
}

#[tokio::test]
async fn the_console_follows_no_redirect_and_bounds_what_it_reads() {
    let database = database().await;
    let elsewhere = || Redirect::temporary("/elsewhere").into_response();
    let (api, played) = api_with(&database, elsewhere).await;
    let ours = integration("ours", 1, IntegrationPlatform::Generic);
    put(&api, &[&ours]).await;
    let answered = test(&api, &ours.id, &json!({"tamper": true})).await;
    let report = body(answered, StatusCode::OK).await;
    let seen = (&report["answer"]["status"], &report["log"]);
    assert_eq!(seen, (&json!(307), &json!("nothing_taken")));
    assert_eq!(played.seen.lock().unwrap().len(), 1);

    let (api, _) = api_with(&database, || "x".repeat(100_000).into_response()).await;
    put(&api, &[&ours]).await;
    let report = body(test(&api, &ours.id, &json!({})).await, StatusCode::OK).await;
    let answer = &report["answer"];
    assert_eq!(answer["body"].as_str().unwrap().len(), 16 << 10);
    let seen = (&answer["is_cut"], &report["notice_id"]);
    assert_eq!(seen, (&json!(true), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_tested_is_said() {
    let database = database().await;
    let api = api_of_a_taker(&database).await;
    let ours = integration("ours", 1, IntegrationPlatform::Qualtrics);
    let survey = integration("ours", 2, IntegrationPlatform::Decipher);
    let theirs = integration("theirs", 3, IntegrationPlatform::Qualtrics);
    let mut shut = integration("ours", 4, IntegrationPlatform::Qualtrics);
    shut.secrets.clone_from(&ours.secrets);
    put(&api, &[&ours, &survey, &theirs, &shut]).await;
    let nothing = json!({});
    let foreign = json!({"session_id": mint("theirs").to_string()});
    let completed = json!({"event": "completed"});
    for (id, ask, status, code) in [
        (&theirs.id, &nothing, 404, "unknown_integration"),
        (&shut.id, &nothing, 409, "secret_does_not_open"),
        (&ours.id, &foreign, 404, "unknown_session"),
        (&survey.id, &completed, 422, "invalid_parameters"),
    ] {
        problem(test(&api, id, ask).await, status, code).await;
    }
    let (_, reading) = put_key(&api, |_| {}).await;
    let path = format!("/api/v1/integrations/{}/test", ours.id);
    let refused = wait_until("the key", DEADLINE, async || {
        let request = api.request(Method::POST, &path);
        let response = request.bearer_auth(&*reading.text).send().await.unwrap();
        let status = response.status();
        if status == 403 {
            Ok(response)
        } else {
            Err(status)
        }
    })
    .await;
    problem(refused, 403, "scope_missing").await;
}

#[tokio::test]
async fn a_gateway_that_is_away_or_not_known_is_said() {
    let database = database().await;
    let port = testkit::free_port().unwrap();
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.gateway_url = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    })
    .await;
    let ours = integration("ours", 1, IntegrationPlatform::Qualtrics);
    put(&api, &[&ours]).await;
    let away = body(test(&api, &ours.id, &json!({})).await, StatusCode::OK).await;
    let seen = (&away["problem"], &away["answer"]);
    assert_eq!(seen, (&json!("not_reached"), &Value::Null));
    let nowhere = TestApi::start(&database).await;
    put(&nowhere, &[&ours]).await;
    let unknown = test(&nowhere, &ours.id, &json!({})).await;
    problem(unknown, 409, "gateway_not_configured").await;
}
