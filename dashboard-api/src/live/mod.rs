//! The live feed: what happens in an organisation, told while it happens.
//!
//! One tail of the verdicts topic ([`tail`]) reads each record once and writes each message once; the
//! [`hub`] keeps the newest of every organisation and hands them to whoever watches. A [`watcher`] has a
//! bounded queue; [`socket`] and [`stream`] empty it in their own way, and [`session`] is what they
//! share. Whoever returns with a [`cursor`] is told what it missed, or that it has to read again.

mod config;
mod counts;
mod cursor;
mod filter;
mod hub;
mod message;
mod metrics;
mod pass;
mod rates;
mod ring;
mod session;
mod socket;
mod stream;
pub(crate) mod tail;
mod watcher;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use chrono::Utc;
use prometheus::Registry;
use runtime::CancellationToken;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::TaskTracker;

pub use config::LiveConfig;
pub(crate) use filter::FeedQuery;
pub(crate) use hub::Hub;
pub(crate) use pass::Pass;
pub(crate) use rates::RatesReport;

use crate::error::ApiError;
use crate::setup::AppState;
use hub::TURNS;
use metrics::LiveMetrics;
use session::LiveSession;
use watcher::Transport;

/// How long connections may take to end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The feed of one process.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    hub: Hub,
    sockets: TaskTracker,
    stopping: CancellationToken,
}

impl Live {
    /// A feed that has nobody to tell anything yet.
    pub(crate) fn new(config: LiveConfig, registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            hub: Hub::new(config, LiveMetrics::register(registry)?),
            sockets: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })
    }

    /// Where its messages are published.
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    fn enter(
        &self,
        (pass, query): (Pass, FeedQuery),
        transport: Transport,
        state: &AppState,
    ) -> Result<LiveSession, ApiError> {
        let watch = self.hub.register(&pass.organisation, query, transport)?;
        let stopping = self.stopping.clone();
        Ok(LiveSession::new(watch, pass, state.clone(), stopping))
    }

    /// Answers a handshake; the connection goes on after the answer.
    ///
    /// # Errors
    /// No room, or nothing is followed yet.
    pub(crate) fn socket(
        &self,
        entrance: (Pass, FeedQuery),
        upgrade: WebSocketUpgrade,
        state: &AppState,
    ) -> Result<Response, ApiError> {
        let session = self.enter(entrance, Transport::Socket, state)?;
        let running = self.sockets.token();
        let upgrade = socket::bounded(upgrade);
        Ok(upgrade.on_upgrade(|socket| socket::serve(socket, session, running)))
    }

    /// Answers with a stream of events.
    ///
    /// # Errors
    /// No room, or nothing is followed yet.
    pub(crate) fn stream(
        &self,
        entrance: (Pass, FeedQuery),
        state: &AppState,
    ) -> Result<Response, ApiError> {
        self.enter(entrance, Transport::Stream, state)
            .map(stream::response)
    }

    /// Tells figures until the shutdown, then ends every connection and waits for the sockets, which
    /// the HTTP server knows nothing of any more.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut clock = interval(Duration::from_secs(1) / TURNS);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut turn = 0;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                _ = clock.tick() => {
                    turn = (turn + 1) % TURNS;
                    self.hub.tell_figures(turn, Instant::now(), Utc::now());
                }
            }
        }
        self.stopping.cancel();
        self.sockets.close();
        if timeout(LAST_WORDS, self.sockets.wait()).await.is_err() {
            tracing::warn!(
                clients = self.sockets.len(),
                "live connections did not end in time"
            );
        }
    }
}
