//! A broker that goes away costs answers, never acknowledged events (INV-1).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use testkit::{TestKafka, TestTopics, wait_until};
use tokio::task::block_in_place;

use crate::support::{
    DEADLINE, NewSession, TestGateway, events, expect_problem, usual_key, write_control,
};

/// Sends one batch; its id if it was acknowledged, otherwise the problem's code.
async fn send(gateway: &TestGateway, session: &NewSession) -> Result<String, String> {
    let response = gateway
        .batch(&session.id, events(2).to_string())
        .send()
        .await
        .unwrap();
    let status = response.status();
    let wait = response.headers().contains_key("retry-after");
    let body: Value = response.json().await.unwrap();
    if status == 202 {
        return Ok(body["batch_id"].as_str().unwrap().to_owned());
    }
    assert!(
        status == 503 && wait,
        "{status}, Retry-After: {wait}, {body}"
    );
    Err(body["code"].as_str().unwrap().to_owned())
}

/// Sends batches until ten of them had the wanted outcome.
async fn send_until(
    gateway: &TestGateway,
    session: &NewSession,
    acknowledged: &mut Vec<String>,
    is_wanted: fn(&Result<String, String>) -> bool,
) {
    let mut wanted = 0;
    wait_until("10 batches with the wanted outcome", DEADLINE, async || {
        let outcome = send(gateway, session).await;
        wanted += usize::from(is_wanted(&outcome));
        acknowledged.extend(outcome.clone().ok());
        if wanted >= 10 {
            Ok(())
        } else {
            Err(format!("{wanted} of 10, the last {outcome:?}"))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_around_an_outage_is_in_the_topic_once() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    let settings = [("CANDOR_INGEST_ACK_TIMEOUT_MS", "1000")];
    let gateway = TestGateway::start_on(topics, &settings).await;
    gateway.wait_until_ready().await;
    // A broker's very first record may take it longer than this test's short timeout.
    let session = wait_until("a first session", DEADLINE, async || {
        gateway.try_session().await
    });
    let session = session.await;
    let mut acknowledged = Vec::new();
    send_until(&gateway, &session, &mut acknowledged, Result::is_ok).await;
    block_in_place(|| kafka.stop());
    send_until(&gateway, &session, &mut acknowledged, Result::is_err).await;
    let unready = async || gateway.ready().await.err();
    let reason = wait_until("not ready", DEADLINE, unready).await;
    assert!(reason.contains("ingest_kafka"), "{reason}");
    block_in_place(|| kafka.restart());
    send_until(&gateway, &session, &mut acknowledged, Result::is_ok).await;
    gateway.wait_until_ready().await;
    assert!(acknowledged.len() >= 20, "{}", acknowledged.len());

    let mut times = BTreeMap::new();
    for record in gateway.records().await {
        let id = record.header("ce_id").unwrap().to_owned();
        *times.entry(id).or_insert(0) += 1;
    }
    let seen = |id: &String| times.get(id).copied().unwrap_or_default();
    let wrong: Vec<_> = acknowledged.iter().filter(|id| seen(id) != 1).collect();
    assert!(wrong.is_empty(), "not exactly once: {wrong:?}");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_a_broker_starts_is_not_ready_and_asks_for_patience() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    block_in_place(|| kafka.stop());
    let gateway = TestGateway::start_on(topics, &[]).await;
    let post = gateway.post("/api/v1/detection/sessions").send();
    let response = post.await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    expect_problem(response, 503, "starting").await;
    let unready = gateway.ready().await.unwrap_err();
    assert!(unready.contains("control"), "{unready}");
    let live = gateway.get("/health/live").send().await.unwrap();
    assert_eq!(live.status(), 200);
    // Once the broker is there the keys are read, and nothing has to be started again.
    block_in_place(|| kafka.restart());
    gateway.wait_until_ready().await;
    wait_until("a first session", DEADLINE, async || {
        gateway.try_session().await
    })
    .await;
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_loses_its_broker_keeps_its_keys_and_gives_records_up() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    let settings = [
        ("CANDOR_INGEST_ACK_TIMEOUT_MS", "300"),
        ("CANDOR_DRAIN_TIMEOUT_SECONDS", "1"),
    ];
    let gateway = TestGateway::start_on(topics, &settings).await;
    gateway.wait_until_ready().await;
    block_in_place(|| kafka.stop());
    let post = gateway.post("/api/v1/detection/sessions").send();
    let response = post.await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    expect_problem(response, 503, "broker_unavailable").await;
    let stranger = gateway.anonymous("/api/v1/detection/sessions");
    let stranger = stranger.bearer_auth("sk_test_unknown").send();
    expect_problem(stranger.await.unwrap(), 401, "credentials_invalid").await;
    // The record is given up as well, and its report is counted whether somebody waited or not.
    wait_until("the delivery is given up", DEADLINE, async || {
        let failed = gateway.metric("kafka_producer_records_failed_total").await;
        if failed == 1.0 { Ok(()) } else { Err(failed) }
    })
    .await;
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_requests_hold_a_bounded_number_of_bytes() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    let settings = [
        ("CANDOR_INGEST_ACK_TIMEOUT_MS", "3000"),
        ("CANDOR_INGEST_BODY_LIMIT_BYTES", "40000"),
        ("CANDOR_INGEST_IN_FLIGHT_BYTES", "80000"),
        ("CANDOR_DRAIN_TIMEOUT_SECONDS", "1"),
    ];
    let gateway = TestGateway::start_on(topics, &settings).await;
    gateway.wait_until_ready().await;
    let session = gateway.session().await;
    block_in_place(|| kafka.stop());
    let batch = || gateway.batch(&session.id, events(400).to_string()).send();
    let body = events(400).to_string().len();
    assert!((20_000..40_000).contains(&body), "{body}");
    let mut requests: Vec<_> = (0..10).map(|_| tokio::spawn(batch())).collect();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for request in requests.drain(..) {
        let body: Value = request.await.unwrap().unwrap().json().await.unwrap();
        *codes
            .entry(body["code"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    // 80,000 bytes have room for two or three bodies; the others are refused at once.
    let waiting = codes.get("broker_unavailable").copied().unwrap_or_default();
    let refused = codes.get("overloaded").copied().unwrap_or_default();
    assert!(
        (1..=3).contains(&waiting) && waiting + refused == 10,
        "{codes:?}"
    );
    let gauge = async || match gateway.metric("ingest_in_flight_bytes").await {
        0.0 => Ok(()),
        other => Err(other),
    };
    wait_until("no byte in flight", Duration::from_secs(10), gauge).await;
    gateway.ended().await;
}
