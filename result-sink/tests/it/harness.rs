//! A sink inside the test process, its database, and what Kafka holds of its group.

use std::time::Duration;

use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions};
use prometheus::Registry;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use result_sink::{RetentionConfig, SinkConfig, SinkError};
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::coordination::CoordinationFinding;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use schemas::verdict::VerdictRecord;
use storage::DatabaseConfig;
use testkit::{TestDatabase, TestPostgres, TestTopics, wait_until};
use tokio::task::JoinHandle;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const BROKER_WAIT: Duration = Duration::from_secs(20);

/// A database on `server`, owned and migrated by a login without special rights; and that login's URL.
pub(crate) async fn database_on(server: &TestPostgres) -> (TestDatabase, String) {
    let database = TestDatabase::create_empty_on(server).await;
    let url = database.give_to_ordinary_login().await;
    storage::migrate(&url).await.unwrap();
    (database, url)
}

/// The same on the shared server.
pub(crate) async fn database() -> (TestDatabase, String) {
    database_on(TestPostgres::shared()).await
}

/// Every row of every table as text, in order: equal texts are equal tables.
pub(crate) async fn contents(database: &TestDatabase) -> Vec<String> {
    let client = database.client().await;
    let mut rows = Vec::new();
    for table in [
        "sessions",
        "session_windows",
        "detection_results",
        "coordination_findings",
        "behavior_batches",
        "integration_deliveries",
    ] {
        let statement = format!("SELECT '{table} ' || t::text FROM {table} AS t ORDER BY 1");
        rows.extend(
            client
                .query(&statement, &[])
                .await
                .unwrap()
                .iter()
                .map(|row| row.get::<_, String>(0)),
        );
    }
    rows
}

pub(crate) fn kafka_config(topics: &TestTopics) -> KafkaConfig {
    KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        session_timeout: Duration::from_secs(15),
        ..KafkaConfig::default()
    }
}

/// Settings of a sink for tests: commits often.
pub(crate) fn sink_config(topics: &TestTopics, url: &str) -> SinkConfig {
    SinkConfig {
        commit_interval: Duration::from_millis(50),
        drain_timeout: Duration::from_secs(5),
        // Most sessions of tests are of a day long past.
        retention: RetentionConfig {
            raw_days: 0,
            ..RetentionConfig::default()
        },
        ..SinkConfig::new(kafka_config(topics), DatabaseConfig::new(url))
    }
}

pub(crate) fn producer(topics: &TestTopics) -> Producer {
    let metrics = ProducerMetrics::unregistered().unwrap();
    Producer::new(&kafka_config(topics), &ProducerOptions::default(), metrics).unwrap()
}

/// A record of the verdicts topic.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Verdict(Box<VerdictRecord>),
    Finding(CoordinationFinding),
}

impl From<&VerdictRecord> for Told {
    fn from(record: &VerdictRecord) -> Self {
        Self::Verdict(Box::new(record.clone()))
    }
}

impl Told {
    fn record_type(&self) -> RecordType {
        match self {
            Self::Verdict(_) => RecordType::Verdict,
            Self::Finding(_) => RecordType::CoordinationFinding,
        }
    }

    fn about(&self) -> (SessionId, &OrganisationId) {
        match self {
            Self::Verdict(record) => (record.session_id, &record.organisation),
            Self::Finding(finding) => (finding.session_id, &finding.organisation),
        }
    }

    fn payload(&self) -> Vec<u8> {
        let payload = match self {
            Self::Verdict(record) => serde_json::to_vec(record),
            Self::Finding(finding) => serde_json::to_vec(finding),
        };
        payload.unwrap()
    }
}

/// Produces the verdicts in order, by their session's key.
pub(crate) async fn produce(topics: &TestTopics, records: &[VerdictRecord]) {
    let records: Vec<Told> = records.iter().map(Told::from).collect();
    produce_all(topics, &records).await;
}

/// Produces verdicts and findings in order, by their session's key.
pub(crate) async fn produce_all(topics: &TestTopics, records: &[Told]) {
    let producer = producer(topics);
    let mut deliveries = Vec::new();
    for record in records {
        let headers = RecordHeaders {
            record_type: record.record_type(),
            id: String::new(),
            source: "/candor/detector".to_owned(),
            organisation: record.about().1.clone(),
            traceparent: None,
        };
        let (key, payload) = (record.about().0.to_string(), record.payload());
        deliveries.push(
            producer
                .send(
                    &topics.topics().verdicts,
                    key.as_bytes(),
                    &payload,
                    &headers,
                )
                .unwrap(),
        );
    }
    for delivery in deliveries {
        delivery.await.unwrap();
    }
}

/// Produces one record as it is.
pub(crate) async fn produce_raw(
    producer: &Producer,
    topic: &str,
    key: &str,
    payload: &[u8],
    headers: &[(&str, &[u8])],
) {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let record = Outgoing {
        topic,
        partition: None,
        key: key.as_bytes(),
        payload,
        headers,
    };
    producer
        .send_with(record, move |outcome| drop(sender.send(outcome)))
        .unwrap();
    receiver.await.unwrap().unwrap();
}

