//! Counts of periods.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use schemas::ids::SessionId;
use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::harness::{TestApi, database, mint_at, problem};
use crate::rows::Row;

/// The beginning of an hour of yesterday.
fn hour() -> DateTime<Utc> {
    let yesterday = Utc::now() - TimeDelta::days(1);
    yesterday.duration_trunc(TimeDelta::hours(1)).unwrap()
}

fn minutes_after(hour: DateTime<Utc>, minutes: i64) -> SessionId {
    mint_at("ours", hour + TimeDelta::minutes(minutes))
}

fn path(route: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let text = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    format!(
        "/api/v1/dashboard/{route}?from={}&to={}",
        text(from),
        text(to)
    )
}

/// Two sessions in the hour before, three in the hour, one in the next.
async fn store_rows(database: &TestDatabase, hour: DateTime<Utc>) {
    let of_survey = |row: Row| Row {
        survey: Some("SV_a"),
        ..row
    };
    for row in [
        Row::new(minutes_after(hour, -30)),
        Row::judged(minutes_after(hour, -1), (700, "HIGH", "ai_agent")).closed(),
        of_survey(Row::new(minutes_after(hour, 0))),
        of_survey(Row::judged(minutes_after(hour, 10), (100, "LOW", "human"))),
        Row {
            methods: 0b10,
            ..Row::judged(minutes_after(hour, 59), (970, "CRITICAL", "scripted_bot")).closed()
        },
        Row::judged(minutes_after(hour, 60), (100, "LOW", "human")).closed(),
    ] {
        row.store(database).await;
    }
}

#[tokio::test]
async fn the_overview_counts_the_sessions_of_whole_hours() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let hour = hour();
    store_rows(&database, hour).await;
    let minute = TimeDelta::minutes(1);
    let overview = api
        .json(&path("overview", hour + minute * 20, hour + minute * 30))
        .await;
    let text = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(overview["from"], text(hour));
    assert_eq!(overview["to"], text(hour + minute * 60));
    assert_eq!(
        overview["sessions"],
        json!({"total": 3, "active": 2, "completed": 1, "idle": 0, "max_length": 0})
    );
    assert_eq!(overview["verdicts"]["total"], 2);
    assert_eq!(overview["verdicts"]["bots_flagged"], 1);
    let by_risk = json!({"LOW": 1, "MEDIUM": 0, "HIGH": 0, "CRITICAL": 1});
    assert_eq!(overview["verdicts"]["by_risk"], by_risk);
    assert_eq!(overview["verdicts"]["by_class"]["scripted_bot"], 1);
    assert_eq!(overview["verdicts"]["by_method"]["mouse"], 1);
    assert_eq!(overview["verdicts"]["by_method"]["timing"], 0);
    assert_eq!(overview["verdicts"]["mean_score"], 0.535);
    assert_eq!(overview["events"], 30);
    assert!(overview["latest_update"].is_string(), "{overview}");
    let previous = &overview["previous"];
    assert_eq!(previous["to"], overview["from"]);
    assert_eq!(previous["sessions"]["total"], 2);
    assert_eq!(previous["verdicts"]["by_risk"]["HIGH"], 1);
}

#[tokio::test]
async fn the_overview_of_a_survey_counts_its_own_sessions() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let hour = hour();
    store_rows(&database, hour).await;
    let whole = path("overview", hour, hour + TimeDelta::hours(1));
    let of_survey = api.json(&format!("{whole}&survey=SV_a")).await;
    assert_eq!(of_survey["sessions"]["total"], 2);
    let of_none = api.json(&format!("{whole}&survey=SV_b")).await;
    assert_eq!(of_none["sessions"]["total"], 0);
    assert_eq!(of_none["verdicts"]["mean_score"], Value::Null);
    for (range, total) in [("1h", 0), ("7d", 6), ("90d", 6)] {
        let overview = api
            .json(&format!("/api/v1/dashboard/overview?range={range}"))
            .await;
        assert_eq!(overview["sessions"]["total"], total, "{range}");
    }
    for wrong in [
        "range=2h",
        "range=1h&from=2026-01-01",
        "from=2026-02-01&to=2026-01-01",
        "x=1",
        "bucket=hour",
    ] {
        let response = api
            .get(&format!("/api/v1/dashboard/overview?{wrong}"))
            .await;
        problem(response, 422, "invalid_parameters").await;
    }
}

#[tokio::test]
async fn a_trend_has_a_bucket_for_every_hour_or_day() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let hour = hour();
    store_rows(&database, hour).await;
    let two = TimeDelta::hours(2);
    let trend = api
        .json(&path("overview/trend", hour - two, hour + two))
        .await;
    assert_eq!(trend["bucket"], "hour");
    let totals = |trend: &Value, of: &str| -> Vec<i64> {
        let buckets = trend["buckets"].as_array().unwrap().iter();
        buckets
            .map(|bucket| bucket["sessions"][of].as_i64().unwrap())
            .collect()
    };
    assert_eq!(totals(&trend, "total"), [0, 2, 3, 1]);
    assert_eq!(totals(&trend, "completed"), [0, 1, 1, 1]);
    let day = hour.duration_trunc(TimeDelta::days(1)).unwrap();
    let days = path(
        "overview/trend",
        day - TimeDelta::days(3),
        day + TimeDelta::days(3),
    );
    let trend = api.json(&format!("{days}&survey=SV_a")).await;
    assert_eq!(trend["bucket"], "day");
    assert_eq!(totals(&trend, "total"), [0, 0, 0, 2, 0, 0]);
    for wrong in ["bucket=minute", "bucket=hour&range=90d"] {
        let response = api
            .get(&format!("/api/v1/dashboard/overview/trend?{wrong}"))
            .await;
        problem(response, 422, "invalid_parameters").await;
    }
}
