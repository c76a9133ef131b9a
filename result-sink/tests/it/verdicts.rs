//! What the verdict sink stores, in any order and number of deliveries.

use std::time::Duration;

use result_sink::metrics::{BUFFERED_ROWS, DEAD_LETTERS, FAILED_WRITES, ROWS_WRITTEN};
use result_sink::{BufferConfig, SinkConfig};
use schemas::verdict::{Phase, VerdictRecord};
use testkit::TestTopics;

use crate::build::{session, session_at, shuffled, stories, verdict};
use crate::harness::{GroupView, TestSink, contents, database, produce, run_to_end, sink_config};

#[tokio::test]
async fn rows_are_exact() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let mut begun = verdict(session(1), 0, 0, Phase::Running, 0.0);
    begun.verdict = None;
    let mut risky = verdict(session(1), 0, 40, Phase::Running, 0.934);
    risky.risk_changed = true;
    let records = [
        begun,
        verdict(session(1), 0, 30, Phase::Running, 0.2),
        risky,
        verdict(session(1), 0, 50, Phase::Final, 0.9549),
        verdict(session(1), 1000, 1100, Phase::Requested, 0.1),
    ];
    produce(&topics, &records).await;
    run_to_end(&topics, &url).await;
    let client = database.client().await;
    let session = "SELECT concat_ws('|', organisation, extract(epoch FROM created_at)::bigint - 1789948800, \
        extract(epoch FROM updated_at)::bigint - 1789948800, status, platform, survey_id, respondent_id IS NOT NULL, is_completed, \
        window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot, confidence_score, \
        score_thousandths, risk_level, class, recommended_action) FROM sessions";
    let row: String = client.query_one(session, &[]).await.unwrap().get(0);
    let expected = "acme|0|1100|active|qualtrics|SV_1|t|f|2|152|1|1100|1|1|0|t|0.95|955|CRITICAL|scripted_bot|exclude";
    assert_eq!(row, expected);
    let results = "SELECT concat_ws('|', window_offset, rev_offset, rev_phase, request_id, confidence_score, \
        event_count, analysis_summary, method_scores, reasons -> 0 ->> 'code', data_sufficiency ->> 'sufficient', \
        ruleset_version, model_version, risk_changed, processing_time_ms, extract(epoch FROM created_at)::bigint - 1789948800) \
        FROM detection_results ORDER BY rev_offset";
    let rows = client.query(results, &[]).await.unwrap();
    let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let expected = [
        r#"0|40|0|0.93|41|0.934 by the mouse|{"mouse": 0.934}|mouse.instant_press|true|builtin-1|none|t|0.25|40"#,
        r#"0|50|2|0.95|51|0.9549 by the mouse|{"mouse": 0.9549}|mouse.instant_press|true|builtin-1|none|f|0.25|50"#,
        r#"1000|1100|1|request-1100|0.10|101|0.1 by the mouse|{"mouse": 0.1}|mouse.instant_press|true|builtin-1|none|f|0.25|1100"#,
    ];
    assert_eq!(rows, expected);
    assert_eq!(database.count("session_windows").await, 2);
}

#[tokio::test]
async fn replaying_the_whole_topic_changes_no_row() {
    let (topics, (database, url)) = (TestTopics::create(3).await, database().await);
    produce(&topics, &stories(200)).await;
    run_to_end(&topics, &url).await;
    let before = contents(&database).await;
    // 200 sessions, 400 windows; of the six verdicts of each the first has no judgement, the other five are kept but
    // for the running one that did not change the risk.
    assert_eq!(before.len(), 200 + 400 + 200 * 4);
    for _ in 0..2 {
        GroupView::verdicts(&topics).rewind().await;
        run_to_end(&topics, &url).await;
        assert!(
            contents(&database).await == before,
            "the replay changed a row"
        );
    }
}

#[tokio::test]
async fn revisions_out_of_order_never_go_back() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let last = verdict(session(1), 0, 50, Phase::Final, 0.95);
    produce(&topics, std::slice::from_ref(&last)).await;
    run_to_end(&topics, &url).await;
    let before = contents(&database).await;
    let late = [
        verdict(session(1), 0, 50, Phase::Running, 0.3),
        verdict(session(1), 0, 49, Phase::Running, 0.99),
    ];
    produce(&topics, &late).await;
    run_to_end(&topics, &url).await;
    assert_eq!(contents(&database).await, before);
}

