//! A gateway of a test's own, on a free port, with its own topics.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;
use control::{ControlWriter, NewKeyOptions};
use ingest_gateway::{Clock, GatewayConfig};
use kafka::config::KafkaConfig;
use reqwest::{RequestBuilder, Response};
use runtime::CancellationToken;
use schemas::control::{ControlRecord, KeyKind, Scope};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use serde_json::{Value, json};
use testkit::{CollectedRecord, TestTopics, Until, collect, wait_until};
use tokio::task::JoinHandle;

pub(crate) const KEY: &str = "sk_test_gateway";
pub(crate) const SECRET: &str = "a secret of the gateway's tests";
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct TestGateway {
    pub(crate) address: SocketAddr,
    pub(crate) topics: TestTopics,
    client: reqwest::Client,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

/// A session as its creator sees it.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl TestGateway {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// On the shared broker, with these settings beside the usual ones; ready when it returns.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_knowing(settings, []).await
    }

    /// With these records in the control topic beside the usual key.
    pub(crate) async fn start_knowing(
        settings: &[(&str, &str)],
        records: impl IntoIterator<Item = ControlRecord>,
    ) -> Self {
        let topics = TestTopics::create(1).await;
        write_control(&topics, std::iter::once(usual_key()).chain(records)).await;
        let gateway = Self::start_on(topics, settings).await;
        gateway.wait_until_ready().await;
        gateway
    }

    /// On these topics; knows what their control topic says, which may be nothing.
    pub(crate) async fn start_on(topics: TestTopics, settings: &[(&str, &str)]) -> Self {
        Self::start_at(topics, settings, Clock::default()).await
    }

    /// With a clock of the test's own.
    pub(crate) async fn start_at(
        topics: TestTopics,
        settings: &[(&str, &str)],
        clock: Clock,
    ) -> Self {
        let bound = ingest_gateway::bind_with(config(&topics, settings), clock)
            .await
            .unwrap();
        let address = bound.address();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(bound.run(shutdown.clone()));
        let client = reqwest::Client::new();
        Self {
            address,
            topics,
            client,
            shutdown,
            running,
        }
    }

    /// A gateway that runs as a process of the test's.
    pub(crate) fn of_process(address: SocketAddr, topics: TestTopics) -> Self {
        Self {
            address,
            topics,
            client: reqwest::Client::new(),
            shutdown: CancellationToken::new(),
            running: tokio::spawn(async {}),
        }
    }

    pub(crate) async fn wait_until_ready(&self) {
        wait_until("readiness", DEADLINE, async || self.ready().await).await;
    }

    /// `Ok` when it is ready, otherwise what it says.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        match self.get("/health/detailed").send().await {
            Ok(response) if response.status() == 200 => Ok(()),
            Ok(response) => Err(response.text().await.unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// A POST without credentials.
    pub(crate) fn anonymous(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A POST with the secret key.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.anonymous(path).bearer_auth(KEY)
    }

    /// A POST of a batch, not sent yet.
    pub(crate) fn batch(&self, session: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let path = format!("/api/v1/detection/sessions/{session}/events");
        self.post(&path)
            .header("content-type", "application/json")
            .body(body)
    }

    pub(crate) async fn session(&self) -> NewSession {
        self.try_session().await.unwrap()
    }

    /// A new session, or the problem.
    pub(crate) async fn try_session(&self) -> Result<NewSession, String> {
        let response = self
            .post("/api/v1/detection/sessions")
            .send()
            .await
            .unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        if status != 201 {
            return Err(body.to_string());
        }
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Ok(NewSession {
            id: text("session_id"),
            token: text("ingest_token"),
        })
    }

    /// Every record of the events topic so far.
    pub(crate) async fn records(&self) -> Vec<CollectedRecord> {
        collect(
            self.topics.brokers(),
            &self.topics.topics().events,
            Until::HighWatermark,
        )
        .await
    }

    /// The value of a metric; 0 while it has none.
    pub(crate) async fn metric(&self, name_and_labels: &str) -> f64 {
        let text = self
            .get("/metrics")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name_and_labels)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.cancel();
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.running)
            .await
            .unwrap()
            .unwrap();
    }
}

/// The record of [`KEY`]: a secret test key of organisation `default` with every scope.
pub(crate) fn usual_key() -> ControlRecord {
    key(KEY, |_| {})
}

/// The record of a key with this text, of its prefix's kind; `change` makes it what the test needs.
pub(crate) fn key(text: &str, change: impl FnOnce(&mut NewKeyOptions)) -> ControlRecord {
    let (kind, mode) = KeyKind::of(text).unwrap();
    let mut options = NewKeyOptions::new("default".parse().unwrap(), kind, mode);
    if kind == KeyKind::Secret {
        options.scopes = Scope::ALL.to_vec();
    }
    change(&mut options);
    ControlRecord::ApiKey(options.adopt(text, Utc::now()).record)
}

/// Writes records into the control topic.
pub(crate) async fn write_control(
    topics: &TestTopics,
    records: impl IntoIterator<Item = ControlRecord>,
) {
    let kafka = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        ..KafkaConfig::default()
    };
    let writer = ControlWriter::new(&kafka, "/candor/test").unwrap();
    for record in records {
        writer.put(&record).await.unwrap();
    }
}

fn config(topics: &TestTopics, settings: &[(&str, &str)]) -> GatewayConfig {
    let usual = [
        ("CANDOR_KAFKA_BROKERS", topics.brokers()),
        ("CANDOR_TOPIC_PREFIX", topics.prefix()),
        ("CANDOR_LISTEN", "127.0.0.1:0"),
        ("CANDOR_SESSION_SECRET", SECRET),
    ];
    let all: BTreeMap<&str, &str> = usual.iter().chain(settings).copied().collect();
    let find = |name: &str| all.get(name).map(|value| (*value).to_owned());
    runtime::config::load_from(find).unwrap().config
}

pub(crate) fn secret() -> SessionSecret {
    SessionSecret::new(SECRET).unwrap()
}

/// A session id that the gateway's secret minted for `organisation`.
pub(crate) fn mint(organisation: &str) -> SessionId {
    let organisation: OrganisationId = organisation.parse().unwrap();
    secret().mint(&organisation, Utc::now(), [1, 2, 3, 4, 5, 6])
}

/// `count` good events.
pub(crate) fn events(count: usize) -> Value {
    let now = Utc::now().timestamp_millis();
    let event = |index: usize| json!({ "event_type": "mouse_move", "timestamp": now + index as i64, "data": { "x": index, "y": 7 } });
    (0..count).map(event).collect()
}

/// Checks everything a problem must have, and returns its body.
pub(crate) async fn expect_problem(response: Response, status: u16, code: &str) -> Value {
    let headers = response.headers().clone();
    let (seen, path) = (response.status().as_u16(), response.url().path().to_owned());
    let text = response.text().await.unwrap();
    assert_eq!(seen, status, "expected {code}, seen {text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["code"], code, "{text}");
    assert_eq!(body["type"], format!("urn:candor:problem:{code}"));
    assert_eq!(body["status"], status);
    assert_eq!(body["instance"], path);
    assert!(body["title"].is_string(), "{text}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(
        body["request_id"],
        headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(
        headers.contains_key("retry-after"),
        matches!(status, 429 | 503),
        "{headers:?}"
    );
    assert_eq!(
        headers.contains_key("www-authenticate"),
        status == 401,
        "{headers:?}"
    );
    body
}
