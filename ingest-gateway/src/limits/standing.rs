//! What a client is told of its limits.
//!
//! The names of the headers and the form of the policy are those of draft-ietf-httpapi-ratelimit-headers
//! (-06), the last one with a header for each number: what clients in the field read. They describe the
//! tightest bucket that the request was taken from, the one that would refuse first.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use schemas::control::RateLimit;

/// Requests at once.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
/// How many more may follow at once.
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// Seconds until all of the limit is there again.
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
/// The rate that goes on for ever, the burst, and what the bucket counts.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a bucket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketKind {
    /// The requests of a key.
    Key,
    /// The requests of a client address.
    Address,
    /// The requests to a session.
    Session,
}

impl BucketKind {
    pub(super) const ALL: [Self; 3] = [Self::Key, Self::Address, Self::Session];

    /// The name, as in metrics and headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Address => "address",
            Self::Session => "session",
        }
    }
}

/// The two headers that are the same for every request of a limit. Made once: cloning them is cheap.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) kind: BucketKind,
    pub(super) limit: RateLimit,
    burst: HeaderValue,
    policy: HeaderValue,
}

impl Terms {
    pub(super) fn new(kind: BucketKind, limit: RateLimit) -> Self {
        let (rate, burst) = (limit.per_second, limit.burst);
        let policy = format!("{rate};w=1;burst={burst};name=\"{}\"", kind.as_str());
        // Digits and words: a policy is always a value.
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("1;w=1"));
        Self {
            kind,
            limit,
            burst: HeaderValue::from(burst.get()),
            policy,
        }
    }
}

/// The state of the tightest bucket after a request.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(super) terms: Terms,
    pub(super) remaining: u32,
}

impl Standing {
    /// What the bucket counts.
    pub(crate) fn kind(&self) -> BucketKind {
        self.terms.kind
    }

    /// Seconds until the bucket is full again, rounded up.
    pub(crate) fn reset_seconds(&self) -> u32 {
        let missing = self.terms.limit.burst.get().saturating_sub(self.remaining);
        missing.div_ceil(self.terms.limit.per_second.get())
    }

    /// Puts the four headers into an answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.terms.burst.clone());
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds()));
        headers.insert(POLICY, self.terms.policy.clone());
    }
}

/// A bucket is empty.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no request left in the {} bucket for {} ms", standing.kind().as_str(), wait.as_millis())]
pub(crate) struct Refused {
    /// The bucket.
    pub(crate) standing: Standing,
    /// When the next request has a chance.
    pub(crate) wait: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn the_headers_say_what_is_left_and_when_it_is_all_back() {
        let limit = RateLimit {
            per_second: NonZeroU32::new(20).unwrap(),
            burst: NonZeroU32::new(120).unwrap(),
        };
        let standing = Standing {
            terms: Terms::new(BucketKind::Session, limit),
            remaining: 79,
        };
        let mut headers = HeaderMap::new();
        standing.write(&mut headers);
        let seen = [LIMIT, REMAINING, RESET, POLICY]
            .map(|name| headers[name].to_str().unwrap().to_owned());
        assert_eq!(
            seen,
            ["120", "79", "3", "20;w=1;burst=120;name=\"session\""]
        );
    }
}