/// Produces records of the events topic, each with its session's key, in order.
pub(crate) async fn produce_raw_all(
    topics: &TestTopics,
    record_type: RecordType,
    records: &[(String, &str)],
) {
    let producer = producer(topics);
    let headers = RecordHeaders {
        record_type,
        id: String::new(),
        source: "/candor/gateway".to_owned(),
        organisation: "acme".parse().unwrap(),
        traceparent: None,
    };
    let topic = &topics.topics().events;
    let mut deliveries = Vec::new();
    for (key, payload) in records {
        let sent = producer.send(topic, key.as_bytes(), payload.as_bytes(), &headers);
        deliveries.push(sent.unwrap());
    }
    for delivery in deliveries {
        delivery.await.unwrap();
    }
}

/// What Kafka holds of one group on one topic.
pub(crate) struct GroupView {
    consumer: BaseConsumer,
    topic: String,
}

impl GroupView {
    pub(crate) fn verdicts(topics: &TestTopics) -> Self {
        Self::new(topics, "sink", &topics.topics().verdicts)
    }

    pub(crate) fn events(topics: &TestTopics) -> Self {
        Self::new(topics, "raw", &topics.topics().events)
    }

    pub(crate) fn webhooks(topics: &TestTopics) -> Self {
        Self::new(topics, "deliveries", &topics.topics().webhooks)
    }

    fn new(topics: &TestTopics, group: &str, topic: &str) -> Self {
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", topics.brokers())
            .set("group.id", format!("{}-{group}", topics.prefix()))
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        Self {
            consumer,
            topic: topic.to_owned(),
        }
    }

    fn partitions(&self) -> i32 {
        let metadata = self
            .consumer
            .fetch_metadata(Some(&self.topic), BROKER_WAIT)
            .unwrap();
        i32::try_from(metadata.topics()[0].partitions().len()).unwrap()
    }

    /// Sum of committed offsets, `None` where nothing was committed. A coordinator may still be on its way.
    fn try_committed(&self) -> Result<Option<i64>, String> {
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions() {
            list.add_partition(&self.topic, partition);
        }
        let committed = self
            .consumer
            .committed_offsets(list, BROKER_WAIT)
            .map_err(|error| error.to_string())?;
        let offsets = committed
            .elements()
            .iter()
            .filter_map(|element| element.offset().to_raw())
            .collect::<Vec<_>>();
        let real: Vec<i64> = offsets.into_iter().filter(|offset| *offset >= 0).collect();
        Ok((!real.is_empty()).then(|| real.iter().sum()))
    }

    /// Sum of committed offsets, `None` where nothing was committed.
    pub(crate) async fn committed(&self) -> Option<i64> {
        wait_until("committed offsets", DEADLINE, async || self.try_committed()).await
    }

    /// Sum of the ends of all partitions.
    pub(crate) fn end(&self) -> i64 {
        let end_of = |partition| {
            self.consumer
                .fetch_watermarks(&self.topic, partition, BROKER_WAIT)
                .unwrap()
                .1
        };
        (0..self.partitions()).map(end_of).sum()
    }

    /// Waits until everything is committed.
    pub(crate) async fn wait_for_end(&self) {
        let end = self.end();
        wait_until("committed end of the topic", DEADLINE, async || {
            let committed = self.try_committed();
            if committed == Ok(Some(end)) {
                Ok(())
            } else {
                Err(format!("{committed:?} of {end}"))
            }
        })
        .await;
    }

    /// Lets the group, which has no member now, start over.
    pub(crate) async fn rewind(&self) {
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions() {
            list.add_partition_offset(&self.topic, partition, Offset::Offset(0))
                .unwrap();
        }
        // The coordinator refuses as long as it believes in a member that is just leaving.
        wait_until("rewound group", DEADLINE, async || {
            self.consumer.commit(&list, CommitMode::Sync)
        })
        .await;
    }
}

/// A sink that runs in this process.
pub(crate) struct TestSink {
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), SinkError>>,
    registry: Registry,
    pub(crate) health: Health,
}

impl TestSink {
    pub(crate) fn spawn(config: SinkConfig) -> Self {
        let (health, registry, shutdown) =
            (Health::default(), Registry::new(), CancellationToken::new());
        let sink = result_sink::build(config, &health, &registry).unwrap();
        let running = tokio::spawn(sink.run(shutdown.clone()));
        Self {
            shutdown,
            running,
            registry,
            health,
        }
    }

    /// A counter or gauge, all labels together.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().filter(|family| family.name() == name);
        let values = family.flat_map(|family| family.get_metric());
        values
            .map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value())
            .sum()
    }

    /// Waits until a metric is as wanted.
    pub(crate) async fn wait_for(&self, name: &str, wanted: impl Fn(f64) -> bool) {
        wait_until(&format!("wanted value of {name}"), DEADLINE, async || {
            let value = self.metric(name);
            if wanted(value) {
                Ok(())
            } else {
                Err(value.to_string())
            }
        })
        .await;
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }
}

/// Runs a sink over everything there is, from the beginning, and ends it.
pub(crate) async fn run_to_end(topics: &TestTopics, url: &str) {
    let group = GroupView::verdicts(topics);
    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        deliveries: false,
        ..sink_config(topics, url)
    });
    group.wait_for_end().await;
    sink.stop().await;
}
