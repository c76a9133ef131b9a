//! Who may ask how often: token buckets per key, per client address and per session.
//!
//! A request is taken from the narrowest bucket first (session, address, key), and what is refused there
//! takes nothing from the wider ones: one session that floods does not use up the network or the key that
//! others share. Which buckets a request has is the caller's decision (`Subject`). A bucket is a number
//! in memory: nothing is written anywhere, no address is logged, and a second gateway counts for itself,
//! so that behind a load balancer over N gateways a client may get up to N times its limit.
//!
//! The clock only goes forward; setting the machine's clock changes nothing. Memory is bounded
//! ([`LimitOptions::most_buckets`]): full buckets are forgotten every few seconds, and a request that finds
//! no place for a new bucket passes and is counted (`ingest_rate_limit_overflow_total`).

mod bucket;
mod metrics;
mod networks;
mod options;
mod standing;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::{Clock, MonotonicClock};
use runtime::CancellationToken;
use schemas::control::{ApiKeyRecord, IntegrationId, KeyHash, OrganisationSettings, RateLimit};
use schemas::ids::SessionId;
use tokio::sync::Notify;

use bucket::{Buckets, Room, Taken};
pub use metrics::{BUCKETS, LIMITED, LimitMetrics, OVERFLOW};
pub(crate) use networks::AddressRules;
pub use networks::Networks;
pub use options::LimitOptions;
pub use standing::BucketKind;
use standing::Terms;
pub(crate) use standing::{Refused, Standing};

/// How often full buckets are forgotten. A bucket is full again after burst / rate, seconds by default.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Least time between two sweeps, however much is going on: one visits every bucket.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// The key a request came with, as far as limits are concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeySubject {
    hash: KeyHash,
    limit: Option<RateLimit>,
}

impl KeySubject {
    /// The key's own limit holds, else its organisation's, else the gateway's.
    pub(crate) fn new(key: &ApiKeyRecord, organisation: Option<&OrganisationSettings>) -> Self {
        let inherited = organisation.and_then(|settings| settings.key_limit);
        Self {
            hash: key.hash,
            limit: key.limit.or(inherited),
        }
    }
}

impl KeySubject {
    /// An integration that has proved itself counts like a key without a limit of its own.
    pub(crate) fn of_integration(
        integration: &IntegrationId,
        organisation: Option<&OrganisationSettings>,
    ) -> Self {
        Self {
            hash: KeyHash::of(integration.as_str()),
            limit: organisation.and_then(|settings| settings.key_limit),
        }
    }
}

/// The buckets a request is taken from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Subject {
    /// The key it came with.
    pub(crate) key: Option<KeySubject>,
    /// Where it came from, if addresses count for this caller.
    pub(crate) address: Option<IpAddr>,
    /// The session it writes to.
    pub(crate) session: Option<SessionId>,
}

/// Buckets that share a limit, and what is said of it.
#[derive(Debug)]
struct Class<K: std::hash::Hash + Eq + Clone, C: Clock> {
    buckets: Buckets<K, C>,
    terms: Terms,
}

impl<K: std::hash::Hash + Eq + Clone, C: Clock> Class<K, C> {
    fn take(&self, key: &K, tightest: &mut Option<Standing>) -> Result<(), Refused> {
        match self.buckets.take(key) {
            Taken::Remaining(remaining) => {
                if tightest
                    .as_ref()
                    .is_none_or(|known| remaining < known.remaining)
                {
                    let terms = self.terms.clone();
                    *tightest = Some(Standing { terms, remaining });
                }
                Ok(())
            }
            Taken::Wait(wait) => {
                let terms = self.terms.clone();
                let standing = Standing {
                    terms,
                    remaining: 0,
                };
                Err(Refused { standing, wait })
            }
        }
    }
}

/// All buckets of the gateway.
#[derive(Debug)]
pub struct RateLimits<C: Clock = MonotonicClock> {
    clock: C,
    /// One class for each limit that some key has: a few, and never more than there are keys.
    keys: DashMap<RateLimitKey, Class<KeyHash, C>>,
    default_key_limit: Option<RateLimit>,
    addresses: Option<Class<u128, C>>,
    sessions: Option<Class<SessionId, C>>,
    most_buckets: usize,
    metrics: LimitMetrics,
    sweep_wanted: Arc<Notify>,
}

/// A limit as the key of a map.
type RateLimitKey = (u32, u32);

