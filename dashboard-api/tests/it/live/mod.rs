//! The live feed, over both ways.

mod crowd;
mod entering;
mod leaving;
pub(crate) mod watching;

use schemas::live::{LiveMessage, SnapshotReason};
use schemas::verdict::{Phase, RiskLevel};
use testkit::wait_until;
use tokio::time::timeout;

use crate::harness::{DEADLINE, TestApi, database, login_url};
use watching::{Detector, Events, Socket, Watching, cursor, of_survey, running, session};

/// Without figures, so that every message is one that the test has caused.
const NEWS: &str = "?types=session_updated,analysis_complete,finding";

/// The value of a metric's line that begins with `name`.
async fn metric(api: &TestApi, name: &str) -> f64 {
    let text = api.get("/metrics").await.text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.rsplit(' ').next())
        .map_or(0.0, |value| value.parse().unwrap())
}

async fn wait_for_metric(api: &TestApi, name: &str, least: f64) {
    wait_until(name, DEADLINE, async || {
        let value = metric(api, name).await;
        if value >= least { Ok(()) } else { Err(value) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_tell_the_same_messages() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let detector = Detector::of(&api);
    let mut socket = Socket::open(&api, NEWS).await.begun().await;
    let mut events = Events::open(&api, NEWS, None).await.begun().await;
    let first = detector.verdict("ours", running(RiskLevel::Medium)).await;
    let told = socket.news().await;
    assert_eq!(events.news().await, told);
    let LiveMessage::SessionUpdated(update) = &told else {
        panic!("{told:?}");
    };
    assert_eq!(update.session_id, first);
    assert_eq!(update.revision.phase, Phase::Running);
    assert_eq!(update.survey_id.as_deref(), Some("SV_1"));
    let verdict = update.verdict.as_ref().unwrap();
    assert_eq!(verdict.risk_level, RiskLevel::Medium);
    assert_eq!(verdict.reason.as_ref().unwrap().code, "mouse.instant_press");
    // Only that it has begun.
    let begun = detector
        .verdict("ours", |verdict| {
            verdict.verdict = None;
            verdict.revision.phase = Phase::Running;
        })
        .await;
    let told = socket.news().await;
    assert_eq!(events.news().await, told);
    assert!(
        matches!(&told, LiveMessage::SessionUpdated(update) if update.verdict.is_none()),
        "{told:?}"
    );
    assert_eq!(session(&told), Some(begun));
    let last = detector.verdict("ours", |_| {}).await;
    let told = socket.news().await;
    assert_eq!(events.news().await, told);
    assert!(matches!(&told, LiveMessage::AnalysisComplete(update) if update.session_id == last));
    detector.finding("ours", first).await;
    let told = socket.news().await;
    assert_eq!(events.news().await, told);
    assert!(
        matches!(&told, LiveMessage::Finding(finding) if finding.session_id == first && finding.sessions == 6),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_another_organisation() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let detector = Detector::of(&api);
    let mut socket = Socket::open(&api, "").await.begun().await;
    let mut events = Events::open(&api, "", None).await.begun().await;
    for _ in 0..20 {
        let theirs = detector.verdict("theirs", |_| {}).await;
        detector.finding("theirs", theirs).await;
    }
    // All of it was read, so what comes next was made after it.
    wait_for_metric(&api, "dashboard_tail_records_total", 40.0).await;
    let ours = detector.verdict("ours", |_| {}).await;
    for message in [socket.news().await, events.news().await] {
        assert_eq!(session(&message), Some(ours));
    }
    // Nor is it counted.
    let figures = async {
        loop {
            if let Some(LiveMessage::Stats(stats)) = socket.next().await {
                return stats;
            }
        }
    };
    let stats = timeout(DEADLINE, figures).await.unwrap();
    assert!(stats.verdicts <= 1 && stats.findings == 0, "{stats:?}");
    assert_eq!(stats.connections, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_keeps_what_it_says() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let detector = Detector::of(&api);
    let surveys = "?survey=SV_2&survey=SV_3&types=session_updated,analysis_complete";
    let mut by_survey = Socket::open(&api, surveys).await.begun().await;
    let mut by_risk = Socket::open(&api, "?risk=HIGH&types=session_updated")
        .await
        .begun()
        .await;
    let mut by_type = Events::open(&api, "?types=finding", None)
        .await
        .begun()
        .await;
    detector.verdict("ours", of_survey("SV_1")).await;
    let second = detector.verdict("ours", of_survey("SV_2")).await;
    let third = detector.verdict("ours", of_survey("SV_3")).await;
    detector.verdict("ours", running(RiskLevel::Medium)).await;
    let high = detector.verdict("ours", running(RiskLevel::High)).await;
    detector.finding("ours", third).await;
    let mut told =
        [by_survey.news().await, by_survey.news().await].map(|message| session(&message));
    // Partitions have no order among them.
    told.sort();
    let mut expected = [Some(second), Some(third)];
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(session(&by_risk.news().await), Some(high));
    assert!(matches!(by_type.news().await, LiveMessage::Finding(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_one_instance_goes_on_at_another() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let prefix = api.topics.prefix().to_owned();
    let other = TestApi::start_with(&login_url(&database), |config| {
        config.kafka.prefix = prefix;
    })
    .await;
    let detector = Detector::of(&api);
    let mut socket = Socket::open(&api, NEWS).await.begun().await;
    detector.verdict("ours", |_| {}).await;
    let position = cursor(&socket.news().await).to_owned();
    drop(socket);
    let mut missed = Vec::new();
    for _ in 0..10 {
        missed.push(detector.verdict("ours", |_| {}).await);
        detector.verdict("theirs", |_| {}).await;
    }
    missed.sort();
    for instance in [&api, &other] {
        wait_for_metric(instance, "dashboard_tail_records_total", 21.0).await;
        let mut socket = Socket::open(instance, &format!("{NEWS}&cursor={position}")).await;
        let mut events = Events::open(instance, NEWS, Some(&position)).await;
        let (mut by_socket, mut by_events) = (Vec::new(), Vec::new());
        for _ in 0..missed.len() {
            by_socket.push(session(&socket.news().await).unwrap());
            by_events.push(session(&events.news().await).unwrap());
        }
        by_socket.sort();
        by_events.sort();
        assert_eq!((&by_socket, &by_events), (&missed, &missed));
        // It was exactly that.
        let next = detector.verdict("ours", |_| {}).await;
        assert_eq!(session(&socket.news().await), Some(next));
        assert_eq!(session(&events.news().await), Some(next));
        missed.push(next);
        missed.sort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_process_goes_on_where_the_one_before_ended() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let detector = Detector::of(&api);
    let mut events = Events::open(&api, NEWS, None).await.begun().await;
    let seen = detector.verdict("ours", |_| {}).await;
    assert_eq!(session(&events.news().await), Some(seen));
    let position = events.last_id.clone().unwrap();
    let missed = detector.verdict("ours", |_| {}).await;
    let prefix = api.topics.prefix().to_owned();
    drop(api);
    let next = TestApi::start_with(&login_url(&database), |config| {
        config.kafka.prefix = prefix;
    })
    .await;
    // What it reads from before its time is read by then.
    wait_for_metric(&next, "dashboard_tail_records_total", 2.0).await;
    let mut events = Events::open(&next, NEWS, Some(&position)).await;
    assert_eq!(session(&events.news().await), Some(missed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_is_answered_by_a_snapshot() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let mut socket = Socket::open(&api, "?cursor=nonsense").await;
    let mut events = Events::open(&api, "", Some("nonsense")).await;
    for message in [socket.news().await, events.news().await] {
        let LiveMessage::Snapshot(snapshot) = message else {
            panic!("{message:?}");
        };
        assert_eq!(snapshot.reason, SnapshotReason::UnknownCursor);
    }
}
