//! Surveys, campaigns, similar sessions.

use std::time::Duration;

use chrono::TimeDelta;
use dashboard_api::DashboardConfig;
use schemas::ids::SessionId;
use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::harness::{TestApi, database, login_url, minted_ago, problem};
use crate::keys::{put_key, wait_for_status};
use crate::rows::Row;

fn names<'a>(page: &'a Value, list: &str, member: &str) -> Vec<&'a str> {
    let items = page[list].as_array().unwrap().iter();
    items.map(|item| item[member].as_str().unwrap()).collect()
}

async fn store_in(database: &TestDatabase, survey: &'static str, hours_ago: i64) -> SessionId {
    let row = Row {
        survey: Some(survey),
        ..Row::judged(
            minted_ago(TimeDelta::hours(hours_ago)),
            (100, "LOW", "human"),
        )
    };
    row.store(database).await;
    row.id
}

#[tokio::test]
async fn surveys_are_listed_by_activity_and_by_name() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for (survey, hours) in [
        ("b", 30),
        ("a", 3),
        ("d", 40),
        ("c", 1),
        ("c", 900),
        ("cc", 2000),
    ] {
        store_in(&database, survey, hours).await;
    }
    Row::new(api.mint()).store(&database).await;
    let read = async |query: &str| {
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/dashboard/surveys?limit=2&{query}{cursor}");
            let page = api.json(&path).await;
            assert_eq!(page["partial"], false);
            seen.extend(
                names(&page, "surveys", "survey_id")
                    .iter()
                    .map(ToString::to_string),
            );
            let Some(next) = page["next_cursor"].as_str() else {
                return seen;
            };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(read("order=activity").await, ["c", "a", "b", "d", "cc"]);
    assert_eq!(read("order=name").await, ["a", "b", "c", "cc", "d"]);
    assert_eq!(read("order=name&q=c").await, ["c", "cc"]);
    assert_eq!(read("q=c").await, ["c", "cc"]);
    assert_eq!(read("q=x").await, Vec::<String>::new());
    let page = api
        .json("/api/v1/dashboard/surveys?order=name&range=24h")
        .await;
    let totals: Vec<i64> = page["surveys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|survey| survey["sessions"]["total"].as_i64().unwrap())
        .collect();
    assert_eq!(totals, [1, 0, 1, 0, 0]);
    assert_eq!(page["surveys"][0]["quality"], 1.0);
}

#[tokio::test]
async fn a_survey_is_listed_with_the_period_before() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for (survey, hours) in [("a", 3), ("b", 30), ("b", 31), ("c", 1), ("c", 40)] {
        store_in(&database, survey, hours).await;
    }
    for order in ["name", "activity"] {
        let path = format!("/api/v1/dashboard/surveys?order={order}&range=24h");
        let page = api.json(&path).await;
        for survey in page["surveys"].as_array().unwrap() {
            let (now, before) = match survey["survey_id"].as_str().unwrap() {
                "a" => (1, 0),
                "b" => (0, 2),
                _ => (1, 1),
            };
            let previous = &survey["previous"];
            assert_eq!(survey["sessions"]["total"], now, "{survey}");
            assert_eq!(previous["sessions"]["total"], before, "{survey}");
            assert_eq!(previous["to"], page["from"]);
        }
    }
}

#[tokio::test]
async fn a_page_is_shared_by_readers_of_one_organisation_who_ask_the_same() {
    let database = database().await;
    let an_hour = |config: &mut DashboardConfig| config.surveys_shared = Duration::from_secs(3600);
    let api = TestApi::start_with(&login_url(&database), an_hour).await;
    let (_writer, theirs) = put_key(&api, |options| {
        options.organisation = "theirs".parse().unwrap()
    })
    .await;
    let path = "/api/v1/dashboard/surveys?order=name&range=7d";
    store_in(&database, "first", 3).await;
    let first = api.json(path).await;
    assert_eq!(names(&first, "surveys", "survey_id"), ["first"]);
    store_in(&database, "second", 3).await;
    assert_eq!(api.json(path).await, first);
    let other = api.json(&format!("{path}&limit=99")).await;
    assert_eq!(names(&other, "surveys", "survey_id"), ["first", "second"]);
    let response = wait_for_status(&api, &theirs.text, path, 200).await;
    let page: Value = response.json().await.unwrap();
    assert_eq!(names(&page, "surveys", "survey_id"), Vec::<&str>::new());
}

#[tokio::test]
async fn a_bad_parameter_of_the_list_of_surveys_is_refused() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for wrong in ["order=size", "limit=101", "cursor=zzz", "x=1"] {
        let response = api.get(&format!("/api/v1/dashboard/surveys?{wrong}")).await;
        problem(response, 422, "invalid_parameters").await;
    }
}

