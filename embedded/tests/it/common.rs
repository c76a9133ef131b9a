//! What the integration tests share: a temporary folder, one record in and out, one row in and out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use embedded::{Durability, ServiceOptions};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use tokio_postgres::NoTls;

/// A folder below the system's temporary one, removed on drop.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("candor-embedded-it-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Options for data that nobody needs after the test.
pub(crate) fn disposable() -> ServiceOptions {
    ServiceOptions {
        durability: Durability::Disposable,
        ..ServiceOptions::default()
    }
}

fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config
}

/// Creates `topic` with one partition.
pub(crate) async fn create_topic(brokers: &str, topic: &str) {
    let admin = AdminClient::<DefaultClientContext>::from_config(&client(brokers)).unwrap();
    let topics = [NewTopic::new(topic, 1, TopicReplication::Fixed(1))];
    let results = admin
        .create_topics(&topics, &AdminOptions::new())
        .await
        .unwrap();
    results.into_iter().for_each(|result| drop(result.unwrap()));
}

/// Produces one record with `acks=all` and waits for its report.
pub(crate) async fn produce(brokers: &str, topic: &str, payload: &str) {
    let producer: FutureProducer = client(brokers).set("acks", "all").create().unwrap();
    let record = FutureRecord::to(topic).key("key").payload(payload);
    producer
        .send(record, Duration::from_secs(20))
        .await
        .unwrap();
}

/// The payloads of partition 0 of `topic`, once there are at least `count`.
pub(crate) fn consume(brokers: &str, topic: &str, count: usize) -> Vec<String> {
    let consumer: BaseConsumer = client(brokers).set("group.id", "reader").create().unwrap();
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(topic, 0, Offset::Beginning)
        .unwrap();
    consumer.assign(&from).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let mut payloads = Vec::new();
    while payloads.len() < count {
        assert!(
            Instant::now() < until,
            "only {payloads:?} of {count} records in {topic}"
        );
        if let Some(Ok(record)) = consumer.poll(Duration::from_millis(200)) {
            payloads.push(String::from_utf8(record.payload().unwrap().to_vec()).unwrap());
        }
    }
    payloads
}

/// Connects to `url`.
pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Waits until the process `pid` has ended.
pub(crate) fn wait_for_end_of(pid: u32) {
    let until = Instant::now() + Duration::from_secs(30);
    let state = Path::new("/proc").join(pid.to_string()).join("stat");
    loop {
        // A zombie holds nothing any more; it only waits for init to read its status.
        let text = std::fs::read_to_string(&state).unwrap_or_default();
        if text.is_empty() || text.contains(") Z ") {
            return;
        }
        assert!(Instant::now() < until, "process {pid} still runs: {text}");
        std::thread::sleep(Duration::from_millis(25));
    }
}
