//! The floor under every gateway: an axum handler that reads a body and answers.
//!
//! With `--brokers` it forwards the unread body through the gateway's own producer and answers once the
//! broker has acknowledged it; without, it answers at once. No key is asked for and nothing is looked at:
//! what a real gateway costs above this is what its checks cost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use clap::Parser;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions};
use tokio::sync::oneshot;

/// Reads bodies and answers 202; with --brokers, after Kafka has them.
#[derive(Debug, Parser)]
struct Options {
    /// Address to listen on
    #[arg(long)]
    listen: SocketAddr,
    /// Kafka bootstrap servers; without them nothing is forwarded
    #[arg(long, requires = "topic")]
    brokers: Option<String>,
    /// Topic to forward to
    #[arg(long, default_value = "")]
    topic: String,
    /// How long records wait for company, milliseconds
    #[arg(long, default_value_t = 5)]
    linger_ms: u64,
}

struct Forwarder {
    producer: Producer,
    topic: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let path = "/api/v1/detection/sessions/{id}/events";
    let router = match &options.brokers {
        None => Router::new().route(path, post(read)),
        Some(brokers) => {
            let forwarder = Arc::new(forwarder(brokers, &options)?);
            Router::new()
                .route(path, post(forward))
                .with_state(forwarder)
        }
    };
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

fn forwarder(brokers: &str, options: &Options) -> anyhow::Result<Forwarder> {
    let kafka = KafkaConfig {
        brokers: brokers.to_owned(),
        ..KafkaConfig::default()
    };
    let producer = ProducerOptions {
        linger: Duration::from_millis(options.linger_ms),
        ..ProducerOptions::default()
    };
    Ok(Forwarder {
        producer: Producer::new(&kafka, &producer, ProducerMetrics::unregistered()?)?,
        topic: options.topic.clone(),
    })
}

async fn read(_body: Bytes) -> StatusCode {
    StatusCode::ACCEPTED
}

async fn forward(
    State(forwarder): State<Arc<Forwarder>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let record = Outgoing {
        topic: &forwarder.topic,
        partition: None,
        key: id.as_bytes(),
        payload: &body,
        headers: &[],
    };
    let (sender, receiver) = oneshot::channel();
    let report = move |outcome: Result<_, _>| {
        // Nobody waits any more when the client has gone.
        let _ = sender.send(outcome.is_ok());
    };
    if forwarder.producer.send_with(record, report).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    match receiver.await {
        Ok(true) => StatusCode::ACCEPTED,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
