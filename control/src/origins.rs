//! Which web origins publishable keys admit, and until when: asked by every browser's first request.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use schemas::control::{ApiKeyRecord, KeyKind};

/// When the last key that admits something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Expiry(DateTime<Utc>),
    Never,
}

impl Until {
    fn of(key: &ApiKeyRecord) -> Self {
        key.expires_at.map_or(Self::Never, Self::Expiry)
    }

    fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::Expiry(one), Self::Expiry(two)) => Self::Expiry(one.max(two)),
            _ => Self::Never,
        }
    }

    fn holds(self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Never => true,
            Self::Expiry(end) => now < end,
        }
    }
}

/// The origins that a set of publishable keys admits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Origins {
    /// Keys without origins admit every origin.
    every: Option<Until>,
    named: HashMap<String, Until>,
}

impl Origins {
    /// Takes up `key`, unless it is revoked or no publishable key.
    pub(crate) fn add(&mut self, key: &ApiKeyRecord) {
        if key.kind != KeyKind::Publishable || key.revoked_at.is_some() {
            return;
        }
        let until = Until::of(key);
        if key.origins.is_empty() {
            self.every = Some(self.every.map_or(until, |held| held.later(until)));
        }
        for origin in &key.origins {
            let held = self.named.entry(origin.as_str().to_owned());
            held.and_modify(|held| *held = held.later(until))
                .or_insert(until);
        }
    }

    /// Whether a key that is active at `now` admits `origin`.
    pub(crate) fn allow(&self, origin: &str, now: DateTime<Utc>) -> bool {
        let admits = |until: &Until| until.holds(now);
        self.every.as_ref().is_some_and(admits) || self.named.get(origin).is_some_and(admits)
    }
}
