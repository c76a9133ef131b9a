//! Cold start, following, and records that cannot be read.

use chrono::Utc;
use schemas::control::ControlRecord;
use testkit::{TestKafka, wait_until};

use crate::harness::{DEADLINE, Topic, key, settings, settings_key};

#[tokio::test]
async fn an_empty_topic_is_ready_and_knows_no_key() {
    let topic = Topic::created(TestKafka::shared()).await;
    let reader = topic.reader();
    reader.ready().await;
    assert!(reader.health.is_ready());
    assert_eq!(reader.control.state().find_key(&key().text), None);
    assert!(reader.metric("control_last_read_timestamp_seconds") > 1.7e9);
}

#[tokio::test]
async fn without_its_topic_a_reader_says_why_and_gets_ready_when_it_is_created() {
    let topic = Topic::named(TestKafka::shared());
    let reader = topic.reader();
    reader
        .waits_for(&format!("{} does not exist", topic.name()))
        .await;
    assert!(!reader.health.is_ready() && !reader.control.is_ready());
    topic.create(1).await;
    reader.ready().await;
    assert!(reader.health.is_ready());
}

#[tokio::test]
async fn a_topic_of_two_partitions_is_refused_with_the_reason() {
    let topic = Topic::named(TestKafka::shared());
    topic.create(2).await;
    let reader = topic.reader();
    reader.waits_for("has 2 partitions and must have one").await;
    assert!(!reader.control.is_ready());
}

#[tokio::test]
async fn a_reader_that_is_ready_has_read_everything_that_stood_in_the_topic() {
    let topic = Topic::created(TestKafka::shared()).await;
    let writer = topic.writer();
    let keys: Vec<_> = (0..200).map(|_| key()).collect();
    for key in &keys {
        let record = ControlRecord::ApiKey(key.record.clone());
        writer.put(&record).await.unwrap();
    }
    writer.put(&settings("acme", "old")).await.unwrap();
    writer.put(&settings("acme", "new")).await.unwrap();
    writer.put(&settings("gone", "old")).await.unwrap();
    writer.remove(&settings_key("gone")).await.unwrap();
    let reader = topic.reader();
    reader.ready().await;
    let state = reader.control.state();
    for key in &keys {
        assert_eq!(state.find_key(&key.text).as_deref(), Some(&key.record));
    }
    assert_eq!(state.counts().organisations, 1);
    let acme = "acme".parse().unwrap();
    assert_eq!(state.settled_versions(&acme, None).ruleset, "new");
    assert_eq!(
        state
            .settled_versions(&"gone".parse().unwrap(), None)
            .ruleset,
        "builtin-1"
    );
    assert_eq!(reader.metric("control_records{kind=\"api_key\"}"), 200.0);
}

#[tokio::test]
async fn a_compacted_history_is_read_to_its_end() {
    let topic = Topic::created(TestKafka::shared()).await;
    let writer = topic.writer();
    for version in 0..300 {
        writer
            .put(&settings("acme", &format!("v{version}")))
            .await
            .unwrap();
    }
    // The last record is a removal: after compaction the log may end in offsets that hold nothing.
    writer.put(&settings("brief", "v1")).await.unwrap();
    writer.remove(&settings_key("brief")).await.unwrap();
    let reader = topic.reader();
    reader.ready().await;
    reader.sees("acme", "v299").await;
    assert_eq!(reader.control.state().counts().organisations, 1);
}

