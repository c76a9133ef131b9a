//! What is past its retention ends, and nothing else.

use chrono::{Days, NaiveDate, Utc};
use result_sink::metrics::{EXPIRED_ROWS, PARTITIONS_DROPPED, RETENTION_FAILURES};
use result_sink::{RetentionConfig, SinkConfig};
use schemas::ids::SessionId;
use schemas::verdict::Phase;
use testkit::{TestDatabase, TestTopics, wait_until};

use crate::build::{finding, session_at, verdict};
use crate::harness::{
    DEADLINE, GroupView, TestSink, Told, database, produce_all, produce_raw_all, sink_config,
};

const BATCH: &str =
    r#"{"batch_id":"b","count":1,"events":[{"event_type":"focus","timestamp":1790000000000}]}"#;
/// Ages in days of the load's sessions; those of an even place have a partition, the others are outside every day.
const AGES: [u64; 6] = [0, 5, 9, 12, 40, 41];

fn day(age: u64) -> NaiveDate {
    Utc::now().date_naive() - Days::new(age)
}

/// Weeks since 1970, which began with a Thursday: partitions of the sessions of respondents.
fn week(age: u64) -> i64 {
    day(age)
        .signed_duration_since(NaiveDate::default())
        .num_days()
        / 7
}

/// How many rows end by themselves with nine days of sessions and five of raw events: of every table those of the days 12
/// and 41, but of the sessions of respondents day 41 goes with day 40 when both are of one week.
fn leftovers() -> f64 {
    if week(41) == week(40) { 11.0 } else { 12.0 }
}

fn session_of(age: u64) -> SessionId {
    let noon = day(age).and_hms_opt(12, 0, 0).unwrap().and_utc();
    session_at(noon.timestamp_millis(), 1)
}

/// A session of each age with a verdict, a finding and a batch of events, stored by a sink that keeps everything.
async fn stored() -> (TestTopics, TestDatabase, String) {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let client = database.client().await;
    for age in AGES.into_iter().step_by(2) {
        let day = day(age).to_string();
        let make = "SELECT candor_ensure_partitions($1::text::date, $1::text::date)";
        client.execute(make, &[&day]).await.unwrap();
    }
    let mut told = Vec::new();
    for age in AGES {
        let session = session_of(age);
        let judged = verdict(session, 0, 5, Phase::Final, 0.5);
        told.push(Told::Verdict(Box::new(judged)));
        told.push(Told::Finding(finding(session, 2, 0.4)));
    }
    produce_all(&topics, &told).await;
    let batches = AGES.map(|age| (session_of(age).to_string(), BATCH));
    let kind = schemas::header::RecordType::EventBatch;
    produce_raw_all(&topics, kind, &batches).await;
    let sink = TestSink::spawn(SinkConfig {
        partition_days: 1,
        ..sink_config(&topics, &url)
    });
    GroupView::verdicts(&topics).wait_for_end().await;
    GroupView::events(&topics).wait_for_end().await;
    sink.stop().await;
    (topics, database, url)
}

