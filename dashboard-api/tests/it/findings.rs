//! What several sessions have in common, as the API shows it.

use schemas::ids::SessionId;
use serde_json::{Value, json};

use crate::harness::{TestApi, database};
use crate::rows::Row;

const LIST: &str = "/api/v1/dashboard/sessions";

fn item(page: &Value, id: SessionId) -> &Value {
    let sessions = page["sessions"].as_array().unwrap();
    let found = sessions
        .iter()
        .find(|session| session["session_id"] == id.to_string());
    found.unwrap_or_else(|| panic!("{id} is not in {page}"))
}

#[tokio::test]
async fn list_and_status_show_the_higher_risk_beside_the_verdicts_own() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let shared = Row::judged(api.mint(), (100, "LOW", "human"));
    let risky = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot"));
    let alone = Row::judged(api.mint(), (120, "LOW", "human"));
    for row in [&shared, &risky, &alone] {
        row.store(&database).await;
    }
    shared.store_finding(&database, (7, 371, "MEDIUM")).await;
    risky.store_finding(&database, (7, 371, "MEDIUM")).await;
    let page = api.json(LIST).await;
    for (row, risk, effective, score, count) in [
        (&shared, "LOW", "MEDIUM", 0.371, 1),
        (&risky, "CRITICAL", "CRITICAL", 0.97, 1),
        (&alone, "LOW", "LOW", 0.12, 0),
    ] {
        let status = api
            .json(&format!("/api/v1/detection/sessions/{}/status", row.id))
            .await;
        assert_eq!(status["verdict"]["risk_level"], risk);
        for shown in [item(&page, row.id), &status] {
            assert_eq!(shown["effective_risk"], effective, "{shown}");
            assert_eq!(shown["effective_score"], score, "{shown}");
            assert_eq!(shown["finding_count"], count, "{shown}");
        }
    }
    assert_eq!(
        item(&page, shared.id)["first_finding"],
        "6 sessions came from one device."
    );
    assert_eq!(item(&page, alone.id)["first_finding"], Value::Null);
}

#[tokio::test]
async fn the_filter_and_the_overview_go_by_the_effective_risk() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let shared = Row::judged(api.mint(), (100, "LOW", "human"));
    let alone = Row::judged(api.mint(), (120, "LOW", "human"));
    for row in [&shared, &alone] {
        row.store(&database).await;
    }
    shared.store_finding(&database, (7, 650, "HIGH")).await;
    let ids = async |query: &str| {
        let page = api.json(&format!("{LIST}?{query}")).await;
        let sessions = page["sessions"].as_array().unwrap().clone();
        let ids = sessions
            .into_iter()
            .map(|session| session["session_id"].clone());
        ids.collect::<Vec<Value>>()
    };
    assert_eq!(
        ids("risk=HIGH,CRITICAL").await,
        [json!(shared.id.to_string())]
    );
    assert_eq!(ids("risk=LOW").await, [json!(alone.id.to_string())]);
    let overview = api.json("/api/v1/dashboard/overview").await;
    assert_eq!(overview["verdicts"]["total"], 2);
    let by_risk = json!({"LOW": 1, "MEDIUM": 0, "HIGH": 1, "CRITICAL": 0});
    assert_eq!(overview["verdicts"]["by_risk"], by_risk);
}

#[tokio::test]
async fn details_say_what_is_shared_and_with_whom_and_nothing_of_other_organisations() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = |survey| Row {
        survey: Some(survey),
        ..Row::judged(api.mint(), (100, "LOW", "human"))
    };
    let (first, second, elsewhere) = (row("SV_1"), row("SV_1"), row("SV_2"));
    let foreign = Row {
        organisation: "theirs",
        ..row("SV_1")
    };
    for row in [&first, &second, &elsewhere, &foreign] {
        row.store(&database).await;
        row.store_finding(&database, (7, 371, "MEDIUM")).await;
    }
    first.store_finding(&database, (8, 650, "HIGH")).await;
    let details = api.json(&format!("{LIST}/{}/details", first.id)).await;
    let findings = details["findings"].as_array().unwrap();
    let seen: Vec<(&Value, &Value)> = findings
        .iter()
        .map(|finding| (&finding["score"], &finding["other_sessions"]))
        .collect();
    let others = json!([second.id.to_string()]);
    assert_eq!(seen, [(&json!(0.65), &json!([])), (&json!(0.371), &others)]);
    assert_eq!(findings[1]["fingerprint"], format!("{:032x}", 7));
    assert_eq!(findings[1]["evidence"], json!({"sessions": 6.0}));
    assert_eq!(findings[1]["code"], "coordination.same_device");
}

/// Findings may be stored before the session's first window.
#[tokio::test]
async fn a_session_of_which_only_findings_are_stored_is_pending_and_in_no_list() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row::new(api.mint());
    row.store(&database).await;
    row.store_finding(&database, (7, 371, "MEDIUM")).await;
    row.forget_windows(&database).await;
    let status = api
        .json(&format!("/api/v1/detection/sessions/{}/status", row.id))
        .await;
    assert_eq!(
        (&status["status"], &status["effective_risk"]),
        (&json!("pending"), &Value::Null)
    );
    assert_eq!(api.json(LIST).await["sessions"], json!([]));
    let overview = api.json("/api/v1/dashboard/overview").await;
    assert_eq!(overview["sessions"]["total"], 0);
}
