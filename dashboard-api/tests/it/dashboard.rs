//! Status, overview, pages and details of stored sessions.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use schemas::ids::{SessionId, SessionSecret};
use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::harness::{SECRET, TestApi, database, problem};
use crate::rows::Row;

/// A genuine id of the organisation `ours`, created some time ago.
fn minted_ago(ago: TimeDelta) -> SessionId {
    let secret = SessionSecret::new(SECRET).unwrap();
    secret.mint(&"ours".parse().unwrap(), Utc::now() - ago, rand::random())
}

fn minutes(ago: i64) -> SessionId {
    minted_ago(TimeDelta::minutes(ago))
}

fn ids(page: &Value) -> Vec<String> {
    let sessions = page["sessions"].as_array().unwrap();
    sessions
        .iter()
        .map(|session| session["session_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_genuine_session_is_pending_until_it_is_stored() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let id = api.mint();
    let status = format!("/api/v1/detection/sessions/{id}/status");
    let ready = format!("/api/v1/detection/sessions/{id}/ready-for-analysis");
    let pending = api.json(&status).await;
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["session_id"], id.to_string());
    assert_eq!(pending["verdict"], Value::Null);
    let readiness = api.json(&ready).await;
    assert_eq!(
        (&readiness["ready"], &readiness["reason"]),
        (&json!(false), &json!("pending"))
    );
    let details = api
        .json(&format!("/api/v1/dashboard/sessions/{id}/details"))
        .await;
    assert_eq!(details["session"]["status"], "pending");
    assert_eq!(details["windows"], json!([]));

    Row::new(id).store(&database).await;
    assert_eq!(api.json(&status).await["status"], "active");
    assert_eq!(api.json(&ready).await["reason"], "too_little_data");

    let judged = Row::judged(api.mint(), (120, "LOW", "human"));
    judged.store(&database).await;
    let path = format!("/api/v1/detection/sessions/{}", judged.id);
    let status = api.json(&format!("{path}/status")).await;
    assert_eq!(status["verdict"]["confidence_score"], 0.12);
    assert_eq!(status["verdict"]["risk_level"], "LOW");
    assert_eq!(status["is_final"], false);
    let readiness = api.json(&format!("{path}/ready-for-analysis")).await;
    assert_eq!(
        (&readiness["ready"], &readiness["reason"]),
        (&json!(true), &json!("sufficient"))
    );
    assert_eq!(readiness["judged"], json!(["mouse"]));
}

#[tokio::test]
async fn the_overview_counts_the_sessions_of_its_period() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for row in [
        Row::new(minutes(5)),
        Row::judged(minutes(10), (100, "LOW", "human")),
        Row::judged(minutes(20), (970, "CRITICAL", "scripted_bot")).closed(),
        Row::judged(minutes(90), (700, "HIGH", "ai_agent")).closed(),
        Row::judged(minted_ago(TimeDelta::days(3)), (100, "LOW", "human")).closed(),
    ] {
        row.store(&database).await;
    }
    let day = api.json("/api/v1/dashboard/overview").await;
    assert_eq!(
        day["sessions"],
        json!({"total": 4, "active": 2, "completed": 2, "idle": 0, "max_length": 0})
    );
    assert_eq!(day["verdicts"]["total"], 3);
    assert_eq!(day["verdicts"]["bots_flagged"], 2);
    let by_risk = json!({"LOW": 1, "MEDIUM": 0, "HIGH": 1, "CRITICAL": 1});
    assert_eq!(day["verdicts"]["by_risk"], by_risk);
    assert_eq!(day["verdicts"]["by_class"]["scripted_bot"], 1);
    assert_eq!(day["events"], 40);
    assert!(day["latest_update"].is_string(), "{day}");
    let total = async |query: &str| {
        let overview = api
            .json(&format!("/api/v1/dashboard/overview?{query}"))
            .await;
        overview["sessions"]["total"].as_i64().unwrap()
    };
    assert_eq!(total("range=1h").await, 3);
    assert_eq!(total("range=7d").await, 5);
    let from = (Utc::now() - TimeDelta::days(4))
        .format("%Y-%m-%d")
        .to_string();
    let to = (Utc::now() - TimeDelta::days(1))
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    assert_eq!(total(&format!("from={from}&to={to}")).await, 1);
    for wrong in [
        "range=2h",
        "range=1h&from=2026-01-01",
        "from=2026-02-01&to=2026-01-01",
        "x=1",
    ] {
        let response = api
            .get(&format!("/api/v1/dashboard/overview?{wrong}"))
            .await;
        problem(response, 422, "invalid_parameters").await;
    }
}

