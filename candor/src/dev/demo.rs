//! Live traffic for a demonstration: simulated respondents and bots over real HTTP, for ever.
//!
//! A few sessions at a time, replayed faster than life, so that verdicts move within seconds and the
//! machine stays quiet. It is a client like any other: it knows the address and a key.

use std::net::SocketAddr;
use std::time::Duration;

use runtime::CancellationToken;
use runtime::config::Secret;

use crate::loadgen::{Options, run};

/// Sessions at a time.
const SESSIONS: usize = 8;
/// How much faster than life: a survey of two minutes takes half a minute.
const SPEEDUP: f64 = 4.0;
/// Pause before the next try when the gateway let nothing through.
const PAUSE: Duration = Duration::from_secs(5);

/// Sends sessions until `shutdown`.
pub(super) async fn feed(address: SocketAddr, key: Secret, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let options = Options {
            // Runs of bounded length, so that nothing that is counted grows for ever.
            synthetic: 5_000,
            seed: rand::random(),
            speedup: Some(SPEEDUP),
            concurrency: SESSIONS,
            survey: "demo".to_owned(),
            platform: "simulation".to_owned(),
            label_metadata: true,
            quiet: true,
            ..Options::new(format!("http://{address}"), key.expose())
        };
        let outcome = run(options, shutdown.clone()).await;
        if shutdown.is_cancelled() {
            return;
        }
        match outcome {
            Ok(summary) => tracing::info!(
                sessions = summary.sessions,
                errors = summary.errors,
                "a round of demonstration traffic is over"
            ),
            Err(error) => tracing::warn!(%error, "demonstration traffic cannot be sent"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = shutdown.cancelled() => {}
        }
    }
}
