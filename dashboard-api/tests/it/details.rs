//! One session in detail.

use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::harness::{TestApi, database, problem};
use crate::rows::Row;

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
    assert_eq!(none["timeline"], json!({"events": [], "next_cursor": null}));
    // Nothing was read, so nothing was counted.
    assert_eq!(
        (&none["event_counts"], &none["event_counts_complete"]),
        (&json!({}), &json!(false))
    );
    assert_eq!(none["windows"], whole["windows"]);
}

#[tokio::test]
async fn events_are_paged_without_the_rest() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = store_with_events(&api, &database).await;
    let path = format!("/api/v1/dashboard/sessions/{}/events", row.id);
    let whole = api.json(&path).await;
    assert_eq!(whole["events"].as_array().unwrap().len(), 5);
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.json(&format!("{path}?events_limit=3{cursor}")).await;
        events.extend(page["events"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&events_cursor={next}");
    }
    assert_eq!(&json!(events), &whole["events"]);
    let foreign = api
        .get("/api/v1/dashboard/sessions/01a03111-3a57-7000-8000-000000000000/events")
        .await;
    problem(foreign, 404, "unknown_session").await;
}

#[tokio::test]
async fn a_pointers_way_is_thinned_out_on_the_server() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row::new(api.mint());
    row.store(&database).await;
    let start = 1_790_000_000_000_i64;
    // Along a right angle, in more batches than are read at a time.
    for batch in 0..20 {
        let events: Vec<Value> = (0..1000)
            .map(|n| {
                let step = batch * 1000 + n;
                let (x, y) = (step.min(10_000), (step - 10_000).max(0));
                json!({"event_type": "mouse_move", "timestamp": start + step, "data": {"x": x, "y": y}})
            })
            .collect();
        row.store_events(&database, batch, json!(events)).await;
    }
    let press = json!([{"event_type": "click", "timestamp": start + 20_000, "data": {"x": 5, "y": 7}},
        {"event_type": "blur", "timestamp": start + 20_001}]);
    row.store_events(&database, 200, press).await;
    let path = format!("/api/v1/dashboard/sessions/{}/pointer", row.id);
    let way = api.json(&format!("{path}?points=3")).await;
    assert_eq!(way["positions"], 20_001);
    assert_eq!(way["complete"], true);
    let last = json!({"t": 20_000.0, "x": 5.0, "y": 7.0, "type": "click"});
    let points = way["points"].as_array().unwrap();
    assert_eq!(points[0]["t"], 0.0);
    assert_eq!(points[2], last);
    let corner = api.json(&format!("{path}?points=4")).await;
    let times: Vec<f64> = corner["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["t"].as_f64().unwrap())
        .collect();
    assert!(
        times.contains(&19_999.0) && times.iter().any(|t| (t - 10_000.0).abs() < 10.0),
        "{times:?}"
    );
    let details = api
        .json(&format!("/api/v1/dashboard/sessions/{}/details", row.id))
        .await;
    let counts = json!({"mouse_move": 20_000, "click": 1, "blur": 1});
    assert_eq!(details["event_counts"], counts);
    assert_eq!(details["event_counts_complete"], true);
    problem(
        api.get(&format!("{path}?points=1")).await,
        422,
        "invalid_parameters",
    )
    .await;
}

#[tokio::test]
async fn typing_shows_times_and_classes_and_never_a_key() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row::new(api.mint());
    row.store(&database).await;
    let start = 1_790_000_000_000_i64;
    let key = |at: i64, data: Value| json!({"event_type": "keystroke", "timestamp": start + at, "data": data});
    let events = json!([
        {"event_type": "focus", "timestamp": start},
        key(100, json!({"key": "letter", "dwell": 80})),
        key(300, json!({"key": "digit", "dwell": 60})),
        key(500, json!({"key": "space", "action": "down"})),
        key(510, json!({"key": "space", "action": "down", "repeat": true})),
        key(590, json!({"key": "space", "action": "up"})),
        key(700, json!({"key": "q", "dwell": 40})),
    ]);
    row.store_events(&database, 1, events).await;
    let typing = api
        .json(&format!("/api/v1/dashboard/sessions/{}/typing", row.id))
        .await;
    let expected = json!([
        {"t": 100.0, "class": "letter", "dwell": 80.0, "flight": null},
        {"t": 300.0, "class": "digit", "dwell": 60.0, "flight": 120.0},
        {"t": 500.0, "class": "space", "dwell": 90.0, "flight": 140.0},
        {"t": 700.0, "class": "other", "dwell": 40.0, "flight": 110.0},
    ]);
    assert_eq!(typing["keys"], expected);
    assert_eq!(typing["pressed"], 4);
    assert_eq!(
        typing["by_class"],
        json!({"letter": 1, "digit": 1, "space": 1, "other": 1})
    );
    assert_eq!(typing["flight"]["p50"], 120.0);
    assert_eq!(typing["complete"], true);
}