#[tokio::test]
async fn pages_hold_every_session_once_while_others_arrive() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let mut expected = BTreeSet::new();
    for minute in 0..23 {
        let row = Row::new(minutes(minute + 1));
        row.store(&database).await;
        expected.insert(row.id.to_string());
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api
            .json(&format!("/api/v1/dashboard/sessions?limit=5{cursor}"))
            .await;
        seen.extend(ids(&page));
        Row::new(api.mint()).store(&database).await;
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    let mut newest_first = seen.clone();
    newest_first.sort_by(|a, b| b.cmp(a));
    assert_eq!(seen, newest_first);
    assert_eq!(seen.len(), 23, "{seen:?}");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Four sessions, newest first, that differ in everything a filter asks for.
fn varied_rows() -> [Row; 4] {
    [
        Row {
            platform: Some("qualtrics"),
            survey: Some("SV_alpha"),
            respondent: Some("R_1"),
            ..Row::judged(minutes(1), (100, "LOW", "human"))
        },
        Row {
            platform: Some("decipher"),
            survey: Some("SV_beta"),
            respondent: Some("R_2"),
            ..Row::judged(minutes(2), (970, "CRITICAL", "scripted_bot")).closed()
        },
        Row {
            platform: Some("qualtrics"),
            survey: Some("SV_alphabet"),
            respondent: Some("SV_alpha_person"),
            ..Row::judged(minutes(90), (700, "HIGH", "ai_agent"))
        },
        Row::new(minutes(200)),
    ]
}

#[tokio::test]
async fn each_filter_keeps_what_it_says() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let rows = varied_rows();
    for row in &rows {
        row.store(&database).await;
    }
    let second = rows[1].id.to_string();
    let joined = second.replace('-', "");
    let hour_ago = (Utc::now() - TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%SZ");
    let cases: [(&str, &[usize]); 21] = [
        ("", &[0, 1, 2, 3]),
        ("status=active", &[0, 2, 3]),
        ("status=completed,idle", &[1]),
        ("risk=HIGH,CRITICAL", &[1, 2]),
        ("class=human", &[0]),
        ("platform=qualtrics", &[0, 2]),
        ("survey=SV_alpha", &[0]),
        ("respondent=R_2", &[1]),
        ("min_score=0.7", &[1, 2]),
        ("max_score=0.7", &[0, 2]),
        ("min_score=0.2&max_score=0.8", &[2]),
        (&format!("from={hour_ago}"), &[0, 1]),
        (&format!("to={hour_ago}"), &[2, 3]),
        ("q=SV_alpha", &[0, 2]),
        ("q=SV_alphab", &[2]),
        ("q=R_", &[0, 1]),
        (&format!("q={second}"), &[1]),
        (&format!("q={joined}"), &[1]),
        ("q=100%25", &[]),
        ("platform=qualtrics&risk=HIGH", &[2]),
        ("platform=&risk=", &[0, 1, 2, 3]),
    ];
    for (query, expected) in cases {
        let page = api
            .json(&format!("/api/v1/dashboard/sessions?{query}"))
            .await;
        let expected = expected.iter().map(|index| rows[*index].id.to_string());
        assert_eq!(ids(&page), expected.collect::<Vec<_>>(), "{query}");
    }
    let first = &api.json("/api/v1/dashboard/sessions?limit=1").await["sessions"][0];
    assert_eq!(first["confidence_score"], 0.1);
    let reason = first["first_reason"].as_str().unwrap();
    assert!(reason.starts_with("Presses last"), "{first}");
}

#[tokio::test]
async fn a_bad_filter_is_named() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let long = "x".repeat(129);
    for (query, pointer, code) in [
        ("limit=0", "?limit", "invalid"),
        ("limit=201", "?limit", "invalid"),
        ("limit=ten", "?limit", "invalid"),
        ("status=pending", "?status", "invalid"),
        ("risk=low", "?risk", "invalid"),
        ("class=bot", "?class", "invalid"),
        ("min_score=NaN", "?min_score", "invalid"),
        ("max_score=1.1", "?max_score", "invalid"),
        ("min_score=0.9&max_score=0.1", "?max_score", "below_min"),
        ("from=yesterday", "?from", "invalid"),
        ("from=-0001-01-01", "?from", "invalid"),
        ("from=2026-02-01&to=2026-01-01", "?to", "before_from"),
        ("cursor=abc", "?cursor", "invalid"),
        ("riks=HIGH", "?riks", "unknown"),
        ("risk=HIGH&risk=LOW", "?risk", "repeated"),
        ("q=%00", "?q", "invalid"),
        (&format!("survey={long}"), "?survey", "invalid"),
    ] {
        let response = api
            .get(&format!("/api/v1/dashboard/sessions?{query}"))
            .await;
        let body = problem(response, 422, "invalid_parameters").await;
        let error = &body["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{body}"
        );
    }
    let both = api.get("/api/v1/dashboard/sessions?limit=0&risk=x").await;
    let body = problem(both, 422, "invalid_parameters").await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 2, "{body}");
}

