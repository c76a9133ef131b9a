//! A control topic of a test's own, somebody who writes it and somebody who reads it.

use std::time::Duration;

use chrono::Utc;
use control::{Control, ControlWriter, NewKey, NewKeyOptions};
use kafka::config::KafkaConfig;
use prometheus::{Registry, TextEncoder};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::control::{ControlKey, ControlRecord, KeyKind, KeyMode, OrganisationSettings, Scope};
use schemas::session::StampedVersions;
use testkit::{TestKafka, wait_until};
use tokio_util::sync::DropGuard;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// One control topic, which need not exist.
pub(crate) struct Topic {
    pub(crate) config: KafkaConfig,
    admin: AdminClient<DefaultClientContext>,
}

impl Topic {
    pub(crate) fn named(kafka: &TestKafka) -> Self {
        let config = KafkaConfig {
            brokers: kafka.brokers().to_owned(),
            prefix: format!("control-{:016x}", rand::random::<u64>()),
            ..KafkaConfig::default()
        };
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &config.brokers);
        let admin = client.create().unwrap();
        Self { config, admin }
    }

    pub(crate) async fn created(kafka: &TestKafka) -> Self {
        let topic = Self::named(kafka);
        topic.create(1).await;
        topic
    }

    pub(crate) fn name(&self) -> String {
        self.config.topics().control
    }

    pub(crate) async fn create(&self, partitions: i32) {
        let name = self.name();
        let new = NewTopic::new(&name, partitions, TopicReplication::Fixed(1))
            .set("cleanup.policy", "compact")
            .set("segment.ms", "100")
            .set("min.cleanable.dirty.ratio", "0.01");
        let results = self.admin.create_topics([&new], &AdminOptions::new()).await;
        for result in results.unwrap() {
            result.unwrap();
        }
        wait_until("the topic", DEADLINE, async || {
            let found = kafka::admin::list_topics(&self.config, Duration::from_secs(5)).unwrap();
            found.into_iter().find(|(found, _)| *found == name)
        })
        .await;
    }

    pub(crate) async fn delete(&self) {
        let name = self.name();
        let results = self
            .admin
            .delete_topics(&[&name], &AdminOptions::new())
            .await;
        for result in results.unwrap() {
            result.unwrap();
        }
        wait_until("the topic gone", DEADLINE, async || {
            let found = kafka::admin::list_topics(&self.config, Duration::from_secs(5)).unwrap();
            let gone = found.iter().all(|(found, _)| *found != name);
            gone.then_some(())
        })
        .await;
    }

    pub(crate) fn writer(&self) -> ControlWriter {
        ControlWriter::new(&self.config, "/candor/test").unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        let (registry, health) = (Registry::new(), Health::default());
        let shutdown = CancellationToken::new();
        let control = Control::spawn(
            &self.config,
            &self.name(),
            &registry,
            &health,
            shutdown.clone(),
        );
        Reader {
            control: control.unwrap(),
            health,
            registry,
            _end: shutdown.drop_guard(),
        }
    }

    /// Writes bytes that no writer of Candor would.
    pub(crate) async fn put_raw(&self, key: &str, value: &[u8]) {
        let producer = kafka::producer::Producer::new(
            &self.config,
            &kafka::producer::ProducerOptions::default(),
            kafka::metrics::ProducerMetrics::unregistered().unwrap(),
        )
        .unwrap();
        let sent = producer.put(&self.name(), key.as_bytes(), Some(value), &[]);
        sent.unwrap().await.unwrap();
    }
}

/// A running reader with its health and metrics.
pub(crate) struct Reader {
    pub(crate) control: Control,
    pub(crate) health: Health,
    pub(crate) registry: Registry,
    _end: DropGuard,
}

impl Reader {
    pub(crate) async fn ready(&self) {
        let ready = tokio::time::timeout(DEADLINE, self.control.ready()).await;
        assert!(ready.is_ok(), "not ready: {:?}", self.health);
    }

    /// Waits until the health shows `text` as a reason, and returns all of it.
    pub(crate) async fn waits_for(&self, text: &str) {
        wait_until("reason in the health", DEADLINE, async || {
            let health = format!("{:?}", self.health);
            if health.contains(text) {
                Ok(())
            } else {
                Err(health)
            }
        })
        .await;
    }

    /// Waits until this organisation's ruleset is `ruleset`.
    pub(crate) async fn sees(&self, organisation: &str, ruleset: &str) {
        let organisation = organisation.parse().unwrap();
        wait_until("the ruleset", DEADLINE, async || {
            let seen = self
                .control
                .state()
                .settled_versions(&organisation, None)
                .ruleset;
            if seen == ruleset { Ok(()) } else { Err(seen) }
        })
        .await;
    }

    pub(crate) fn metric(&self, line: &str) -> f64 {
        let text = TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap();
        let found = text.lines().find_map(|found| found.strip_prefix(line));
        found
            .unwrap_or_else(|| panic!("no {line} in\n{text}"))
            .trim()
            .parse()
            .unwrap()
    }
}

/// The settings of an organisation, told apart by their ruleset.
pub(crate) fn settings(organisation: &str, ruleset: &str) -> ControlRecord {
    ControlRecord::Organisation(OrganisationSettings {
        organisation: organisation.parse().unwrap(),
        allow: vec![],
        deny: vec![],
        key_limit: None,
        versions: Some(StampedVersions {
            ruleset: ruleset.to_owned(),
            model: "none".to_owned(),
            experiment: None,
            shadow: None,
        }),
    })
}

pub(crate) fn settings_key(organisation: &str) -> ControlKey {
    ControlKey::Organisation(organisation.parse().unwrap())
}

/// A secret key of `acme` with every scope, not written anywhere.
pub(crate) fn key() -> NewKey {
    options().make(Utc::now())
}

pub(crate) fn options() -> NewKeyOptions {
    NewKeyOptions {
        scopes: Scope::ALL.to_vec(),
        ..NewKeyOptions::new("acme".parse().unwrap(), KeyKind::Secret, KeyMode::Test)
    }
}