#[tokio::test]
async fn a_survey_shows_its_period_trend_and_campaigns() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row {
        survey: Some("SV_a"),
        methods: 0b10,
        ..Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot"))
    };
    row.store(&database).await;
    row.store_finding(&database, (7, 650, "HIGH")).await;
    store_in(&database, "SV_a", 40 * 24).await;
    store_in(&database, "SV_b", 1).await;
    let survey = api.json("/api/v1/dashboard/surveys/SV_a").await;
    assert_eq!(survey["survey_id"], "SV_a");
    assert_eq!(survey["period"]["sessions"]["total"], 1);
    assert_eq!(survey["previous"]["sessions"]["total"], 1);
    assert_eq!(survey["period"]["verdicts"]["by_method"]["mouse"], 1);
    assert_eq!(survey["period"]["verdicts"]["with_findings"], 1);
    assert_eq!(survey["quality"], 0.0);
    assert_eq!(survey["trend"]["bucket"], "day");
    let days = survey["trend"]["buckets"].as_array().unwrap();
    let last = days.iter().rfind(|day| day["sessions"]["total"] == 1);
    assert!(last.is_some(), "{survey}");
    let kinds = names(&survey, "campaigns", "kind");
    assert_eq!(kinds, ["device"]);
    let missing = api.get("/api/v1/dashboard/surveys/SV_x").await;
    problem(missing, 404, "unknown_survey").await;
}

/// Three sessions that share a device, two of them a second one.
async fn store_campaigns(database: &TestDatabase) -> Vec<SessionId> {
    let mut ids = Vec::new();
    for hours in [3, 2, 1] {
        let id = store_in(database, "SV_a", hours).await;
        let row = Row {
            survey: Some("SV_a"),
            ..Row::new(id)
        };
        row.store_finding(database, (7, 650, "HIGH")).await;
        if hours < 3 {
            row.store_finding(database, (8, 371, "MEDIUM")).await;
        }
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn campaigns_are_listed_with_their_sessions() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let ids = store_campaigns(&database).await;
    let first = api.json("/api/v1/dashboard/campaigns?limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = api
        .json(&format!(
            "/api/v1/dashboard/campaigns?limit=1&cursor={next}"
        ))
        .await;
    assert_eq!(second["next_cursor"], Value::Null);
    let mut fingerprints = names(&first, "campaigns", "fingerprint");
    fingerprints.extend(names(&second, "campaigns", "fingerprint"));
    fingerprints.sort_unstable();
    let expected = [format!("{:032x}", 7), format!("{:032x}", 8)];
    assert_eq!(fingerprints, expected);
    for (query, count) in [
        ("survey=SV_a", 2),
        ("survey=SV_b", 0),
        ("kind=device", 2),
        ("kind=rhythm", 0),
    ] {
        let page = api
            .json(&format!("/api/v1/dashboard/campaigns?{query}"))
            .await;
        assert_eq!(
            page["campaigns"].as_array().unwrap().len(),
            count,
            "{query}"
        );
    }
    let path = format!("/api/v1/dashboard/campaigns/device/{}", expected[0]);
    let page = api.json(&format!("{path}?limit=2")).await;
    assert_eq!(page["campaign"]["code"], "coordination.same_device");
    let shown = names(&page, "sessions", "session_id");
    assert_eq!(shown, [ids[2].to_string(), ids[1].to_string()]);
    let next = page["next_cursor"].as_str().unwrap();
    let page = api.json(&format!("{path}?limit=2&cursor={next}")).await;
    assert_eq!(names(&page, "sessions", "session_id"), [ids[0].to_string()]);
    assert_eq!(page["next_cursor"], Value::Null);
    let missing = api
        .get("/api/v1/dashboard/campaigns/device/00000000000000000000000000000009")
        .await;
    problem(missing, 404, "unknown_campaign").await;
}

#[tokio::test]
async fn similar_sessions_are_those_with_the_same_fingerprints() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let ids = store_campaigns(&database).await;
    let path = |id: SessionId| format!("/api/v1/dashboard/sessions/{id}/similar");
    let similar = api.json(&path(ids[0])).await;
    let sessions = similar["sessions"].as_array().unwrap();
    let shown: Vec<&Value> = sessions
        .iter()
        .map(|similar| &similar["session"]["session_id"])
        .collect();
    assert_eq!(
        shown,
        [&json!(ids[2].to_string()), &json!(ids[1].to_string())]
    );
    assert_eq!(sessions[0]["kinds"], json!(["device"]));
    let first = api.json(&format!("{}?limit=1", path(ids[1]))).await;
    let next = first["next_cursor"].as_str().unwrap();
    let rest = api
        .json(&format!("{}?limit=1&cursor={next}", path(ids[1])))
        .await;
    assert_eq!(
        rest["sessions"][0]["session"]["session_id"],
        ids[0].to_string()
    );
    assert_eq!(rest["next_cursor"], Value::Null);
    let alone = Row::new(api.mint());
    alone.store(&database).await;
    let none = api.json(&path(alone.id)).await;
    assert_eq!(none["sessions"], json!([]));
}
