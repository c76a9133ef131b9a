//! What both ways of telling have in common: when something is due, and what a delivery costs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use runtime::CancellationToken;
use tokio::time::{Instant, sleep_until};

use crate::live::hub::Watch;
use crate::live::message::Message;
use crate::live::pass::Pass;
use crate::live::watcher::{Closed, Next};
use crate::setup::AppState;

/// Deliveries closer than this are not held apart: a timer is no finer.
const SHORTEST_PACE: Duration = Duration::from_millis(1);

/// What a connection has to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send these.
    Send(VecDeque<Arc<Message>>),
    /// Give a sign of life.
    Heartbeat,
    /// Stop.
    Stop(Closed),
}

/// One connection's life, whichever way it is told.
pub(crate) struct LiveSession {
    pub(crate) watch: Watch,
    pass: Pass,
    state: AppState,
    stopping: CancellationToken,
    heartbeat_at: Instant,
    recheck_at: Instant,
    /// Not before this is anything delivered again.
    rest_until: Instant,
}

impl LiveSession {
    pub(crate) fn new(
        watch: Watch,
        pass: Pass,
        state: AppState,
        stopping: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        let config = watch.hub().config();
        Self {
            heartbeat_at: now + config.heartbeat,
            recheck_at: now + config.recheck,
            rest_until: now,
            watch,
            pass,
            state,
            stopping,
        }
    }

    /// The token that ends every connection.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Waits for what is to be done. Nothing is lost when it is given up.
    pub(crate) async fn step(&mut self) -> Step {
        loop {
            let due = self.heartbeat_at.min(self.recheck_at);
            let watcher = Arc::clone(&self.watch.watcher);
            let next = async {
                sleep_until(self.rest_until).await;
                watcher.next().await
            };
            let next = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return Step::Stop(Closed::Shutdown),
                () = sleep_until(due) => None,
                next = next => Some(next),
            };
            match next {
                Some(Next::Messages(messages)) => return Step::Send(messages),
                Some(Next::Ended(reason)) => return Step::Stop(reason),
                Some(Next::Lost(reason)) => {
                    let snapshot = self.watch.hub().snapshot(&watcher, reason);
                    return snapshot.map_or(Step::Stop(Closed::Broken), |message| {
                        Step::Send(VecDeque::from([message]))
                    });
                }
                None => {
                    if let Some(step) = self.on_clock().await {
                        return step;
                    }
                }
            }
        }
    }

    async fn on_clock(&mut self) -> Option<Step> {
        let now = Instant::now();
        if now >= self.recheck_at {
            self.recheck_at = now + self.watch.hub().config().recheck;
            if !self.pass.holds(&self.state).await {
                return Some(Step::Stop(Closed::Credentials));
            }
        }
        if now >= self.heartbeat_at {
            self.heartbeat_at = now + self.watch.hub().config().heartbeat;
            return Some(Step::Heartbeat);
        }
        None
    }

    /// Has delivered messages: rests as long as the number of connections asks for.
    pub(crate) fn delivered(&mut self, count: usize, oldest: Option<std::time::Instant>) {
        self.watch.count_sent(count, oldest);
        let pace = self.watch.hub().pace();
        if pace >= SHORTEST_PACE {
            self.rest_until = Instant::now() + pace;
        }
    }
}
