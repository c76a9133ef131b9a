//! From the post of a batch to a running verdict that the API answers.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::pipeline::Bench;
use crate::process::{KEY, Service};
use crate::times::Times;

/// The first batch waits until the group has noticed that the stages before are gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Times in milliseconds.
#[derive(Debug)]
pub(crate) struct Latency {
    pub(crate) samples: u64,
    pub(crate) readable: [f64; 3],
    pub(crate) analyzed: [f64; 3],
}

struct Client {
    http: reqwest::Client,
    gateway: String,
    api: String,
}

/// Times `samples` batches of new sessions, one after the other, and as many analysis requests.
pub(crate) async fn measure(bench: &Bench, samples: u64) -> anyhow::Result<Latency> {
    let (gateway, _worker, _sink, api) = tokio::try_join!(
        Service::start(bench, "ingest-gateway"),
        Service::start(bench, "detector-worker"),
        Service::start(bench, "result-sink"),
        Service::start(bench, "dashboard-api"),
    )?;
    let client = Client {
        http: reqwest::Client::new(),
        gateway: gateway.url.clone(),
        api: api.url.clone(),
    };
    let mut readable = Times::new()?;
    let mut analyzed = Times::new()?;
    for sample in 0..samples + 20 {
        let (first, second) = client.one().await?;
        // The first ones wait for assignments and caches.
        if sample >= 20 {
            readable.add(first)?;
            analyzed.add(second)?;
        }
    }
    Ok(Latency {
        samples,
        readable: quantiles(&readable),
        analyzed: quantiles(&analyzed),
    })
}

impl Client {
    async fn one(&self) -> anyhow::Result<(Duration, Duration)> {
        let created = self
            .post(
                &format!("{}/api/v1/detection/sessions", self.gateway),
                &json!({}),
            )
            .await?;
        let id = created["session_id"]
            .as_str()
            .context("a session has an id")?
            .to_owned();
        let events: Vec<Value> = (0..50u64)
            .map(|index| json!({"event_type": "mouse_move", "timestamp": 1_790_000_000_000u64 + index * 16, "data": {"x": index * 7, "y": index * 3}}))
            .collect();
        let begun = Instant::now();
        self.post(
            &format!("{}/api/v1/detection/sessions/{id}/events", self.gateway),
            &json!(events),
        )
        .await?;
        let status = format!("{}/api/v1/detection/sessions/{id}/status", self.api);
        loop {
            let answer: Value = self
                .http
                .get(&status)
                .bearer_auth(KEY)
                .send()
                .await?
                .json()
                .await?;
            if answer.to_string().contains("\"confidence_score\":0") {
                break;
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "no verdict of {id} after {PATIENCE:?}: {answer}"
            );
        }
        let readable = begun.elapsed();
        let asked = Instant::now();
        self.post(
            &format!("{}/api/v1/detection/sessions/{id}/analyze", self.api),
            &json!({}),
        )
        .await?;
        Ok((readable, asked.elapsed()))
    }

    async fn post(&self, url: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self
            .http
            .post(url)
            .bearer_auth(KEY)
            .json(body)
            .send()
            .await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(
            status.is_success() && status != 202 || !url.ends_with("analyze"),
            "{url}: {status} {body}"
        );
        Ok(body)
    }
}

fn quantiles(times: &Times) -> [f64; 3] {
    [0.5, 0.95, 0.99].map(|share| times.at(share))
}
