//! A gateway for one test: remembers what it got, and refuses what it is told to refuse.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use runtime::CancellationToken;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use serde_json::{Value, json};

/// The one key it accepts.
pub(crate) const KEY: &str = "sk_test_loadgen";

/// One refusal: the next request whose path ends like this is answered with it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) retry_after: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) writer: String,
    pub(crate) sequence: u64,
    pub(crate) timestamps: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Session {
    pub(crate) batches: Vec<Batch>,
    pub(crate) completed: bool,
}

impl Session {
    pub(crate) fn times(&self) -> Vec<f64> {
        self.batches
            .iter()
            .flat_map(|batch| batch.timestamps.clone())
            .collect()
    }

    pub(crate) fn events(&self) -> u64 {
        self.times().len() as u64
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Bodies of the create requests.
    pub(crate) created: Vec<Value>,
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Bodies of the batch requests, refused ones among them.
    pub(crate) bodies: Vec<Bytes>,
    /// Whether a batch came with an ingest token.
    pub(crate) tokens_used: bool,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    refusals: Mutex<Vec<Refusal>>,
}

pub(crate) struct Gateway {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    shutdown: CancellationToken,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Gateway {
    pub(crate) async fn start(refusals: Vec<Refusal>) -> Self {
        let shared = Arc::new(Shared {
            refusals: Mutex::new(refusals),
            ..Shared::default()
        });
        let router = Router::new()
            .route("/api/v1/detection/sessions", post(create))
            .route("/api/v1/detection/sessions/{id}/events", post(events))
            .route("/api/v1/detection/sessions/{id}/complete", post(complete))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(runtime::http::serve(listener, router, shutdown.clone()));
        Self {
            address,
            shared,
            shutdown,
            server,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen.lock().unwrap().clone()
    }

    /// What was seen until now; begins anew.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }

    pub(crate) async fn wait_for_sessions(&self, count: usize) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let seen = self.seen().sessions.len();
            if seen >= count {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{seen} of {count} sessions"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        let _ = self.server.await.unwrap();
    }
}

impl Shared {
    /// The refusal due for this request, if any.
    fn refuse(&self, uri: &Uri) -> Option<Response> {
        let mut refusals = self.refusals.lock().unwrap();
        let position = refusals
            .iter()
            .position(|refusal| uri.path().ends_with(refusal.path))?;
        let refusal = refusals.remove(position);
        let status = StatusCode::from_u16(refusal.status).unwrap();
        let mut response = problem(status, refusal.code);
        if let Some(seconds) = refusal.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        Some(response)
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    (
        status,
        json!({ "status": status.as_u16(), "code": code }).to_string(),
    )
        .into_response()
}

fn bearer(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    value
        .unwrap_or_default()
        .trim_start_matches("Bearer ")
        .to_owned()
}

async fn create(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if bearer(&headers) != KEY {
        return problem(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    if let Some(refusal) = shared.refuse(&uri) {
        return refusal;
    }
    let mut seen = shared.seen.lock().unwrap();
    seen.created.push(serde_json::from_slice(&body).unwrap());
    let id = format!("session-{}", seen.sessions.len());
    seen.sessions.insert(id.clone(), Session::default());
    let answer = json!({ "session_id": id, "ingest_token": format!("it_{id}"), "expires_at": "2030-01-01T00:00:00Z", "status": "active" });
    (StatusCode::CREATED, answer.to_string()).into_response()
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = bearer(&headers);
    if token != KEY && token != format!("it_{id}") {
        return problem(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    let batch = canonical(&body);
    shared.seen.lock().unwrap().bodies.push(body);
    if let Some(refusal) = shared.refuse(&uri) {
        return refusal;
    }
    let mut seen = shared.seen.lock().unwrap();
    seen.tokens_used |= token != KEY;
    let (mut timestamps, mut rejected) = (Vec::new(), Vec::new());
    for (index, event) in batch["events"].as_array().unwrap().iter().enumerate() {
        if event["event_type"] == "blur" {
            rejected
                .push(json!({ "index": index, "code": "content_refused", "detail": "refused" }));
        } else {
            timestamps.push(event["timestamp"].as_f64().unwrap());
        }
    }
    let accepted = timestamps.len();
    let batch = Batch {
        writer: batch["writer"].as_str().unwrap().to_owned(),
        sequence: batch["sequence"].as_u64().unwrap(),
        timestamps,
    };
    seen.sessions.get_mut(&id).unwrap().batches.push(batch);
    let answer = json!({ "accepted": accepted, "rejected": rejected, "batch_id": "b" });
    (StatusCode::ACCEPTED, answer.to_string()).into_response()
}

/// A batch request as its canonical form, read as the gateway reads it.
fn canonical(body: &Bytes) -> Value {
    let limits = BatchLimits {
        max_events: 10_000,
        events: EventLimits::NONE,
    };
    let batch = scan_request(std::str::from_utf8(body).unwrap(), &limits).unwrap();
    assert!(batch.rejected.is_empty(), "{:?}", batch.rejected);
    let value = batch.encode("b");
    let record = BatchRecord::decode(&value).unwrap();
    let sequence = record.sequence.unwrap();
    let events: Value = serde_json::from_str(&record.canonical_events().unwrap()).unwrap();
    json!({ "writer": sequence.writer, "sequence": sequence.sequence, "events": events })
}

async fn complete(State(shared): State<Arc<Shared>>, Path(id): Path<String>, uri: Uri) -> Response {
    if let Some(refusal) = shared.refuse(&uri) {
        return refusal;
    }
    let mut seen = shared.seen.lock().unwrap();
    seen.sessions.get_mut(&id).unwrap().completed = true;
    (
        StatusCode::OK,
        json!({ "session_id": id, "status": "completed" }).to_string(),
    )
        .into_response()
}
