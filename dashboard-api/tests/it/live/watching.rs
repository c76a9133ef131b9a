//! Watchers over the network, and the detector that gives them something to see.

use std::time::Duration;

use futures::StreamExt;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use reqwest::Method;
use schemas::coordination::CoordinationFinding;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::SessionId;
use schemas::live::LiveMessage;
use schemas::verdict::{Phase, RiskLevel, VerdictRecord};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{DEADLINE, KEY, TestApi, mint};

const GOLDEN: &str = include_str!("../../../../schemas/golden/candor.verdict.v1.json");
const FINDING: &str =
    include_str!("../../../../schemas/golden/candor.coordination.finding.v1.json");

/// Publishes what the detector would.
pub(crate) struct Detector {
    producer: Producer,
    topic: String,
}

impl Detector {
    pub(crate) fn of(api: &TestApi) -> Self {
        let config = KafkaConfig {
            brokers: api.topics.brokers().to_owned(),
            prefix: api.topics.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let options = ProducerOptions {
            linger: Duration::ZERO,
            ..ProducerOptions::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        Self {
            producer: Producer::new(&config, &options, metrics).unwrap(),
            topic: config.topics().verdicts,
        }
    }

    /// A verdict of a new session of `organisation`; gives its id once the broker has it.
    pub(crate) async fn verdict(
        &self,
        organisation: &str,
        change: impl FnOnce(&mut VerdictRecord),
    ) -> SessionId {
        let mut verdict: VerdictRecord = serde_json::from_str(GOLDEN).unwrap();
        verdict.session_id = mint(organisation);
        verdict.organisation = organisation.parse().unwrap();
        change(&mut verdict);
        let payload = serde_json::to_vec(&verdict).unwrap();
        let id = verdict.session_id;
        self.send(organisation, id, (RecordType::Verdict, &payload))
            .await;
        id
    }

    /// A finding about a session.
    pub(crate) async fn finding(&self, organisation: &str, session: SessionId) {
        let mut finding: CoordinationFinding = serde_json::from_str(FINDING).unwrap();
        finding.session_id = session;
        finding.organisation = organisation.parse().unwrap();
        let payload = serde_json::to_vec(&finding).unwrap();
        self.send(
            organisation,
            session,
            (RecordType::CoordinationFinding, &payload),
        )
        .await;
    }

    async fn send(&self, organisation: &str, id: SessionId, (kind, payload): (RecordType, &[u8])) {
        let headers = RecordHeaders {
            record_type: kind,
            id: id.to_string(),
            source: "/candor/detector".to_owned(),
            organisation: organisation.parse().unwrap(),
            traceparent: None,
        };
        let key = id.to_string();
        let sent = self
            .producer
            .send(&self.topic, key.as_bytes(), payload, &headers);
        sent.unwrap().await.unwrap();
    }
}

/// Makes the verdict one of a survey.
pub(crate) fn of_survey(survey: &str) -> impl FnOnce(&mut VerdictRecord) + use<> {
    let survey = survey.to_owned();
    |verdict| verdict.session.survey_id = Some(survey)
}

/// Makes the verdict a running one with that risk.
pub(crate) fn running(risk: RiskLevel) -> impl FnOnce(&mut VerdictRecord) {
    move |verdict| {
        verdict.revision.phase = Phase::Running;
        verdict.verdict.as_mut().unwrap().risk_level = risk;
    }
}

/// A WebSocket handshake without credentials.
pub(crate) fn handshake(api: &TestApi, query: &str) -> Request {
    let url = format!("ws://{}/ws{query}", api.address);
    url.into_client_request().unwrap()
}

pub(crate) fn with_header(mut request: Request, name: &'static str, value: &str) -> Request {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

/// The status and code of a handshake that must be refused.
pub(crate) async fn refused(request: Request) -> (u16, String) {
    let Err(Error::Http(response)) = connect_async(request).await else {
        panic!("not refused");
    };
    let body: serde_json::Value =
        serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap_or_default();
    let code = body["code"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), code)
}

/// Everything the two ways have in common, for a test.
pub(crate) trait Watching {
    /// The next message of whatever type; `None` at the end.
    async fn next(&mut self) -> Option<LiveMessage>;

    /// The next message that is not about figures.
    async fn news(&mut self) -> LiveMessage {
        let next = async {
            loop {
                match self.next().await.unwrap() {
                    LiveMessage::Stats(_) => {}
                    message => return message,
                }
            }
        };
        timeout(DEADLINE, next).await.unwrap()
    }

    /// The snapshot that a feed begins with.
    async fn begun(mut self) -> Self
    where
        Self: Sized,
    {
        let first = self.news().await;
        assert!(matches!(first, LiveMessage::Snapshot(_)), "{first:?}");
        self
    }
}

/// The session that a message is about.
pub(crate) fn session(message: &LiveMessage) -> Option<SessionId> {
    match message {
        LiveMessage::SessionUpdated(update) | LiveMessage::AnalysisComplete(update) => {
            Some(update.session_id)
        }
        LiveMessage::Finding(finding) => Some(finding.session_id),
        LiveMessage::Stats(_) | LiveMessage::Snapshot(_) => None,
    }
}

pub(crate) fn cursor(message: &LiveMessage) -> &str {
    match message {
        LiveMessage::SessionUpdated(update) | LiveMessage::AnalysisComplete(update) => {
            &update.cursor
        }
        LiveMessage::Finding(finding) => &finding.cursor,
        LiveMessage::Stats(stats) => &stats.cursor,
        LiveMessage::Snapshot(snapshot) => &snapshot.cursor,
    }
}

/// A watcher over WebSocket.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) pings: usize,
    pub(crate) closed: Option<CloseFrame>,
}

impl Socket {
    pub(crate) async fn open(api: &TestApi, query: &str) -> Self {
        let bearer = format!("Bearer {KEY}");
        Self::connect(with_header(handshake(api, query), "authorization", &bearer)).await
    }

