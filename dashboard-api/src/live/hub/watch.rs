//! One registered watcher.

use std::sync::Arc;
use std::time::Instant;

use schemas::ids::OrganisationId;

use super::Hub;
use crate::live::watcher::{Closed, Watcher};

/// A registered watcher; dropping it ends its registration.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(super) hub: Hub,
    /// Whose messages it sees.
    pub(crate) organisation: OrganisationId,
    pub(super) id: u64,
    pub(crate) watcher: Arc<Watcher>,
    /// What ended it.
    pub(crate) closed: Closed,
}

impl Watch {
    /// The meeting place.
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Notes that messages were handed to the connection.
    pub(crate) fn count_sent(&self, messages: usize, oldest: Option<Instant>) {
        let metrics = &self.hub.0.metrics;
        let label = self.watcher.transport.as_str();
        metrics
            .sent
            .with_label_values(&[label])
            .inc_by(messages as u64);
        if let Some(at) = oldest {
            metrics.delivery_seconds.observe(at.elapsed().as_secs_f64());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        let known = state.organisations.get_mut(&self.organisation);
        // One that was stuck has been taken out already.
        let is_registered = known.is_some_and(|known| known.watchers.remove(&self.id).is_some());
        if is_registered {
            state.watchers -= 1;
            drop(state);
            self.hub.count_left(self.watcher.transport, self.closed);
        }
    }
}
