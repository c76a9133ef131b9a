//! Candor's topics under a prefix of their own for each test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use schemas::topic::{PartitionCount, Topics};

use crate::kafka::TestKafka;
use crate::outcome::OrFail;
use crate::wait::wait_until;

/// How long a broker may take to show topics it has accepted.
const SETTLING: Duration = Duration::from_secs(20);

/// Every topic of Candor under a prefix that no other test uses. Left on the broker, which goes with the test process.
#[derive(Debug, Clone)]
pub struct TestTopics {
    brokers: String,
    prefix: String,
    topics: Topics,
}

impl TestTopics {
    /// Creates the topics on the shared broker; those keyed by session have `partitions` partitions.
    ///
    /// # Panics
    /// When the broker cannot be started or refuses.
    pub async fn create(partitions: i32) -> Self {
        Self::create_on(TestKafka::shared(), partitions).await
    }

    /// Creates the topics on `kafka`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub async fn create_on(kafka: &TestKafka, partitions: i32) -> Self {
        let topics = Self::names_on(kafka);
        topics.create_all(partitions).await;
        topics
    }

    /// A prefix on the shared broker whose topics do not exist: for what happens without them.
    ///
    /// # Panics
    /// When the broker cannot be started.
    pub fn named_only() -> Self {
        Self::names_on(TestKafka::shared())
    }

    /// Creates the topics of these names.
    ///
    /// # Panics
    /// When the broker refuses.
    pub async fn create_all(&self, partitions: i32) {
        create_topics(&self.brokers, &self.topics, partitions).await;
    }

    fn names_on(kafka: &TestKafka) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // The random part keeps runs apart on a broker given from outside.
        let prefix = format!(
            "test-{}-{number}-{:08x}",
            std::process::id(),
            rand::random::<u32>()
        );
        let topics = Topics::new(&prefix);
        Self {
            brokers: kafka.brokers().to_owned(),
            prefix,
            topics,
        }
    }

    /// The broker they are on.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The same topics for clients that reach the broker at `brokers`, a proxy for example.
    #[must_use]
    pub fn through(&self, brokers: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
            ..self.clone()
        }
    }

    /// The prefix, as for `CANDOR_TOPIC_PREFIX`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The full names.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }
}

async fn create_topics(brokers: &str, topics: &Topics, partitions: i32) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    let admin = AdminClient::<DefaultClientContext>::from_config(&config);
    let admin = admin.or_fail("Kafka administration client");
    let specs = topics.specs();
    let new_topics = specs.iter().map(|spec| {
        let partitions = match spec.partitions {
            PartitionCount::PerSession => partitions,
            PartitionCount::One => 1,
        };
        let topic = NewTopic::new(&spec.name, partitions, TopicReplication::Fixed(1));
        spec.config
            .iter()
            .fold(topic, |topic, (key, value)| topic.set(key, value))
    });
    let new_topics: Vec<NewTopic<'_>> = new_topics.collect();
    let results = admin.create_topics(&new_topics, &AdminOptions::new()).await;
    for result in results.or_fail("creating topics") {
        if let Err((topic, code)) = result {
            panic!("the broker refuses to create {topic}: {code}");
        }
    }
    wait_until("the broker shows the new topics", SETTLING, async || {
        topics_without_leader(&admin, &new_topics)
    })
    .await;
}

/// The controller accepts a topic before the broker's own metadata shows it: whoever asked for metadata in between
/// would be told that the topic is not there.
fn topics_without_leader(
    admin: &AdminClient<DefaultClientContext>,
    wanted: &[NewTopic<'_>],
) -> Result<(), String> {
    let metadata = admin.inner().fetch_metadata(None, SETTLING);
    let metadata = metadata.map_err(|error| error.to_string())?;
    let is_there = |wanted: &&NewTopic<'_>| {
        metadata.topics().iter().any(|topic| {
            let led = topic.partitions().iter().filter(|part| part.leader() >= 0);
            topic.name() == wanted.name && Ok(led.count()) == usize::try_from(wanted.num_partitions)
        })
    };
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|topic| !is_there(topic))
        .map(|topic| topic.name)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("not there yet: {}", missing.join(", ")))
    }
}
