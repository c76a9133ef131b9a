//! What the routes share: built once, never changed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use control::Control;
use schemas::batch::BatchLimits;
use schemas::event::{EventLimits, EventTime};
use schemas::ids::SessionSecret;
use tokio::sync::Semaphore;

use crate::access_log::AccessLog;
use crate::agent::Authorities;
use crate::body::BodyReader;
use crate::client::TrustedProxies;
use crate::limits::{Networks, RateLimits};
use crate::metrics::Metrics;
use crate::publish::Publisher;
use crate::webhooks::Webhooks;

/// 2000-01-01T00:00:00Z: no browser that sends events is older, a clock that says so is not set.
const EARLIEST_EVENT_MS: i64 = 946_684_800_000;
/// A client's clock may be wrong by a time zone or two, not by more.
const EVENT_AHEAD: TimeDelta = TimeDelta::hours(24);

/// What the time is. Only tests have another than the system's.
#[derive(Clone)]
pub struct Clock(pub Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Utc::now))
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", (self.0)())
    }
}

/// The state of the gateway's routes.
#[derive(Debug)]
pub struct Gateway {
    /// Keys and settings.
    pub(crate) control: Control,
    /// Mints and checks session ids and tokens.
    pub(crate) secret: SessionSecret,
    pub(crate) clock: Clock,
    pub(crate) publisher: Publisher,
    pub(crate) bodies: BodyReader,
    /// One permit per request being answered.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) batch_events: usize,
    pub(crate) session_lifetime: Duration,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) authorities: Authorities,
    pub(crate) denied_networks: Networks,
    pub(crate) rate_limits: Arc<RateLimits>,
    pub(crate) access_log: AccessLog,
    pub(crate) webhooks: Webhooks,
    pub(crate) metrics: Metrics,
}

impl Gateway {
    /// The wall clock. It may jump: nothing that must go on measures with it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock.0)()
    }

    pub(crate) fn batch_limits(&self, now: DateTime<Utc>) -> BatchLimits {
        let latest = (now + EVENT_AHEAD).timestamp_millis();
        BatchLimits {
            max_events: self.batch_events,
            events: EventLimits {
                earliest: EventTime::from_millis(EARLIEST_EVENT_MS),
                latest: EventTime::from_millis(latest),
            },
        }
    }
}
