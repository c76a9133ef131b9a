//! The database goes away, the process is killed: nothing lost, nothing doubled.

use std::time::Duration;

use result_sink::metrics::{BUFFERED_ROWS, DEAD_LETTERS, FAILED_WRITES, ROWS_WRITTEN};
use result_sink::{BufferConfig, SinkConfig};
use schemas::verdict::Phase;
use testkit::{ChildProcess, TcpFault, TestPostgres, TestTopics, wait_until};

use crate::build::{session_at, stories, verdict};
use crate::harness::{
    DEADLINE, GroupView, TestSink, contents, database, database_on, produce, run_to_end,
    sink_config,
};

/// `url` by another `host:port`.
pub(crate) fn through(url: &str, address: &str) -> String {
    let (login, rest) = url.split_once('@').unwrap();
    let (_, database) = rest.split_once('/').unwrap();
    format!("{login}@{address}/{database}")
}

#[tokio::test]
async fn an_offset_is_never_committed_before_its_row_is_durable() {
    let (topics, (database, url)) = (TestTopics::create(3).await, database().await);
    let link = TcpFault::before(database.address()).await;
    let group = GroupView::verdicts(&topics);
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        ..sink_config(&topics, &through(&url, link.address()))
    });
    sink.wait_for("kafka_consumer_rebalances_total", |count| count > 0.0)
        .await;
    link.cut().await;
    produce(&topics, &stories(50)).await;
    sink.wait_for("kafka_consumer_records_total", |records| records >= 300.0)
        .await;
    sink.wait_for(FAILED_WRITES, |failed| failed > 0.0).await;
    // Assigned partitions commit where they begin; none of the records may be counted.
    let committed = group.committed().await.unwrap_or_default();
    assert_eq!((committed, database.count("sessions").await), (0, 0));
    link.heal().await;
    group.wait_for_end().await;
    assert_eq!(database.count("sessions").await, 50);
    sink.stop().await;
}

#[tokio::test]
async fn a_database_that_comes_and_goes_loses_nothing_and_the_buffer_stays_bounded() {
    let (topics, (database, url)) = (TestTopics::create(3).await, database().await);
    let link = TcpFault::before(database.address()).await;
    let bound = 500;
    let buffer = BufferConfig {
        rows: bound,
        batch_rows: 100,
        linger: Duration::from_millis(1),
        ..BufferConfig::default()
    };
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        buffer,
        ..sink_config(&topics, &through(&url, link.address()))
    });
    let records = stories(1000);
    let mut failed_before = 0.0;
    for part in records.chunks(2000) {
        link.cut().await;
        produce(&topics, part).await;
        sink.wait_for(FAILED_WRITES, |failed| failed > failed_before)
            .await;
        let held = sink.metric(BUFFERED_ROWS);
        // One round of the consumer may pass the bound before it pauses.
        assert!(held <= 1500.0, "{held} rows are held");
        assert!(!sink.health.is_ready());
        link.heal().await;
        let written = sink.metric(ROWS_WRITTEN);
        sink.wait_for(ROWS_WRITTEN, |rows| rows > written).await;
        failed_before = sink.metric(FAILED_WRITES);
    }
    GroupView::verdicts(&topics).wait_for_end().await;
    sink.stop().await;
    assert_eq!(database.count("sessions").await, 1000);
    assert_eq!(database.count("session_windows").await, 2000);
    assert_eq!(database.count("detection_results").await, 4000);
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_and_found_again() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let link = TcpFault::before(database.address()).await;
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        write_timeout: Duration::from_millis(500),
        ..sink_config(&topics, &through(&url, link.address()))
    });
    let records = stories(20);
    let (early, late) = records.split_at(60);
    produce(&topics, early).await;
    sink.wait_for(ROWS_WRITTEN, |rows| rows >= 60.0).await;
    link.stall().await;
    produce(&topics, late).await;
    sink.wait_for(FAILED_WRITES, |failed| failed >= 1.0).await;
    link.heal().await;
    GroupView::verdicts(&topics).wait_for_end().await;
    sink.stop().await;
    assert_eq!(database.count("sessions").await, 20);
    assert_eq!(database.count("detection_results").await, 80);
}