/// Ages in days of the rows of a table.
async fn ages(database: &TestDatabase, table: &str, key: &str) -> Vec<i64> {
    let statement = format!(
        "SELECT ((now() AT TIME ZONE 'UTC')::date - ages.day)::bigint FROM (SELECT DISTINCT (to_timestamp( \
         ('x' || left(replace({key}::text, '-', ''), 12))::bit(48)::bigint / 1000) AT TIME ZONE 'UTC')::date AS day \
         FROM {table}) AS ages ORDER BY 1"
    );
    let client = database.client().await;
    let rows = client.query(&statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn config(topics: &TestTopics, url: &str, retention: RetentionConfig) -> SinkConfig {
    SinkConfig {
        retention,
        partition_days: 1,
        ..sink_config(topics, url)
    }
}

#[tokio::test]
async fn each_table_keeps_its_days_and_counts_outlive_their_sessions() {
    let (topics, database, url) = stored().await;
    let counted = database.count("organisation_rollups").await;
    let retention = RetentionConfig {
        session_days: 9,
        raw_days: 5,
        rollup_days: 0,
        ..RetentionConfig::default()
    };
    let sink = TestSink::spawn(config(&topics, &url, retention));
    // Of the four tables of sessions day 40 has a partition, and of the sessions of respondents its week; of raw events 6, 7,
    // 9 and 40 have one.
    sink.wait_for(EXPIRED_ROWS, |rows| rows >= leftovers())
        .await;
    sink.wait_for(PARTITIONS_DROPPED, |partitions| partitions >= 9.0)
        .await;
    for table in [
        "session_respondents",
        "session_windows",
        "detection_results",
        "coordination_findings",
    ] {
        assert_eq!(
            ages(&database, table, "session_id").await,
            [0, 5, 9],
            "{table}"
        );
    }
    assert_eq!(ages(&database, "sessions", "id").await, [0, 5, 9]);
    assert_eq!(
        ages(&database, "behavior_batches", "session_id").await,
        [0, 5]
    );
    assert_eq!(database.count("organisation_rollups").await, counted);
    assert_eq!(database.count("session_rollups").await, counted);
    let client = database.client().await;
    let sum = "SELECT sum(sessions)::bigint FROM organisation_rollups";
    let sessions: i64 = client.query_one(sum, &[]).await.unwrap().get(0);
    assert_eq!(sessions, i64::try_from(AGES.len()).unwrap());
    assert_eq!(database.count("campaigns").await, 1);
    sink.stop().await;
}

#[tokio::test]
async fn counts_and_campaigns_end_after_their_own_retention() {
    let (topics, database, url) = stored().await;
    let retention = RetentionConfig {
        session_days: 9,
        raw_days: 0,
        rollup_days: 12,
        ..RetentionConfig::default()
    };
    let sink = TestSink::spawn(config(&topics, &url, retention));
    let ended = "SELECT FROM organisation_rollups HAVING count(*) = 4";
    let client = database.client().await;
    wait_until("counts of the days that are kept", DEADLINE, async || {
        let rows = client.query(ended, &[]).await.unwrap();
        (!rows.is_empty()).then_some(())
    })
    .await;
    // The campaign was last seen in September.
    wait_until("no campaign", DEADLINE, async || {
        match database.count("campaigns").await {
            0 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    assert_eq!(
        ages(&database, "behavior_batches", "session_id")
            .await
            .len(),
        AGES.len()
    );
    assert_eq!(database.count("session_rollups").await, 4);
    sink.stop().await;
}

#[tokio::test]
async fn what_platforms_have_told_ends_after_its_own_retention() {
    let (topics, database, url) = stored().await;
    let client = database.client().await;
    let told = "INSERT INTO integration_deliveries (organisation, generation, log_partition, log_offset, received_at, \
        notice_id, integration, platform, kind, outcome, event, fields, dropped_fields) \
        SELECT 'acme', 1, 0, age, now() - age * interval '1 day', age::text, 'int_a', 'generic', 'other', 'noted', 'other', '{}', 0 \
        FROM unnest(ARRAY[0, 29, 32, 400]) AS age";
    client.execute(told, &[]).await.unwrap();
    let retention = RetentionConfig {
        delivery_days: 30,
        ..RetentionConfig::default()
    };
    let sink = TestSink::spawn(config(&topics, &url, retention));
    wait_until(
        "deliveries of the days that are kept",
        DEADLINE,
        async || match database.count("integration_deliveries").await {
            2 => Ok(()),
            other => Err(other),
        },
    )
    .await;
    let kept = "SELECT max(log_offset) FROM integration_deliveries";
    let oldest: i64 = client.query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(oldest, 29);
    sink.stop().await;
}

#[tokio::test]
async fn sinks_that_end_the_same_days_at_once_end_them_once() {
    let (topics, database, url) = stored().await;
    let retention = RetentionConfig {
        session_days: 9,
        raw_days: 5,
        rollup_days: 0,
        ..RetentionConfig::default()
    };
    let sinks = [0; 3].map(|_| TestSink::spawn(config(&topics, &url, retention)));
    wait_until("everything ended", DEADLINE, async || {
        let dropped: f64 = sinks
            .iter()
            .map(|sink| sink.metric(PARTITIONS_DROPPED))
            .sum();
        let expired: f64 = sinks.iter().map(|sink| sink.metric(EXPIRED_ROWS)).sum();
        if (dropped, expired) == (9.0, leftovers()) {
            Ok(())
        } else {
            Err((dropped, expired))
        }
    })
    .await;
    assert_eq!(ages(&database, "sessions", "id").await, [0, 5, 9]);
    for sink in sinks {
        sink.stop().await;
    }
}

#[tokio::test]
async fn a_day_that_somebody_reads_is_dropped_when_the_reader_has_gone() {
    let (topics, database, url) = stored().await;
    let mut reader = database.client().await;
    let reading = reader.transaction().await.unwrap();
    reading
        .batch_execute("LOCK TABLE sessions IN ACCESS SHARE MODE")
        .await
        .unwrap();
    let retention = RetentionConfig {
        session_days: 9,
        raw_days: 0,
        rollup_days: 0,
        ..RetentionConfig::default()
    };
    let sink = TestSink::spawn(config(&topics, &url, retention));
    sink.wait_for(RETENTION_FAILURES, |failures| failures >= 1.0)
        .await;
    assert_eq!(ages(&database, "sessions", "id").await.len(), AGES.len());
    wait_until("sink that is ready without it", DEADLINE, async || {
        sink.health.is_ready().then_some(())
    })
    .await;
    reading.rollback().await.unwrap();
    sink.wait_for(PARTITIONS_DROPPED, |partitions| partitions >= 5.0)
        .await;
    sink.stop().await;
}

#[tokio::test]
async fn the_sinks_role_ends_no_day_that_is_not_over_and_no_table_that_is_not_partitioned() {
    let (_database, url) = database().await;
    let pool = storage::pool(&storage::DatabaseConfig::new(url)).unwrap();
    let mut client = pool.get().await.unwrap();
    let tomorrow = Utc::now().date_naive() + Days::new(2);
    let refused = storage::drop_partition_before(&mut client, &storage::RAW_TABLES, tomorrow).await;
    assert!(refused.is_err());
    let transaction = storage::sink_transaction(&mut client).await.unwrap();
    let other = "SELECT candor_drop_partition_before(ARRAY['campaigns'], current_date - 9)";
    let error = transaction.execute(other, &[]).await.unwrap_err();
    assert_eq!(error.code().map(|code| code.code()), Some("22023"));
}
