//! What the browser tests ask for when something has to break: a small HTTP server on loopback.
//!
//! | request | does |
//! |---|---|
//! | `POST /api/stop`, `/api/start` | kills the API, starts it again at its address |
//! | `POST /database/cut`, `/database/heal` | breaks the API's way to PostgreSQL, and mends it |
//! | `POST /letter` | writes a record to the verdicts topic that nobody can read: it becomes a dead letter |
//!
//! Each answers when it is done.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use e2e::processes::{Service, Stack};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use testkit::TcpFault;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

/// What can be broken.
pub(crate) struct Parts {
    pub(crate) stack: Stack,
    pub(crate) api: Option<Service>,
    /// Where the API answers, now or later.
    pub(crate) api_address: String,
    pub(crate) api_variables: Vec<(String, String)>,
    pub(crate) database: TcpFault,
}

impl Parts {
    /// Starts the API, at its address.
    pub(crate) async fn start_api(&mut self) {
        let variables: Vec<(&str, &str)> = self
            .api_variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let api = self
            .stack
            .service_at(&self.api_address, "dashboard-api", &variables);
        self.api = Some(api.await);
    }
}

type Shared = Arc<Mutex<Parts>>;

/// Serves until the test ends; returns its address.
pub(crate) async fn serve(parts: Parts) -> String {
    let routes = Router::new()
        .route("/api/stop", post(stop_api))
        .route("/api/start", post(start_api))
        .route("/database/cut", post(cut_database))
        .route("/database/heal", post(heal_database))
        .route("/letter", post(write_letter))
        .with_state(Arc::new(Mutex::new(parts)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

async fn stop_api(State(parts): State<Shared>) {
    if let Some(mut api) = parts.lock().await.api.take() {
        api.process.kill9();
    }
}

async fn start_api(State(parts): State<Shared>) {
    // Waiting for a service is nothing that may move between threads.
    let start = move || {
        Handle::current().block_on(async {
            let mut parts = parts.lock().await;
            if parts.api.is_none() {
                parts.start_api().await;
            }
        });
    };
    tokio::task::spawn_blocking(start).await.unwrap();
}

async fn cut_database(State(parts): State<Shared>) {
    parts.lock().await.database.cut().await;
}

async fn heal_database(State(parts): State<Shared>) {
    parts.lock().await.database.heal().await;
}

async fn write_letter(State(parts): State<Shared>) {
    let parts = parts.lock().await;
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", parts.stack.topics.brokers())
        .create()
        .unwrap();
    let topic = &parts.stack.topics.topics().verdicts;
    let header = |key, value| Header {
        key,
        value: Some(value),
    };
    let headers = OwnedHeaders::new()
        .insert(header("ce_type", "candor.verdict.v1"))
        .insert(header("candor_org", "default"));
    let record = FutureRecord::to(topic)
        .key("019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d")
        .payload("{\"session_id\":")
        .headers(headers);
    let sent = producer.send(record, Duration::from_secs(10)).await;
    sent.unwrap();
}
