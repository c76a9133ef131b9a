//! The broker goes away and comes back.

use schemas::control::ControlRecord;
use testkit::TestKafka;

use crate::harness::{Topic, key, settings};

#[tokio::test]
async fn keys_hold_while_the_broker_is_away_and_updates_are_seen_when_it_is_back() {
    let mut kafka = TestKafka::own();
    let topic = Topic::created(&kafka).await;
    let writer = topic.writer();
    let held = key();
    let record = ControlRecord::ApiKey(held.record.clone());
    writer.put(&record).await.unwrap();
    let reader = topic.reader();
    reader.ready().await;
    kafka.kill();
    // A reader that starts now has nothing to go by, and says so.
    let late = topic.reader();
    late.waits_for("does not answer").await;
    assert!(!late.control.is_ready());
    assert!(reader.control.state().find_key(&held.text).is_some());
    assert!(reader.health.is_ready(), "{:?}", reader.health);
    kafka.restart();
    writer.put(&settings("acme", "after")).await.unwrap();
    reader.sees("acme", "after").await;
    late.ready().await;
    assert!(late.control.state().find_key(&held.text).is_some());
    late.sees("acme", "after").await;
}

#[tokio::test]
async fn a_reader_without_a_broker_ends_soon_after_the_shutdown() {
    let config = kafka::config::KafkaConfig {
        brokers: format!("127.0.0.1:{}", testkit::free_port().unwrap()),
        ..Default::default()
    };
    struct Nothing(tokio::sync::mpsc::Sender<()>);
    impl kafka::table::TableHandler for Nothing {
        fn begin(&mut self) {}
        fn row(&mut self, _: kafka::table::Row<'_>) {}
        fn caught_up(&mut self) {}
        fn unavailable(&mut self, _: &str) {
            let _ = self.0.try_send(());
        }
    }
    let shutdown = runtime::CancellationToken::new();
    let (told, mut reasons) = tokio::sync::mpsc::channel(1);
    let reading = kafka::table::spawn(&config, "t", Nothing(told), shutdown.clone()).unwrap();
    reasons.recv().await.unwrap();
    shutdown.cancel();
    let ended = tokio::task::spawn_blocking(move || reading.join());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), ended).await;
    ended.unwrap().unwrap().unwrap();
}
