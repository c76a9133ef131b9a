//! How fast events are judged, as the API sees verdicts come by.

use chrono::{TimeDelta, Utc};
use schemas::verdict::{Phase, RiskLevel};
use testkit::wait_until;

use crate::harness::{DEADLINE, TestApi, database};
use crate::live::watching::{Detector, running};

const PATH: &str = "/api/v1/dashboard/rates";

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_and_their_events_are_counted_for_their_organisation() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let before = api.json(PATH).await;
    assert_eq!(before["verdicts_per_second"], 0.0);
    assert!(before["latency"].is_null(), "{before}");
    let detector = Detector::of(&api);
    for _ in 0..20 {
        detector.verdict("theirs", running(RiskLevel::Low)).await;
    }
    for _ in 0..3 {
        let now = Utc::now();
        let verdict = |verdict: &mut schemas::verdict::VerdictRecord| {
            verdict.revision.phase = Phase::Running;
            verdict.session.created_at = now;
            verdict.session.updated_at = now - TimeDelta::milliseconds(40);
            verdict.verdict.as_mut().unwrap().event_count = 7;
        };
        detector.verdict("ours", verdict).await;
    }
    let rates = wait_until("three verdicts", DEADLINE, async || {
        let rates = api.json(PATH).await;
        let is_there = rates["latency"]["count"] == 3;
        if is_there { Ok(rates) } else { Err(rates) }
    })
    .await;
    let seconds = rates["seconds"].as_f64().unwrap();
    let rate = |name: &str| rates[name].as_f64().unwrap() * seconds;
    assert!((rate("verdicts_per_second") - 3.0).abs() < 0.1, "{rates}");
    assert!((rate("events_per_second") - 21.0).abs() < 0.2, "{rates}");
    let median = rates["latency"]["p50_ms"].as_f64().unwrap();
    assert!((40.0..60_000.0).contains(&median), "{rates}");
}
