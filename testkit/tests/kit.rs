//! The kit on a real Kafka and a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use testkit::{
    TcpFault, TestDatabase, TestKafka, TestPostgres, TestTopics, Until, collect, wait_until,
};

const DEADLINE: Duration = Duration::from_secs(20);

fn producer(brokers: &str) -> FutureProducer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("acks", "all")
        .create()
        .unwrap()
}

async fn produce(producer: &FutureProducer, topic: &str, key: &str, payload: &str) {
    let headers = OwnedHeaders::new().insert(Header {
        key: "candor_org",
        value: Some("org"),
    });
    let record = FutureRecord::to(topic)
        .key(key)
        .payload(payload)
        .headers(headers);
    producer.send(record, DEADLINE).await.unwrap();
}

#[tokio::test]
async fn each_test_has_every_topic_under_a_prefix_of_its_own() {
    let first = TestTopics::create(3).await;
    let second = TestTopics::create(2).await;
    assert_ne!(first.prefix(), second.prefix());
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", first.brokers())
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(None, DEADLINE).unwrap();
    let partitions = |name: &str| {
        let topic = metadata.topics().iter().find(|topic| topic.name() == name);
        topic.map(|topic| topic.partitions().len())
    };
    let names = first.topics();
    for name in [
        &names.events,
        &names.verdicts,
        &names.windows,
        &names.dead_letters,
    ] {
        assert_eq!(partitions(name), Some(3), "{name}");
    }
    assert_eq!(partitions(&names.control), Some(1));
    assert_eq!(partitions(&second.topics().events), Some(2));
}

#[tokio::test]
async fn collecting_gives_every_record_of_every_partition_with_all_its_parts() {
    let topics = TestTopics::create(4).await;
    let events = &topics.topics().events;
    let producer = producer(topics.brokers());
    for number in 0..40 {
        produce(
            &producer,
            events,
            &format!("key-{number}"),
            &format!("value-{number}"),
        )
        .await;
    }
    let records = collect(topics.brokers(), events, Until::HighWatermark).await;
    assert_eq!(records.len(), 40);
    let partitions: std::collections::BTreeSet<i32> = records.iter().map(|r| r.partition).collect();
    assert!(partitions.len() > 1, "all in one partition: {partitions:?}");
    for record in &records {
        let number = record.key_text().unwrap().strip_prefix("key-").unwrap();
        assert_eq!(
            record.payload.as_deref().unwrap(),
            format!("value-{number}").as_bytes()
        );
        assert_eq!(record.header("candor_org"), Some("org"));
        assert!(
            record
                .timestamp
                .is_some_and(|time| time > 1_600_000_000_000)
        );
    }
    let until = Until::Records {
        count: 40,
        deadline: DEADLINE,
    };
    assert_eq!(collect(topics.brokers(), events, until).await.len(), 40);
    let verdicts = &topics.topics().verdicts;
    assert_eq!(
        collect(topics.brokers(), verdicts, Until::HighWatermark).await,
        []
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_of_ones_own_can_be_killed_and_comes_back_with_its_records() {
    let mut kafka = TestKafka::own();
    let topics = TestTopics::create_on(&kafka, 1).await;
    let events = topics.topics().events.clone();
    let producer = producer(kafka.brokers());
    produce(&producer, &events, "key", "first").await;
    kafka.kill();
    kafka.restart();
    produce(&producer, &events, "key", "second").await;
    let records = collect(kafka.brokers(), &events, Until::HighWatermark).await;
    let payloads: Vec<_> = records
        .iter()
        .map(|record| record.payload.clone().unwrap())
        .collect();
    assert_eq!(payloads, [b"first".to_vec(), b"second".to_vec()]);
}

#[tokio::test]
async fn a_database_is_dropped_with_its_value_even_while_somebody_is_connected() {
    let database = TestDatabase::create_empty().await;
    let client = database.client().await;
    let name = database.name().to_owned();
    drop(database);
    assert!(
        client.simple_query("SELECT 1").await.is_err(),
        "the connection survived"
    );
    let other = TestDatabase::create_empty().await;
    let query = "SELECT count(*) FROM pg_database WHERE datname = $1";
    let row = other
        .client()
        .await
        .query_one(query, &[&name])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_template_is_migrated_once_and_each_clone_is_its_own() {
    static MIGRATIONS: AtomicU32 = AtomicU32::new(0);
    let create = || {
        TestDatabase::create_with("kit", async |url: String| {
            MIGRATIONS.fetch_add(1, Ordering::Relaxed);
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
                .await
                .unwrap();
            let connection = tokio::spawn(connection);
            client
                .batch_execute("CREATE TABLE verdict (score int)")
                .await
                .unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        })
    };
    let (first, second, third) = tokio::join!(create(), create(), create());
    assert_eq!(MIGRATIONS.load(Ordering::Relaxed), 1);
    let client = first.client().await;
    client
        .batch_execute("INSERT INTO verdict VALUES (1), (2)")
        .await
        .unwrap();
    assert_eq!(first.count("verdict").await, 2);
    assert_eq!(
        second.count("verdict").await + third.count("verdict").await,
        0
    );
}

#[tokio::test]
async fn a_database_behind_a_cut_proxy_is_away_until_the_proxy_is_healed() {
    let database = TestDatabase::create_empty().await;
    let fault = TcpFault::before(database.address()).await;
    let url = database.url_through(&fault);
    let connect = async || tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
    let (client, connection) = connect().await.unwrap();
    tokio::spawn(connection);
    client.simple_query("SELECT 1").await.unwrap();
    fault.cut().await;
    assert!(client.simple_query("SELECT 1").await.is_err());
    assert!(connect().await.is_err());
    fault.heal().await;
    let (client, connection) = connect().await.unwrap();
    tokio::spawn(connection);
    client.simple_query("SELECT 1").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_ones_own_can_be_killed_and_comes_back_with_its_rows() {
    let mut server = TestPostgres::own();
    let database = TestDatabase::create_empty_on(&server).await;
    let client = database.client().await;
    client
        .batch_execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
        .await
        .unwrap();
    server.kill();
    wait_until("broken connection", DEADLINE, async || {
        client
            .simple_query("SELECT 1")
            .await
            .err()
            .ok_or("the server still answers")
    })
    .await;
    server.restart();
    assert_eq!(database.count("kept").await, 1);
}