impl RateLimits {
    /// Empty buckets, against the machine's monotonic clock.
    pub fn new(options: &LimitOptions, metrics: LimitMetrics) -> Self {
        Self::with_clock(options, metrics, MonotonicClock)
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> RateLimits<C> {
    fn with_clock(options: &LimitOptions, metrics: LimitMetrics, clock: C) -> Self {
        let mut limits = Self {
            clock,
            keys: DashMap::new(),
            default_key_limit: options.key,
            addresses: None,
            sessions: None,
            most_buckets: options.most_buckets,
            metrics,
            sweep_wanted: Arc::default(),
        };
        let class = |limit| limits.class(BucketKind::Address, limit);
        let addresses = options.address.map(class);
        let class = |limit| limits.class(BucketKind::Session, limit);
        let sessions = options.session.map(class);
        (limits.addresses, limits.sessions) = (addresses, sessions);
        limits
    }

    fn class<K: std::hash::Hash + Eq + Clone>(
        &self,
        kind: BucketKind,
        limit: RateLimit,
    ) -> Class<K, C> {
        let room = Room {
            most: self.most_buckets,
            overflow: self.metrics.overflow(kind).clone(),
            sweep_wanted: Arc::clone(&self.sweep_wanted),
        };
        Class {
            buckets: Buckets::new(limit, room, self.clock.clone()),
            terms: Terms::new(kind, limit),
        }
    }

    /// Takes one request from each of its buckets. The tightest of them, if it has any.
    ///
    /// # Errors
    /// [`Refused`] by the first bucket that is empty; it has been counted.
    pub(crate) fn take(&self, subject: &Subject) -> Result<Option<Standing>, Refused> {
        let mut tightest = None;
        let taken = self.take_each(subject, &mut tightest);
        match taken {
            Ok(()) => Ok(tightest),
            Err(refused) => {
                self.metrics.limited(refused.standing.kind()).inc();
                Err(refused)
            }
        }
    }

    fn take_each(&self, subject: &Subject, tightest: &mut Option<Standing>) -> Result<(), Refused> {
        if let (Some(class), Some(session)) = (&self.sessions, &subject.session) {
            class.take(session, tightest)?;
        }
        if let (Some(class), Some(address)) = (&self.addresses, subject.address) {
            class.take(&network_of(address), tightest)?;
        }
        match &subject.key {
            Some(key) => self.take_key(key, tightest),
            None => Ok(()),
        }
    }

    fn take_key(&self, key: &KeySubject, tightest: &mut Option<Standing>) -> Result<(), Refused> {
        let Some(limit) = key.limit.or(self.default_key_limit) else {
            return Ok(());
        };
        let name = (limit.per_second.get(), limit.burst.get());
        if let Some(class) = self.keys.get(&name) {
            return class.take(&key.hash, tightest);
        }
        let new = || self.class(BucketKind::Key, limit);
        let class = self.keys.entry(name).or_insert_with(new).downgrade();
        class.take(&key.hash, tightest)
    }

    /// Forgets the buckets that are full again, and shows how many are left.
    fn sweep(&self) {
        let mut keys = 0;
        self.keys.retain(|_, class| {
            class.buckets.sweep();
            keys += class.buckets.len();
            class.buckets.len() > 0
        });
        self.metrics.show(BucketKind::Key, keys);
        if let Some(class) = &self.addresses {
            class.buckets.sweep();
            self.metrics.show(BucketKind::Address, class.buckets.len());
        }
        if let Some(class) = &self.sessions {
            class.buckets.sweep();
            self.metrics.show(BucketKind::Session, class.buckets.len());
        }
    }

    /// Sweeps until `shutdown`: on a schedule, and soon after a request found no place.
    pub async fn keep_swept(self: Arc<Self>, shutdown: CancellationToken) {
        let next = async || {
            tokio::time::sleep(SWEEP_PAUSE).await;
            let rest = SWEEP_INTERVAL - SWEEP_PAUSE;
            let _ = tokio::time::timeout(rest, self.sweep_wanted.notified()).await;
        };
        while shutdown.run_until_cancelled(next()).await.is_some() {
            // A full store takes milliseconds, which no request should wait for.
            let limits = Arc::clone(&self);
            let swept = tokio::task::spawn_blocking(move || limits.sweep()).await;
            if let Err(error) = swept {
                tracing::error!(error = %error, "the sweep of the rate limits failed");
            }
        }
    }
}

/// What shares a bucket: an IPv4 address, or an IPv6 /64, which is what one subscriber gets at least.
fn network_of(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests;
