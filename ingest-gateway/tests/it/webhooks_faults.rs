//! A broker that is away costs a webhook an answer, never the notice (INV-1).

use schemas::webhook::NoticeOutcome;
use serde_json::Value;
use testkit::{TestKafka, TestTopics, wait_until};
use tokio::task::block_in_place;

use crate::support::{DEADLINE, TestGateway, expect_problem, mint, usual_key, write_control};
use crate::webhooks::{completed, ends, notices, usual_integrations};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_without_a_broker_is_told_to_come_again_and_then_goes_through() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(
        &topics,
        std::iter::once(usual_key()).chain(usual_integrations()),
    )
    .await;
    let settings = [("CANDOR_INGEST_ACK_TIMEOUT_MS", "500")];
    let gateway = TestGateway::start_on(topics, &settings).await;
    gateway.wait_until_ready().await;
    let session = mint("default").to_string();
    block_in_place(|| kafka.stop());
    let send = async || completed(&gateway, "R_1", &session).send().await.unwrap();
    // Two at the same moment: neither is answered by the other's failure.
    for response in futures::future::join_all([send(), send()]).await {
        assert_eq!(response.headers()["retry-after"], "2");
        expect_problem(response, 503, "broker_unavailable").await;
    }
    block_in_place(|| kafka.restart());
    gateway.wait_until_ready().await;
    let answer = wait_until("the repetition goes through", DEADLINE, async || {
        let response = send().await;
        let (status, body) = (response.status(), response.text().await.unwrap());
        if status == 200 { Ok(body) } else { Err(body) }
    });
    let answer: Value = serde_json::from_str(&answer.await).unwrap();
    assert_eq!(answer["outcome"], "session_completed");
    assert_eq!(answer["duplicate"], false, "a failed one is not seen");
    let again: Value = send().await.json().await.unwrap();
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["notice_id"], answer["notice_id"]);
    assert!(ends(&gateway, &session).await >= 1);
    // What the gateway gave up may have been stored all the same; it says the same under the same id.
    let notices = notices(&gateway).await;
    assert!(!notices.is_empty());
    for notice in notices {
        assert_eq!(notice.notice_id, answer["notice_id"]);
        assert_eq!(notice.outcome, NoticeOutcome::SessionCompleted);
    }
    gateway.ended().await;
}