/// Stores a closed session with five events in two batches.
async fn store_with_events(api: &TestApi, database: &TestDatabase) -> Row {
    let row = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    row.store(database).await;
    let start = 1_790_000_000_000_i64;
    let event =
        |kind: &str, n: i64| json!({"event_type": kind, "timestamp": start + n, "data": {"x": n}});
    let blur = json!({"event_type": "blur", "timestamp": "2026-09-21T14:13:20.004Z"});
    let first = json!([
        event("click", 0),
        event("mouse_move", 1),
        event("mouse_move", 2)
    ]);
    row.store_events(database, 10, first).await;
    row.store_events(database, 12, json!([event("mouse_move", 3), blur]))
        .await;
    row
}

#[tokio::test]
async fn details_show_windows_verdicts_and_event_counts() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = store_with_events(&api, &database).await;
    let path = format!("/api/v1/dashboard/sessions/{}/details", row.id);
    let details = api.json(&path).await;
    assert_eq!(details["session"]["is_final"], true);
    assert_eq!(details["windows"].as_array().unwrap().len(), 1);
    let kept = &details["revisions"][0]["verdict"];
    assert_eq!(kept["reasons"][0]["code"], "mouse.instant_press");
    let revision = json!({"generation": 1, "offset": 20, "phase": "final"});
    assert_eq!(kept["revision"], revision);
    let counts = json!({"click": 1, "mouse_move": 3, "blur": 1});
    assert_eq!(details["event_counts"], counts);
    for wrong in ["events_limit=1001", "events_cursor=zzz", "limit=1"] {
        let response = api.get(&format!("{path}?{wrong}")).await;
        problem(response, 422, "invalid_parameters").await;
    }
}

#[tokio::test]
async fn a_timeline_is_read_page_by_page_in_order() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = store_with_events(&api, &database).await;
    let path = format!("/api/v1/dashboard/sessions/{}/details", row.id);
    let whole = api.json(&path).await;
    assert_eq!(whole["timeline"]["next_cursor"], Value::Null);
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.json(&format!("{path}?events_limit=2{cursor}")).await;
        events.extend(page["timeline"]["events"].as_array().unwrap().clone());
        let Some(next) = page["timeline"]["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&events_cursor={next}");
    }
    assert_eq!(&json!(events), &whole["timeline"]["events"]);
    let kinds: Vec<&Value> = events.iter().map(|event| &event["event_type"]).collect();
    let expected = ["click", "mouse_move", "mouse_move", "mouse_move", "blur"];
    assert_eq!(kinds, expected);
    assert_eq!(events[2]["data"], json!({"x": 2}));
    assert_eq!(events[4]["data"], json!({}));
    let none = api.json(&format!("{path}?events_limit=0")).await;
    assert_eq!(none["timeline"]["events"], json!([]));
}
