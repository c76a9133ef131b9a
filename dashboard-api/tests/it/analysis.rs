//! Verdicts on request, with the test playing the detector.

use std::time::{Duration, Instant};

use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use reqwest::StatusCode;
use runtime::CancellationToken;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::OrganisationId;
use schemas::session::AnalysisRequested;
use schemas::verdict::{Phase, VerdictRecord};
use testkit::{Until, collect};

use crate::harness::{TestApi, body, database, problem};
use crate::rows::Row;

const GOLDEN: &str = include_str!("../../../schemas/golden/candor.verdict.v1.json");

fn analyze(id: impl std::fmt::Display) -> String {
    format!("/api/v1/detection/sessions/{id}/analyze")
}

/// Answers each analysis request as the detector would, until it is dropped.
struct Responder {
    stop: CancellationToken,
}

impl Responder {
    async fn start(api: &TestApi, answer_as: OrganisationId) -> Self {
        let config = KafkaConfig {
            brokers: api.topics.brokers().to_owned(),
            prefix: api.topics.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let options = ProducerOptions {
            linger: Duration::ZERO,
            ..ProducerOptions::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        let producer = Producer::new(&config, &options, metrics).unwrap();
        let topics = config.topics();
        let verdicts = topics.verdicts.clone();
        let stop = CancellationToken::new();
        let answer = move |record: &kafka::Record<'_>| {
            let request: AnalysisRequested = serde_json::from_slice(record.payload).unwrap();
            assert_eq!(record.key, request.session_id.to_string().as_bytes());
            let headers = RecordHeaders::decode(record.headers()).unwrap();
            assert_eq!(headers.record_type, RecordType::AnalysisRequested);
            assert_eq!(headers.id, request.request_id);
            let mut verdict: VerdictRecord = serde_json::from_str(GOLDEN).unwrap();
            verdict.session_id = request.session_id;
            verdict.organisation = answer_as.clone();
            verdict.revision.offset = record.offset;
            verdict.revision.phase = Phase::Requested;
            // First an answer to somebody else: it must not be taken.
            for request_id in ["another".to_owned(), request.request_id] {
                verdict.request_id = Some(request_id);
                let headers = RecordHeaders {
                    record_type: RecordType::Verdict,
                    ..headers.clone()
                };
                let payload = serde_json::to_vec(&verdict).unwrap();
                drop(
                    producer
                        .send(&verdicts, record.key, &payload, &headers)
                        .unwrap(),
                );
            }
        };
        let tail = kafka::tail::spawn(&config, &topics.events, answer, stop.clone()).unwrap();
        tail.ready.await.unwrap();
        Self { stop }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_verdict_is_answered_through_kafka() {
    let database = database().await;
    let change = |config: &mut dashboard_api::DashboardConfig| {
        config.analyze_wait = Duration::from_secs(10);
    };
    let api = TestApi::start_with(&crate::harness::login_url(&database), change).await;
    let _detector = Responder::start(&api, api.organisation().clone()).await;
    let mut times = Vec::new();
    for _ in 0..30 {
        let id = api.mint();
        let begun = Instant::now();
        let answer = body(api.post(&analyze(id)).await, StatusCode::OK).await;
        times.push(begun.elapsed());
        assert_eq!(answer["session_id"], id.to_string());
        assert_eq!(answer["is_final"], false);
        assert!(answer["request_id"].is_string(), "{answer}");
        assert_eq!(answer["verdict"]["confidence_score"], 0.97);
        assert_eq!(answer["verdict"]["class"], "scripted_bot");
        assert_eq!(answer["verdict"]["revision"]["phase"], "requested");
        assert_eq!(
            answer["verdict"]["reasons"][0]["code"],
            "mouse.instant_press"
        );
    }
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("analyze through Kafka: p50 {median:?}, slowest {slowest:?}");
    assert!(
        median < Duration::from_millis(200),
        "p50 {median:?} of {times:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_for_one_session_each_get_their_own_answer() {
    let database = database().await;
    let change = |config: &mut dashboard_api::DashboardConfig| {
        config.analyze_wait = Duration::from_secs(10);
    };
    let api = TestApi::start_with(&crate::harness::login_url(&database), change).await;
    let _detector = Responder::start(&api, api.organisation().clone()).await;
    let path = analyze(api.mint());
    let asked = (0..4).map(|_| api.post(&path));
    let mut ids = Vec::new();
    for response in futures_join(asked).await {
        let answer = body(response, StatusCode::OK).await;
        ids.push(answer["request_id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "{ids:?}");
}

async fn futures_join<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut results = Vec::new();
    let mut pending: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        pending.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(result) => {
                results.push(result);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_wait_the_answer_is_where_to_poll() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let id = api.mint();
    let response = api.post(&analyze(id)).await;
    assert_eq!(response.headers()["retry-after"], "1");
    let answer = body(response, StatusCode::ACCEPTED).await;
    let poll = answer["poll"].as_str().unwrap();
    assert_eq!(api.json(poll).await["status"], "pending");
    // The request is in the log all the same: the detector will answer it.
    let records = collect(
        api.topics.brokers(),
        &api.topics.topics().events,
        Until::HighWatermark,
    )
    .await;
    assert_eq!(records.len(), 1);
    let request: AnalysisRequested =
        serde_json::from_slice(records[0].payload.as_deref().unwrap()).unwrap();
    assert_eq!(answer["request_id"], request.request_id);
    assert_eq!(records[0].header("candor_org"), Some("ours"));
    let metrics = api.get("/metrics").await.text().await.unwrap();
    assert!(
        metrics.contains("dashboard_analysis_waiters 0"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_the_name_of_another_organisation_is_not_shown() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let _detector = Responder::start(&api, "theirs".parse().unwrap()).await;
    let answer = body(api.post(&analyze(api.mint())).await, StatusCode::ACCEPTED).await;
    assert!(answer.get("verdict").is_none(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_is_answered_without_a_request() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed();
    row.store(&database).await;
    let answer = body(api.post(&analyze(row.id)).await, StatusCode::OK).await;
    assert_eq!(answer["is_final"], true);
    assert_eq!(answer["status"], "completed");
    assert_eq!(answer["request_id"], serde_json::Value::Null);
    assert_eq!(answer["verdict"]["revision"]["phase"], "final");
    let records = collect(
        api.topics.brokers(),
        &api.topics.topics().events,
        Until::HighWatermark,
    )
    .await;
    assert_eq!(records, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_requests_are_bounded() {
    let database = database().await;
    let change = |config: &mut dashboard_api::DashboardConfig| {
        config.analyze_waiters = 1;
        config.analyze_wait = Duration::from_secs(3);
    };
    let api = TestApi::start_with(&crate::harness::login_url(&database), change).await;
    let (first, second) = (analyze(api.mint()), analyze(api.mint()));
    let mut statuses = Vec::new();
    for response in futures_join([api.post(&first), api.post(&second)].into_iter()).await {
        statuses.push(response.status());
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(response.headers()["retry-after"], "1");
            problem(response, 503, "overloaded").await;
        }
    }
    statuses.sort();
    assert_eq!(
        statuses,
        [StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE]
    );
}
