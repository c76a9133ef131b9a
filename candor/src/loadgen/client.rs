//! One request to the gateway: sent, timed, repeated when the gateway says "later", counted.
//!
//! A repeated request is byte for byte the same, so writer and sequence let the detector recognise a
//! batch that was taken although its answer got lost. Repeats are bounded; what still fails is counted
//! by status and problem code and given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use runtime::CancellationToken;
use serde::de::DeserializeOwned;

use super::options::Options;
use super::stats::{Stats, What};

/// First pause before a repeat; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause of our own choice.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Longest `Retry-After` that is obeyed to the letter.
const LONGEST_OBEYED: Duration = Duration::from_secs(30);
/// A gateway answers or refuses well within this.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A client with kept-alive connections.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    target: String,
    retries: u32,
    stats: Arc<Stats>,
    shutdown: CancellationToken,
}

/// A request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) what: What,
    /// Path below the target.
    pub(super) path: &'a str,
    /// Key or token.
    pub(super) bearer: &'a str,
    /// Names the request, so that a gateway may recognise a repeat.
    pub(super) idempotency_key: &'a str,
    pub(super) body: String,
}

/// How one attempt ended.
enum Attempt<T> {
    Answered(T),
    Later {
        reason: String,
        after: Option<Duration>,
    },
    Failed {
        reason: String,
    },
}

impl Client {
    pub(super) fn new(
        options: &Options,
        stats: Arc<Stats>,
        shutdown: CancellationToken,
    ) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .tcp_nodelay(true)
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(options.concurrency)
            .build()?;
        Ok(Self {
            http,
            target: options.target.trim_end_matches('/').to_owned(),
            retries: options.retries,
            stats,
            shutdown,
        })
    }

    /// Sends `call`, repeating it as often as allowed; `None` when it was given up and counted.
    pub(super) async fn send<T: DeserializeOwned>(&self, call: &Call<'_>) -> Option<T> {
        let mut pause = FIRST_PAUSE;
        let mut repeats = 0;
        loop {
            let started = Instant::now();
            match self.attempt(call).await {
                Attempt::Answered(answer) => {
                    self.stats.answered(call.what, started.elapsed());
                    return Some(answer);
                }
                Attempt::Failed { reason } => {
                    self.stats.failed(&reason);
                    return None;
                }
                Attempt::Later { reason, .. }
                    if repeats == self.retries || self.shutdown.is_cancelled() =>
                {
                    self.stats.failed(&reason);
                    return None;
                }
                Attempt::Later { reason, after } => {
                    self.stats.repeated(&reason);
                    repeats += 1;
                    // Up to a quarter more, so that refused clients do not all come back at once.
                    let spread = pause.mul_f64(1.0 + rand::random::<f64>() / 4.0);
                    let wait = after.map_or(spread, |after| after.min(LONGEST_OBEYED).max(spread));
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.shutdown.cancelled() => {}
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, call: &Call<'_>) -> Attempt<T> {
        let request = self
            .http
            .post(format!("{}{}", self.target, call.path))
            .bearer_auth(call.bearer)
            .header("idempotency-key", call.idempotency_key)
            .header(CONTENT_TYPE, "application/json")
            .body(call.body.clone());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let reason = transport_reason(&error).to_owned();
                return Attempt::Later {
                    reason,
                    after: None,
                };
            }
        };
        let status = response.status();
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => {
                let reason = transport_reason(&error).to_owned();
                return Attempt::Later {
                    reason,
                    after: None,
                };
            }
        };
        if status.is_success() {
            return match serde_json::from_slice(&body) {
                Ok(answer) => Attempt::Answered(answer),
                Err(_) => Attempt::Failed {
                    reason: format!("{} unreadable_answer", status.as_u16()),
                },
            };
        }
        let reason = format!("{} {}", status.as_u16(), problem_code(&body));
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Attempt::Later { reason, after }
            }
            _ => Attempt::Failed { reason },
        }
    }
}

/// A stable name for what went wrong below HTTP.
fn transport_reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "0 timeout"
    } else if error.is_connect() {
        "0 connect_failed"
    } else {
        "0 connection_broken"
    }
}

/// The stable `code` of a problem document, or `no_code`.
fn problem_code(body: &[u8]) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    problem
        .as_ref()
        .and_then(|problem| problem.get("code")?.as_str())
        .map_or_else(|| "no_code".to_owned(), str::to_owned)
}
