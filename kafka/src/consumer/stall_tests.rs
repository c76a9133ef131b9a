//! A reader that falls silent without an error, on a real broker: the test stops it behind the loop's back.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use prometheus::Registry;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use runtime::CancellationToken;
use testkit::{TestTopics, wait_until};

use super::{
    CommitPoint, ConsumerConfig, ConsumerError, Demand, GroupHandle, Handler, HandlerError,
    StartPosition, spawn,
};
use crate::config::KafkaConfig;
use crate::metrics::{ConsumerMetrics, ProducerMetrics};
use crate::producer::{Outgoing, Producer, ProducerOptions};
use crate::{Partition, Record};

const DEADLINE: Duration = Duration::from_secs(40);

struct Reader {
    joined: SyncSender<GroupHandle>,
    read: SyncSender<i64>,
}

impl Handler for Reader {
    fn joined(&mut self, group: GroupHandle) {
        self.joined.send(group).unwrap();
    }

    fn assigned(&mut self, _: Partition, start: &StartPosition) -> Result<i64, HandlerError> {
        Ok(start.offset)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        self.read.send(record.offset).unwrap();
        Ok(())
    }

    fn tick(&mut self, _: i64) -> Result<Demand, HandlerError> {
        Ok(Demand::Continue)
    }

    fn commit_point(&mut self, _: Partition) -> Option<CommitPoint> {
        None
    }

    fn begin_drain(&mut self, _: &[Partition]) {}

    fn is_drained(&mut self, _: &[Partition]) -> bool {
        true
    }

    fn released(&mut self, _: Partition) {}
}

async fn produce(producer: &Producer, topic: &str) {
    let (sender, delivered) = tokio::sync::oneshot::channel();
    let record = Outgoing {
        topic,
        partition: Some(0),
        key: b"key",
        payload: b"value",
        headers: &[],
    };
    let report = move |outcome| drop(sender.send(outcome));
    producer.send_with(record, report).unwrap();
    delivered.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_falls_silent_ends_the_consumer_and_says_where() {
    let topics = TestTopics::create(1).await;
    let kafka = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        ..KafkaConfig::default()
    };
    let topic = &topics.topics().events;
    let metrics = ProducerMetrics::unregistered().unwrap();
    let producer = Producer::new(&kafka, &ProducerOptions::default(), metrics).unwrap();
    produce(&producer, topic).await;
    let config = ConsumerConfig {
        stall_timeout: Duration::from_secs(2),
        ..ConsumerConfig::new(kafka.clone(), format!("{}-stall", kafka.prefix), topic)
    };
    let (joined, has_joined) = sync_channel(1);
    let (read, was_read) = sync_channel(100);
    let reader = Reader { joined, read };
    let metrics = ConsumerMetrics::register(&Registry::new()).unwrap();
    let consumer = tokio::spawn(spawn(config, reader, metrics, CancellationToken::new()));
    let first = wait_until("a record", DEADLINE, async || was_read.try_recv());
    assert_eq!(first.await, 0);
    // Quiet at its end for longer than the timeout: that is none.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!consumer.is_finished());

    let group = has_joined.recv().unwrap();
    let mut paused = TopicPartitionList::new();
    paused.add_partition(topic, 0);
    let client = group.consumer.upgrade().unwrap();
    client.pause(&paused).unwrap();
    drop(client);
    produce(&producer, topic).await;
    let ended = tokio::time::timeout(DEADLINE, consumer).await.unwrap();
    match ended.unwrap() {
        Err(ConsumerError::Stalled {
            partition,
            position,
            end,
            ..
        }) => assert_eq!((partition, position, end), (0, 1, 2)),
        other => panic!("{other:?}"),
    }
}
