//! The outbox under faults: no change is lost, and the newest stands last.

use std::collections::BTreeSet;

use dashboard_api::DashboardConfig;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{CollectedRecord, TestDatabase, TestKafka, TestTopics, Until, collect, wait_until};

use crate::harness::{KEY, TestApi, database, login_url};
use crate::settings::{
    PATIENCE, change, gateway, path_of, put, wait_for_ruleset, wait_until_published,
};

fn on(topics: &TestTopics) -> impl Fn(&mut DashboardConfig) + use<> {
    let (brokers, prefix) = (topics.brokers().to_owned(), topics.prefix().to_owned());
    move |config| {
        config.kafka.brokers.clone_from(&brokers);
        config.kafka.prefix.clone_from(&prefix);
    }
}

/// Ends every connection but the one that says it.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn bar(score: f64) -> Value {
    json!({ "thresholds": { "bot_score": score } })
}

/// The version that a survey's new sessions get by its settings.
async fn ruleset_of(database: &TestDatabase, survey: &str) -> String {
    let client = database.client().await;
    let query = "SELECT ruleset FROM survey_settings WHERE survey_id = $1";
    client.query_one(query, &[&survey]).await.unwrap().get(0)
}

async fn unpublished(database: &TestDatabase) -> i64 {
    let client = database.client().await;
    let query = "SELECT count(*) FROM settings_outbox WHERE published_at IS NULL";
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// Rulesets in the order in which the control topic has them for the survey.
fn rulesets_in(records: &[CollectedRecord], survey: &str) -> Vec<String> {
    let key = format!("survey/ours/{survey}");
    let of_survey = records
        .iter()
        .filter(|record| record.key_text() == Some(&key));
    let values = of_survey.map(|record| {
        let value: Value = serde_json::from_slice(record.payload.as_ref().unwrap()).unwrap();
        value["versions"]["ruleset"].as_str().unwrap().to_owned()
    });
    values.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_while_kafka_is_away_are_pending_and_published_in_order_when_it_is_back() {
    let database = database().await;
    let mut kafka = TestKafka::own();
    let topics = TestTopics::create_on(&kafka, 1).await;
    let api = TestApi::start_with(&login_url(&database), on(&topics)).await;
    change(&api, "S", "\"0\"", &bar(0.4)).await;
    wait_until_published(&api, "S").await;
    kafka.stop();
    change(&api, "S", "\"1\"", &bar(0.5)).await;
    let (_, last) = change(&api, "S", "\"2\"", &bar(0.7)).await;
    assert_eq!(last["version"], 3);
    assert_eq!(last["publication"]["state"], "pending");
    kafka.restart();
    wait_until_published(&api, "S").await;
    let expected = ruleset_of(&database, "S").await;
    let (control, _stop) = gateway(topics.brokers(), topics.prefix()).await;
    let thresholds = wait_for_ruleset(&control, "S", &expected).await;
    assert_eq!(thresholds["bot_score"], 0.7);
    let metrics = api.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("dashboard_outbox_publications_total{outcome=\"published\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_and_not_marked_is_published_again_before_what_is_newer() {
    let database = database().await;
    let topics = TestTopics::create(1).await;
    let api = TestApi::start_with(&login_url(&database), on(&topics)).await;
    change(&api, "S", "\"0\"", &bar(0.4)).await;
    change(&api, "S", "\"1\"", &bar(0.5)).await;
    wait_until_published(&api, "S").await;
    drop(api);
    // As a relay leaves it that dies after Kafka's acknowledgement and before its own commit.
    let superuser = database.client().await;
    let forget = "UPDATE settings_outbox SET published_at = NULL";
    assert_eq!(superuser.execute(forget, &[]).await.unwrap(), 4);
    let api = TestApi::start_with(&login_url(&database), on(&topics)).await;
    change(&api, "S", "\"2\"", &bar(0.7)).await;
    wait_until_published(&api, "S").await;
    let records = collect(
        topics.brokers(),
        &topics.topics().control,
        Until::HighWatermark,
    )
    .await;
    let published = rulesets_in(&records, "S");
    let distinct: BTreeSet<&String> = published.iter().collect();
    assert_eq!((published.len(), distinct.len()), (5, 3));
    assert_eq!(
        published[..2],
        published[2..4],
        "the same ones again, in their order"
    );
    assert_eq!(published[4], ruleset_of(&database, "S").await);
}

/// Changes a survey's settings whatever happens to connections, as a patient client does.
async fn insist(api: &TestApi, survey: &str, settings: &Value) {
    wait_until("the change", PATIENCE, async || {
        let seen = api.get(&path_of(survey)).await;
        let Some(tag) = seen.headers().get("etag").cloned() else {
            return Err(seen.status());
        };
        let tag = tag.to_str().unwrap().to_owned();
        match put(api, (survey, KEY), &tag, settings).await.status() {
            StatusCode::OK => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_whose_connections_are_cut_publish_every_survey_to_its_newest_settings() {
    let database = database().await;
    let topics = TestTopics::create(1).await;
    let url = login_url(&database);
    let apis = [
        TestApi::start_with(&url, on(&topics)).await,
        TestApi::start_with(&url, on(&topics)).await,
    ];
    let superuser = database.client().await;
    let surveys = ["A", "B", "C"];
    for number in 0..12 {
        let settings = bar(0.3 + f64::from(number) / 100.0);
        for (place, survey) in surveys.iter().enumerate() {
            insist(&apis[(place + number as usize) % 2], survey, &settings).await;
            superuser.execute(CUT, &[]).await.unwrap();
        }
    }
    wait_until("an empty outbox", PATIENCE, async || {
        match unpublished(&database).await {
            0 => Ok(()),
            count => Err(count),
        }
    })
    .await;
    let (control, _stop) = gateway(topics.brokers(), topics.prefix()).await;
    for survey in surveys {
        let expected = ruleset_of(&database, survey).await;
        let thresholds = wait_for_ruleset(&control, survey, &expected).await;
        assert_eq!(thresholds["bot_score"], 0.41, "{survey}");
    }
    let records = collect(
        topics.brokers(),
        &topics.topics().control,
        Until::HighWatermark,
    )
    .await;
    for survey in surveys {
        let published = rulesets_in(&records, survey);
        let first = |ruleset| published.iter().position(|one| one == ruleset);
        let history = history_of(&database, survey).await;
        let places: Vec<Option<usize>> = history.iter().map(first).collect();
        assert!(
            !places.contains(&None) && places.is_sorted(),
            "{survey}: {places:?}"
        );
    }
}

/// The versions that a survey's new sessions got, one settings after the other.
async fn history_of(database: &TestDatabase, survey: &str) -> Vec<String> {
    let client = database.client().await;
    let query = "SELECT ruleset FROM survey_settings_history WHERE survey_id = $1 ORDER BY version";
    let rows = client.query(query, &[&survey]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_relay_at_a_time_publishes_each_change_once() {
    let database = database().await;
    let topics = TestTopics::create(1).await;
    let url = login_url(&database);
    let apis = [
        TestApi::start_with(&url, on(&topics)).await,
        TestApi::start_with(&url, on(&topics)).await,
    ];
    for number in 0..10 {
        let tag = format!("\"{number}\"");
        change(
            &apis[number % 2],
            "S",
            &tag,
            &bar(0.3 + number as f64 / 100.0),
        )
        .await;
    }
    wait_until_published(&apis[0], "S").await;
    let records = collect(
        topics.brokers(),
        &topics.topics().control,
        Until::HighWatermark,
    )
    .await;
    assert_eq!(rulesets_in(&records, "S").len(), 10);
    // Each instance looks at the outbox for itself.
    wait_until("an empty outbox", PATIENCE, async || {
        let text = apis[1].get("/metrics").await.text().await.unwrap();
        if text.contains("dashboard_outbox_pending_records 0") {
            Ok(())
        } else {
            Err("it is not said to be empty")
        }
    })
    .await;
}
