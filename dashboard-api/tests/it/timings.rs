//! Time that people and bots spend on the pages of a survey.

use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::harness::{TestApi, database, problem};
use crate::rows::Row;

const PATH: &str = "/api/v1/dashboard/surveys/SV_a/timings";

fn page(page: &str, at: i64) -> Value {
    json!({"event_type": "page_view", "timestamp": 1_790_000_000_000_i64 + at, "data": {"page": page}})
}

fn click(at: &str) -> Value {
    json!({"event_type": "click", "timestamp": at, "data": {"x": 1}})
}

/// A session that shows two pages, the second for `seconds` seconds.
async fn store(api: &TestApi, database: &TestDatabase, seconds: i64, is_bot: bool) -> Row {
    let verdict = if is_bot {
        (970, "CRITICAL", "scripted_bot")
    } else {
        (100, "LOW", "human")
    };
    let row = Row {
        survey: Some("SV_a"),
        ..Row::judged(api.mint(), verdict)
    };
    row.store(database).await;
    let first = json!([
        page("intro", 0),
        click("2026-09-21T13:33:21Z"),
        page("age", 4000)
    ]);
    row.store_events(database, 9, first).await;
    // 1_790_000_004 is 2026-09-21T14:13:24Z.
    let end = format!("2026-09-21T14:13:{:02}Z", 24 + seconds);
    row.store_events(database, 12, json!([page("age", 4500), click(&end)]))
        .await;
    row
}

#[tokio::test]
async fn people_and_bots_are_told_apart_page_by_page() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for seconds in [10, 20, 30] {
        store(&api, &database, seconds, false).await;
    }
    store(&api, &database, 1, true).await;
    // Nobody knows yet what this one is.
    let unjudged = Row {
        survey: Some("SV_a"),
        ..Row::new(api.mint())
    };
    unjudged.store(&database).await;
    unjudged
        .store_events(&database, 3, json!([page("intro", 0)]))
        .await;
    let answer = api.json(PATH).await;
    assert_eq!(
        (&answer["sessions"], &answer["people"], &answer["bots"]),
        (&json!(4), &json!(3), &json!(1))
    );
    assert_eq!(answer["partial"], false);
    let spent = |count: i64, low: f64, middle: f64, high: f64| json!({"count": count, "p10": low, "p25": low, "p50": middle, "p75": middle, "p90": high});
    let pages = &answer["pages"];
    assert_eq!(pages[0]["page"], "intro");
    assert_eq!(pages[0]["people"], spent(3, 4000.0, 4000.0, 4000.0));
    assert_eq!(pages[1]["page"], "age");
    assert_eq!(pages[1]["people"], spent(3, 10000.0, 20000.0, 20000.0));
    assert_eq!(pages[1]["bots"], spent(1, 1000.0, 1000.0, 1000.0));
    assert_eq!(pages.as_array().unwrap().len(), 2);
    let none = api
        .json("/api/v1/dashboard/surveys/SV_none/timings?range=1h")
        .await;
    assert_eq!((&none["sessions"], &none["pages"]), (&json!(0), &json!([])));
    let wrong = api.get(&format!("{PATH}?range=1y")).await;
    problem(wrong, 422, "invalid_parameters").await;
}

#[tokio::test]
async fn only_the_newest_sessions_of_the_period_are_looked_at() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    store(&api, &database, 5, false).await;
    let past = api
        .json(&format!("{PATH}?to=2026-01-01&from=2025-12-01"))
        .await;
    assert_eq!(past["sessions"], 0);
    let theirs = Row {
        organisation: "theirs",
        survey: Some("SV_a"),
        ..Row::judged(crate::harness::mint("theirs"), (100, "LOW", "human"))
    };
    theirs.store(&database).await;
    theirs
        .store_events(&database, 3, json!([page("secret", 0)]))
        .await;
    let answer = api.json(PATH).await;
    assert_eq!(answer["sessions"], 1);
    assert!(!answer.to_string().contains("secret"), "{answer}");
}