#[tokio::test]
async fn two_sinks_that_write_the_same_sessions_at_once_in_other_orders_agree_with_one_alone() {
    let records = stories(150);
    let (alone, expected) = (TestTopics::create(1).await, database().await);
    produce(&alone, &records).await;
    run_to_end(&alone, &expected.1).await;
    let (database, url) = database().await;
    // Small batches: many transactions that meet in the same rows.
    let buffer = BufferConfig {
        batch_rows: 40,
        linger: Duration::from_millis(1),
        ..BufferConfig::default()
    };
    let mut sinks = Vec::new();
    for seed in 1..=3 {
        let topics = TestTopics::create(2).await;
        produce(&topics, &shuffled(&records, seed)).await;
        let config = SinkConfig {
            raw_events: false,
            buffer: buffer.clone(),
            ..sink_config(&topics, &url)
        };
        sinks.push((GroupView::verdicts(&topics), TestSink::spawn(config)));
    }
    for (group, sink) in sinks {
        group.wait_for_end().await;
        sink.stop().await;
    }
    let (seen, wanted) = (contents(&database).await, contents(&expected.0).await);
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn a_second_sink_of_the_group_may_come_and_the_first_may_go() {
    let (topics, (database, url)) = (TestTopics::create(4).await, database().await);
    let config = || SinkConfig {
        raw_events: false,
        ..sink_config(&topics, &url)
    };
    let first = TestSink::spawn(config());
    let records = stories(300);
    let (early, late) = records.split_at(records.len() / 2);
    produce(&topics, early).await;
    first.wait_for(ROWS_WRITTEN, |rows| rows > 0.0).await;
    let second = TestSink::spawn(config());
    produce(&topics, late).await;
    second
        .wait_for("kafka_consumer_rebalances_total", |count| count > 0.0)
        .await;
    first.stop().await;
    GroupView::verdicts(&topics).wait_for_end().await;
    second.stop().await;
    assert_eq!(database.count("sessions").await, 300);
    assert_eq!(database.count("session_windows").await, 600);
    assert_eq!(database.count("detection_results").await, 1200);
}

#[tokio::test]
async fn a_shutdown_writes_what_waits_and_commits_it() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    // Nothing would be written for an hour.
    let buffer = BufferConfig {
        linger: Duration::from_secs(3600),
        ..BufferConfig::default()
    };
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        buffer,
        ..sink_config(&topics, &url)
    });
    sink.wait_for("kafka_consumer_rebalances_total", |count| count > 0.0)
        .await;
    let records: Vec<VerdictRecord> = (0..10)
        .map(|number| verdict(session(number), 0, 5, Phase::Final, 0.5))
        .collect();
    produce(&topics, &records).await;
    sink.wait_for("kafka_consumer_records_total", |records| records >= 10.0)
        .await;
    assert_eq!(database.count("sessions").await, 0);
    sink.stop().await;
    assert_eq!(database.count("sessions").await, 10);
    assert_eq!(GroupView::verdicts(&topics).committed().await, Some(10));
}

#[tokio::test]
async fn partitions_are_made_ahead_so_that_todays_sessions_have_their_own() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let sink = TestSink::spawn(sink_config(&topics, &url));
    testkit::wait_until("ready sink", crate::harness::DEADLINE, async || {
        sink.health.is_ready().then_some(())
    })
    .await;
    let today = session_at(chrono::Utc::now().timestamp_millis(), 1);
    produce(&topics, &[verdict(today, 0, 5, Phase::Final, 0.5)]).await;
    GroupView::verdicts(&topics).wait_for_end().await;
    assert_eq!(
        (sink.metric(DEAD_LETTERS), sink.metric(FAILED_WRITES)),
        (0.0, 0.0)
    );
    assert_eq!(database.count("sessions").await, 1);
    assert_eq!(database.count("sessions_default").await, 0);
    assert!(sink.metric(BUFFERED_ROWS) < 1.0);
    sink.stop().await;
}