#[tokio::test]
async fn a_database_that_is_stopped_and_started_again_loses_nothing() {
    let mut server = TestPostgres::own();
    let (topics, (database, url)) = (TestTopics::create(3).await, database_on(&server).await);
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        ..sink_config(&topics, &url)
    });
    let records = stories(300);
    let (early, late) = records.split_at(900);
    produce(&topics, early).await;
    sink.wait_for(ROWS_WRITTEN, |rows| rows > 0.0).await;
    server.kill();
    produce(&topics, late).await;
    sink.wait_for(FAILED_WRITES, |failed| failed > 0.0).await;
    server.restart();
    GroupView::verdicts(&topics).wait_for_end().await;
    sink.stop().await;
    assert_eq!(database.count("sessions").await, 300);
    assert_eq!(database.count("session_windows").await, 600);
    assert_eq!(database.count("detection_results").await, 1200);
    drop(database);
}

fn spawn_binary(topics: &TestTopics, url: &str) -> ChildProcess {
    let variables = [
        ("CANDOR_KAFKA_BROKERS", topics.brokers()),
        ("CANDOR_TOPIC_PREFIX", topics.prefix()),
        ("CANDOR_DATABASE_URL", url),
        ("CANDOR_LISTEN", "127.0.0.1:0"),
        ("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "11"),
        // Many small transactions, so that the kill falls into one.
        ("CANDOR_SINK_BATCH_ROWS", "20"),
        ("CANDOR_SINK_COMMIT_INTERVAL_MS", "100"),
    ];
    ChildProcess::spawn(env!("CARGO_BIN_EXE_result-sink"), &[], variables)
}

#[tokio::test]
async fn a_sink_killed_in_mid_stream_leaves_the_tables_of_an_undisturbed_run() {
    let (topics, (disturbed, url)) = (TestTopics::create(3).await, database().await);
    produce(&topics, &stories(800)).await;
    let group = GroupView::verdicts(&topics);
    for rows in [200, 900] {
        let mut sink = spawn_binary(&topics, &url);
        wait_until("rows of a sink in mid-stream", DEADLINE, async || {
            let seen = disturbed.count("session_windows").await;
            if seen >= rows {
                Ok(())
            } else {
                Err(format!("{seen} rows; {}", sink.output()))
            }
        })
        .await;
        sink.kill9();
    }
    let stored = disturbed.count("session_windows").await;
    assert!(stored < 1600, "the kill came too late to disturb");
    let mut sink = spawn_binary(&topics, &url);
    group.wait_for_end().await;
    let status = sink.terminate(DEADLINE).await;
    assert!(status.success(), "{status}: {}", sink.output());

    let (undisturbed, url) = database().await;
    group.rewind().await;
    run_to_end(&topics, &url).await;
    let (seen, expected) = (contents(&disturbed).await, contents(&undisturbed).await);
    assert_eq!(expected.len(), 800 + 1600 + 3200);
    assert!(seen == expected, "the tables differ");
}

#[tokio::test]
async fn a_row_that_meets_its_days_partition_in_the_making_is_no_poison() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let mut maker = database.client().await;
    let making = maker.transaction().await.unwrap();
    let make = "SELECT candor_ensure_partitions(current_date - 1, current_date + 1)";
    making.execute(make, &[]).await.unwrap();
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        ..sink_config(&topics, &url)
    });
    let today = session_at(chrono::Utc::now().timestamp_millis(), 1);
    produce(&topics, &[verdict(today, 0, 5, Phase::Final, 0.5)]).await;
    let observer = database.client().await;
    wait_until(
        "writer behind the lock of the default partition",
        DEADLINE,
        async || {
            let waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() \
            AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO session_windows%'";
            let rows = observer.query(waiting, &[]).await.unwrap();
            (!rows.is_empty()).then_some(())
        },
    )
    .await;
    making.commit().await.unwrap();
    GroupView::verdicts(&topics).wait_for_end().await;
    assert_eq!(
        (sink.metric(DEAD_LETTERS), sink.metric(FAILED_WRITES)),
        (0.0, 1.0)
    );
    assert_eq!(database.count("sessions").await, 1);
    sink.stop().await;
}