#[tokio::test]
async fn an_update_and_a_removal_reach_a_running_reader() {
    let topic = Topic::created(TestKafka::shared()).await;
    let (writer, reader) = (topic.writer(), topic.reader());
    reader.ready().await;
    writer.put(&settings("acme", "first")).await.unwrap();
    reader.sees("acme", "first").await;
    writer.put(&settings("acme", "second")).await.unwrap();
    reader.sees("acme", "second").await;
    writer.remove(&settings_key("acme")).await.unwrap();
    reader.sees("acme", "builtin-1").await;
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_counted_and_touches_no_other_key() {
    let topic = Topic::created(TestKafka::shared()).await;
    let (writer, reader) = (topic.writer(), topic.reader());
    let (kept, spoiled) = (key(), key());
    for key in [&kept, &spoiled] {
        let record = ControlRecord::ApiKey(key.record.clone());
        writer.put(&record).await.unwrap();
    }
    writer.put(&settings("acme", "strict")).await.unwrap();
    topic.put_raw("nonsense", b"{}").await;
    topic.put_raw("organisation/acme", b"{").await;
    topic
        .put_raw("organisation/acme", b"{\"organisation\":\"other\"}")
        .await;
    topic
        .put_raw(&format!("api_key/{}", spoiled.record.id), b"[]")
        .await;
    writer.put(&settings("last", "seen")).await.unwrap();
    reader.ready().await;
    reader.sees("last", "seen").await;
    let count = |problem: &str| {
        reader.metric(&format!(
            "control_unreadable_records_total{{problem=\"{problem}\"}}"
        ))
    };
    assert_eq!(
        (
            count("unknown_key"),
            count("bad_value"),
            count("key_mismatch")
        ),
        (1.0, 2.0, 1.0)
    );
    let state = reader.control.state();
    assert!(state.find_key(&kept.text).is_some());
    // A key whose terms cannot be read is not accepted; settings stay, for a deny list may be in them.
    assert_eq!(state.find_key(&spoiled.text), None);
    assert_eq!(
        state
            .settled_versions(&"acme".parse().unwrap(), None)
            .ruleset,
        "strict"
    );
}

#[tokio::test]
async fn a_topic_that_is_deleted_and_made_again_is_read_from_its_beginning() {
    let topic = Topic::created(TestKafka::shared()).await;
    let (writer, reader) = (topic.writer(), topic.reader());
    let old = key();
    let record = ControlRecord::ApiKey(old.record.clone());
    writer.put(&record).await.unwrap();
    writer.put(&settings("acme", "old")).await.unwrap();
    reader.ready().await;
    reader.sees("acme", "old").await;
    topic.delete().await;
    // Two looks have found nothing. What is made again and filled between two looks may go unseen.
    wait_until("a reader that stands still", DEADLINE, async || {
        let last = reader.metric("control_last_read_timestamp_seconds");
        let idle = Utc::now().timestamp() as f64 - last;
        if idle >= 6.0 { Ok(()) } else { Err(idle) }
    })
    .await;
    topic.create(1).await;
    let writer = topic.writer();
    // More records than there were: the old offset exists in the new log as well.
    for version in 0..5 {
        writer
            .put(&settings("acme", &format!("new{version}")))
            .await
            .unwrap();
    }
    reader.sees("acme", "new4").await;
    wait_until("the old key forgotten", DEADLINE, async || {
        let found = reader.control.state().find_key(&old.text);
        found.is_none().then_some(())
    })
    .await;
    assert!(reader.health.is_ready());
    assert!(reader.metric("control_reads_from_beginning_total") >= 2.0);
}

#[tokio::test]
async fn a_deleted_topic_takes_no_key_away_until_it_is_read_again() {
    let topic = Topic::created(TestKafka::shared()).await;
    let writer = topic.writer();
    let held = key();
    let record = ControlRecord::ApiKey(held.record.clone());
    writer.put(&record).await.unwrap();
    let reader = topic.reader();
    reader.ready().await;
    topic.delete().await;
    // Well past the moment at which the reader has noticed and tried to read it again.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert!(reader.control.state().find_key(&held.text).is_some());
    assert!(reader.health.is_ready());
    topic.create(1).await;
    wait_until("no key", DEADLINE, async || {
        let found = reader.control.state().find_key(&held.text);
        found.is_none().then_some(())
    })
    .await;
}
