//! Creating topics, and saying which are missing.

use kafka::admin::{
    AdminError, TopicOutcome, TopicSizes, create_topics, list_topics, require_topics,
};
use kafka::config::KafkaConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use schemas::topic::{PartitionCount, Topics};
use std::time::Duration;
use testkit::{TestKafka, TestTopics, wait_until};

use crate::bench::DEADLINE;

const SIZES: TopicSizes = TopicSizes {
    partitions: 3,
    replication: 1,
};

/// A prefix that no topic has yet.
async fn fresh() -> (KafkaConfig, Topics) {
    let other = TestTopics::create(1).await;
    let config = KafkaConfig {
        brokers: other.brokers().to_owned(),
        prefix: format!("{}-new", other.prefix()),
        ..KafkaConfig::default()
    };
    let topics = config.topics();
    (config, topics)
}

#[tokio::test]
async fn topics_are_created_once_with_their_settings() {
    let (config, topics) = fresh().await;
    let outcomes = create_topics(&config, &topics, SIZES).await.unwrap();
    let names: Vec<String> = topics.specs().into_iter().map(|spec| spec.name).collect();
    let all = |outcome| {
        names
            .iter()
            .map(|name| (name.clone(), outcome))
            .collect::<Vec<_>>()
    };
    assert_eq!(outcomes, all(TopicOutcome::Created));
    let again = create_topics(&config, &topics, SIZES).await.unwrap();
    assert_eq!(again, all(TopicOutcome::Existed));

    wait_until("all topics", DEADLINE, async || {
        let listed = list_topics(&config, DEADLINE).unwrap();
        let is_sized = |spec: &schemas::topic::TopicSpec| {
            let partitions = match spec.partitions {
                PartitionCount::PerSession => 3,
                PartitionCount::One => 1,
            };
            listed.contains(&(spec.name.clone(), partitions))
        };
        if topics.specs().iter().all(is_sized) {
            Ok(())
        } else {
            Err(listed)
        }
    })
    .await;

    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .create()
        .unwrap();
    for spec in topics.specs() {
        let resource = [ResourceSpecifier::Topic(&spec.name)];
        let described = admin
            .describe_configs(&resource, &AdminOptions::new())
            .await;
        let described = described.unwrap().remove(0).unwrap();
        for (name, value) in &spec.config {
            let entry = described.get(name).unwrap();
            assert_eq!(entry.value.as_deref(), Some(*value), "{} {name}", spec.name);
        }
        assert!(!spec.config.is_empty(), "{}", spec.name);
    }
}

#[tokio::test]
async fn missing_topics_are_named_with_what_to_do() {
    let (config, topics) = fresh().await;
    let present = TestTopics::create(1).await;
    let there = present.topics().events.as_str();
    require_topics(&config, &[there], DEADLINE).unwrap();
    let wanted = [there, &topics.events, &topics.control];
    let sentence = require_topics(&config, &wanted, DEADLINE).unwrap_err();
    let expected = format!(
        "topics {}, {} do not exist at {}; run `candor topics create`",
        topics.events, topics.control, config.brokers
    );
    assert_eq!(sentence, expected);
}

#[tokio::test]
async fn a_refused_topic_is_named() {
    let (config, topics) = fresh().await;
    let sizes = TopicSizes {
        replication: 3,
        ..SIZES
    };
    match create_topics(&config, &topics, sizes).await {
        Err(AdminError::Refused { topic, .. }) => assert_eq!(topic, topics.events),
        other => panic!("one broker cannot hold three copies: {other:?}"),
    }
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_named() {
    let brokers = format!("127.0.0.1:{}", testkit::free_port().unwrap());
    assert_ne!(brokers, TestKafka::shared().brokers());
    let config = KafkaConfig {
        brokers: brokers.clone(),
        ..KafkaConfig::default()
    };
    let sentence = require_topics(&config, &["any"], Duration::from_secs(1)).unwrap_err();
    assert_eq!(sentence, format!("Kafka at {brokers} does not answer"));
}
