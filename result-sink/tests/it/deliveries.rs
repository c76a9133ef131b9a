//! What the sink of deliveries stores.

use kafka::producer::Producer;
use result_sink::SinkConfig;
use result_sink::metrics::DEAD_LETTERS;
use schemas::webhook::WebhookNotice;
use serde_json::{Value, json};
use storage::sink_transaction;
use testkit::{TestTopics, Until, collect};

use crate::build::session;
use crate::harness::{GroupView, TestSink, contents, database, produce_raw, producer, sink_config};

/// A notice of an organisation, as the gateway publishes it.
async fn publish(
    topics: &TestTopics,
    producer: &Producer,
    (organisation, notice): (&[u8], &Value),
) {
    let headers: [(&str, &[u8]); 1] = [("candor_org", organisation)];
    let topic = &topics.topics().webhooks;
    let (key, payload) = ("int_abcdefghij234567", notice.to_string());
    produce_raw(producer, topic, key, payload.as_bytes(), &headers).await;
}

fn notice(number: u16, outcome: &str) -> Value {
    let notice = json!({
        "notice_id": format!("notice-{number}"), "integration": "int_abcdefghij234567", "platform": "qualtrics",
        "kind": "response_completed", "outcome": outcome, "received_at": "2026-11-20T10:00:00.250Z",
        "event": "surveyengine.completedResponse", "survey_id": "SV_1",
        "session_id": (outcome == "session_completed").then(|| session(number).to_string()),
        "fields": {"BrandID": "acme", "Count": 3}, "dropped_fields": 2,
    });
    serde_json::from_value::<WebhookNotice>(notice.clone()).unwrap();
    notice
}

async fn run_deliveries(topics: &TestTopics, url: &str) -> f64 {
    let sink = TestSink::spawn(SinkConfig {
        verdicts: false,
        raw_events: false,
        ..sink_config(topics, url)
    });
    GroupView::webhooks(topics).wait_for_end().await;
    let set_aside = sink.metric(DEAD_LETTERS);
    sink.stop().await;
    set_aside
}

#[tokio::test]
async fn notices_are_stored_once_and_what_is_none_is_set_aside() {
    let (topics, (database, url)) = (TestTopics::create(2).await, database().await);
    let producer = producer(&topics);
    for number in 0..20 {
        let outcome = ["session_completed", "noted", "unmatched"][usize::from(number % 3)];
        publish(&topics, &producer, (b"acme", &notice(number, outcome))).await;
    }
    // The same notice again, behind another gateway.
    publish(
        &topics,
        &producer,
        (b"acme", &notice(0, "session_completed")),
    )
    .await;
    publish(&topics, &producer, (b"acme", &json!({"notice_id": "none"}))).await;
    publish(&topics, &producer, (b"\xff", &notice(1, "noted"))).await;
    assert_eq!(run_deliveries(&topics, &url).await, 2.0, "dead letters");
    let dead = collect(
        topics.brokers(),
        &topics.topics().dead_letters,
        Until::HighWatermark,
    )
    .await;
    let mut reasons: Vec<&str> = dead
        .iter()
        .map(|letter| letter.header("candor_dlq_reason").unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["bad_headers", "bad_notice"]);

    assert_eq!(database.count("integration_deliveries").await, 21);
    let client = database.client().await;
    let stored = "SELECT count(*), count(DISTINCT notice_id), count(session_id) FROM integration_deliveries \
        WHERE organisation = 'acme' AND generation = 1 AND platform = 'qualtrics' AND kind = 'response_completed' \
        AND received_at = '2026-11-20T10:00:00.250Z' AND survey_id = 'SV_1' AND response_id IS NULL \
        AND fields = '{\"BrandID\": \"acme\", \"Count\": 3}' AND dropped_fields = 2";
    let row = client.query_one(stored, &[]).await.unwrap();
    let counts: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    assert_eq!(counts, (21, 20, 8));
    let before = contents(&database).await;
    GroupView::webhooks(&topics).rewind().await;
    run_deliveries(&topics, &url).await;
    assert_eq!(contents(&database).await, before);
}

#[tokio::test]
async fn an_organisation_reads_its_own_deliveries_and_writes_none() {
    let (topics, (_database, url)) = (TestTopics::create(1).await, database().await);
    let producer = producer(&topics);
    publish(&topics, &producer, (b"ours", &notice(1, "noted"))).await;
    publish(&topics, &producer, (b"theirs", &notice(2, "noted"))).await;
    run_deliveries(&topics, &url).await;
    let pool = storage::pool(&storage::DatabaseConfig::new(url)).unwrap();
    let mut client = pool.get().await.unwrap();
    let ours = "ours".parse().unwrap();
    let transaction = storage::org_transaction(&mut client, &ours).await.unwrap();
    let seen = "SELECT notice_id FROM integration_deliveries";
    let rows = transaction.query(seen, &[]).await.unwrap();
    let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(seen, ["notice-1"]);
    transaction.rollback().await.unwrap();
    for statement in [
        "DELETE FROM integration_deliveries",
        "UPDATE integration_deliveries SET event = 'x'",
    ] {
        let transaction = client.transaction().await.unwrap();
        transaction
            .batch_execute("SET LOCAL ROLE candor_api")
            .await
            .unwrap();
        let refused = transaction.batch_execute(statement).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{statement}");
    }
    // Retention is the sink's, which changes nothing that is stored.
    let transaction = sink_transaction(&mut client).await.unwrap();
    let deleted = transaction
        .execute("DELETE FROM integration_deliveries", &[])
        .await
        .unwrap();
    assert_eq!(deleted, 2);
    transaction.rollback().await.unwrap();
}
