//! Lag and workers, as consumer groups of a real Kafka have them.

use std::time::Duration;

use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use testkit::{TestKafka, TestTopics, wait_until};

use crate::harness::{DEADLINE, TestApi, database, login_url};

const PATH: &str = "/api/v1/pipeline";
/// Long enough for a broker that has just been killed to be found again.
const LONG: Duration = Duration::from_secs(60);

async fn put(topics: &TestTopics, topic: &str, count: usize) {
    let config = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        ..KafkaConfig::default()
    };
    let metrics = ProducerMetrics::unregistered().unwrap();
    let producer = Producer::new(&config, &ProducerOptions::default(), metrics).unwrap();
    for _ in 0..count {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let record = Outgoing {
            topic,
            partition: Some(0),
            key: b"key",
            payload: b"value",
            headers: &[],
        };
        let report = move |outcome| drop(sender.send(outcome));
        producer.send_with(record, report).unwrap();
        receiver.await.unwrap().unwrap();
    }
}

fn group<'a>(report: &'a Value, role: &str) -> &'a Value {
    let mut groups = report["groups"].as_array().unwrap().iter();
    groups.find(|group| group["role"] == role).unwrap()
}

/// Joins the sink's group and stays while it is polled.
fn join(topics: &TestTopics) -> BaseConsumer {
    let member: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", topics.brokers())
        .set("group.id", format!("{}-sink", topics.prefix()))
        .set("client.id", "a-worker")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    member.subscribe(&[&topics.topics().verdicts]).unwrap();
    member
}

/// A member of the sink's group that owns the verdicts topic, five records of it, and has read two.
async fn behind_by_three(api: &TestApi) -> BaseConsumer {
    let verdicts = &api.topics.topics().verdicts;
    put(&api.topics, verdicts, 5).await;
    let member = join(&api.topics);
    wait_until("partitions of the member", LONG, async || {
        drop(member.poll(Duration::from_millis(100)));
        let owned = member.assignment().unwrap().count();
        if owned == 3 { Ok(()) } else { Err(owned) }
    })
    .await;
    commit(api, &member, 2);
    member
}

fn commit(api: &TestApi, member: &BaseConsumer, offset: i64) {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&api.topics.topics().verdicts, 0, Offset::Offset(offset))
        .unwrap();
    member.commit(&list, CommitMode::Sync).unwrap();
}

/// Polls the member and asks until the report is as wanted.
async fn wait_for(api: &TestApi, member: &BaseConsumer, wanted: impl Fn(&Value) -> bool) -> Value {
    wait_until("the wanted report", LONG, async || {
        drop(member.poll(Duration::from_millis(10)));
        let report = api.json(PATH).await;
        if wanted(&report) {
            Ok(report)
        } else {
            Err(report)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_and_workers_are_those_of_the_groups() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let member = behind_by_three(&api).await;
    let report = wait_for(&api, &member, |report| {
        let sink = group(report, "sink");
        sink["state"] == "stable" && sink["lag"] == 3
    })
    .await;
    assert_eq!(report["problem"], Value::Null);
    assert_eq!(report["database_reachable"], true);
    let sink = group(&report, "sink");
    assert_eq!(sink["workers"], 1);
    assert_eq!(sink["topic"], api.topics.topics().verdicts.as_str());
    let worker = &sink["members"][0];
    assert_eq!(worker["client_id"], "a-worker");
    assert_eq!(worker["partitions"].as_array().unwrap().len(), 3);
    let first = &sink["partitions"][0];
    assert_eq!((&first["committed"], &first["end"]), (&2.into(), &5.into()));
    assert_eq!(first["owner"], worker["member_id"]);
    // It was written before anybody looked, so its age is at least that of the looking.
    assert_eq!(first["lag_seconds_at_least"], true);
    assert_eq!(sink["partitions"][1]["committed"], Value::Null);
    let detector = group(&report, "detector");
    let nobody = (&detector["state"], &detector["workers"]);
    assert_eq!(nobody, (&"absent".into(), &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_somebody_looks_has_an_age_and_a_rate() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let member = behind_by_three(&api).await;
    wait_for(&api, &member, |report| group(report, "sink")["lag"] == 3).await;
    put(&api.topics, &api.topics.topics().verdicts, 4).await;
    commit(&api, &member, 6);
    wait_for(&api, &member, |report| {
        let first = &group(report, "sink")["partitions"][0];
        let mut topics = report["topics"].as_array().unwrap().iter();
        let verdicts = topics.find(|topic| topic["role"] == "verdicts").unwrap();
        let is_positive = |value: &Value| value.as_f64().is_some_and(|value| value > 0.0);
        first["lag"] == 3
            && first["lag_seconds_at_least"] == false
            && is_positive(&first["lag_seconds"])
            && is_positive(&verdicts["records_per_second"])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_broker_the_last_figures_stay_with_their_age_and_a_problem() {
    let database = database().await;
    let mut kafka = TestKafka::own();
    let topics = TestTopics::create_on(&kafka, 1).await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.kafka.brokers = topics.brokers().to_owned();
        config.kafka.prefix = topics.prefix().to_owned();
    })
    .await;
    let before = wait_until("a look", LONG, async || {
        let report = api.json(PATH).await;
        let looked = report["problem"].is_null() && report["groups"][0]["partitions"].is_array();
        if looked { Ok(report) } else { Err(report) }
    })
    .await;
    tokio::task::block_in_place(|| kafka.kill());
    let during = wait_until("a problem", LONG, async || {
        let report = api.json(PATH).await;
        if report["problem"].is_null() {
            Err(report)
        } else {
            Ok(report)
        }
    })
    .await;
    assert_eq!(during["problem"], "unreachable");
    assert_eq!(during["groups"], before["groups"]);
    assert!(during["age_seconds"].as_f64().unwrap() > 0.0, "{during}");
    tokio::task::block_in_place(|| kafka.restart());
    wait_until("new figures", LONG, async || {
        let report = api.json(PATH).await;
        let is_new = report["problem"].is_null() && report["looked_at"] != during["looked_at"];
        if is_new { Ok(()) } else { Err(report) }
    })
    .await;
}

#[tokio::test]
async fn a_deployment_without_topics_is_told_so() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let elsewhere = TestTopics::named_only();
    let lost = TestApi::start_lost(&login_url(&database), |config| {
        config.kafka.prefix = elsewhere.prefix().to_owned();
    })
    .await;
    wait_until("the problem", DEADLINE, async || {
        let report = lost.json(PATH).await;
        if report["problem"] == "missing_topic" {
            Ok(())
        } else {
            Err(report)
        }
    })
    .await;
    drop(api);
}
