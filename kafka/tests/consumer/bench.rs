//! Topics, a producer and looks at the group's commits, for one test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer, ProducerOptions, SendError};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use testkit::{TestKafka, TestTopics};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const DEADLINE: Duration = Duration::from_secs(90);
/// How long one question waits: librdkafka may go on asking where nobody answers any more.
const ANSWER: Duration = Duration::from_secs(5);
/// The least a broker allows: its heartbeats make rebalances quick.
pub(crate) const SHORT_SESSION: Duration = Duration::from_secs(6);
pub(crate) const GROUP: &str = "probe";

#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) kafka: KafkaConfig,
    pub(crate) topic: String,
    pub(crate) partitions: i32,
    pub(crate) producer: Producer,
}

impl Bench {
    pub(crate) async fn new(partitions: i32) -> Self {
        Self::of(&TestTopics::create(partitions).await, partitions)
    }

    pub(crate) async fn on(kafka: &TestKafka, partitions: i32) -> Self {
        Self::of(&TestTopics::create_on(kafka, partitions).await, partitions)
    }

    pub(crate) fn of(topics: &TestTopics, partitions: i32) -> Self {
        let kafka = KafkaConfig {
            brokers: topics.brokers().to_owned(),
            prefix: topics.prefix().to_owned(),
            session_timeout: SHORT_SESSION,
            ..KafkaConfig::default()
        };
        Self {
            producer: new_producer(&kafka, &ProducerOptions::default()),
            topic: topics.topics().events.clone(),
            kafka,
            partitions,
        }
    }

    /// The full name of the consumer group.
    pub(crate) fn group(&self) -> String {
        format!("{}-{GROUP}", self.kafka.prefix)
    }

    /// Sends `count` records to each partition, one after the other, and waits for their delivery.
    pub(crate) async fn fill(&self, count: usize) {
        let mut deliveries = Vec::new();
        for _ in 0..count {
            for partition in 0..self.partitions {
                deliveries.push(send_to(&self.producer, &self.topic, partition, b"value").unwrap());
            }
        }
        for delivery in deliveries {
            delivery.await.unwrap().unwrap();
        }
    }

    /// Sends records to every partition until it is stopped.
    pub(crate) fn start_traffic(&self) -> Traffic {
        let (bench, stop) = (self.clone(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::SeqCst) {
                bench.fill(3).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Traffic { stop, task }
    }

    /// What the group has committed of a partition.
    pub(crate) fn committed(&self, partition: i32) -> Option<(i64, String)> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, partition);
        // A group's coordinator is just being chosen, or comes back with its broker: each question is a new client's.
        let deadline = Instant::now() + 2 * DEADLINE;
        let committed = loop {
            let client: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", &self.kafka.brokers)
                .set("group.id", self.group())
                .create()
                .unwrap();
            match client.committed_offsets(list.clone(), ANSWER) {
                Ok(committed) => break committed,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
        };
        let element = committed.find_partition(&self.topic, partition).unwrap();
        element.error().unwrap();
        match element.offset() {
            Offset::Offset(offset) => Some((offset, element.metadata().to_owned())),
            _ => None,
        }
    }

    /// One after the last offset of each partition.
    pub(crate) fn ends(&self) -> Vec<i64> {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka.brokers)
            .create()
            .unwrap();
        let end = |partition| client.fetch_watermarks(&self.topic, partition, DEADLINE);
        (0..self.partitions)
            .map(|partition| end(partition).unwrap().1)
            .collect()
    }
}

pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Traffic {
    /// Stops it; every record sent is delivered.
    pub(crate) async fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.task.await.unwrap();
    }
}

pub(crate) fn new_producer(kafka: &KafkaConfig, options: &ProducerOptions) -> Producer {
    Producer::new(kafka, options, ProducerMetrics::unregistered().unwrap()).unwrap()
}

pub(crate) type Delivery = oneshot::Receiver<Result<Delivered, DeliveryError>>;

pub(crate) fn send_to(
    producer: &Producer,
    topic: &str,
    partition: i32,
    payload: &[u8],
) -> Result<Delivery, SendError> {
    let (sender, delivery) = oneshot::channel();
    let record = Outgoing {
        topic,
        partition: Some(partition),
        key: b"key",
        payload,
        headers: &[],
    };
    producer.send_with(record, move |outcome| drop(sender.send(outcome)))?;
    Ok(delivery)
}