    pub(crate) async fn connect(request: Request) -> Self {
        let (stream, _) = connect_async(request).await.unwrap();
        Self {
            stream,
            pings: 0,
            closed: None,
        }
    }
}

impl Watching for Socket {
    async fn next(&mut self) -> Option<LiveMessage> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Ping(_))) => self.pings += 1,
                Some(Ok(Message::Close(frame))) => self.closed = frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

/// A watcher of server-sent events.
pub(crate) struct Events {
    response: reqwest::Response,
    read: String,
    /// What a browser would send when it returns.
    pub(crate) last_id: Option<String>,
    pub(crate) comments: Vec<String>,
}

impl Events {
    pub(crate) async fn open(api: &TestApi, query: &str, last_id: Option<&str>) -> Self {
        let mut request = api.request(Method::GET, &format!("/api/v1/live{query}"));
        request = request.bearer_auth(KEY);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self::of(response)
    }

    pub(crate) fn of(response: reqwest::Response) -> Self {
        Self {
            response,
            read: String::new(),
            last_id: None,
            comments: Vec::new(),
        }
    }

    /// Reads one event as a browser does; `None` for one without data.
    fn event(&mut self, text: &str) -> Option<LiveMessage> {
        let (mut data, mut kind) = (None, None);
        for line in text.lines() {
            match line.split_once(':') {
                Some(("", comment)) => self.comments.push(comment.trim().to_owned()),
                Some(("id", id)) => self.last_id = Some(id.trim().to_owned()),
                Some(("data", json)) => data = Some(json.trim().to_owned()),
                Some(("event", name)) => kind = Some(name.trim().to_owned()),
                _ => {}
            }
        }
        let value: serde_json::Value = serde_json::from_str(&data?).unwrap();
        assert_eq!(value["type"].as_str(), kind.as_deref());
        let message: LiveMessage = serde_json::from_value(value).unwrap();
        assert_eq!(Some(cursor(&message)), self.last_id.as_deref());
        Some(message)
    }
}

impl Watching for Events {
    async fn next(&mut self) -> Option<LiveMessage> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                if let Some(message) = self.event(&event) {
                    return Some(message);
                }
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
