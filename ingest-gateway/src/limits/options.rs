//! Settings of the limits.
//!
//! Where the defaults come from. A tab posts a batch about every two seconds; a survey is sometimes open
//! in several tabs, and a tab that was offline sends what it kept at once: 20 a second and 120 at once are
//! far above both, and still keep one session from taking the gateway for itself. A university or a call
//! centre is one address: 2,000 respondents behind it make 1,000 requests a second, and a class that
//! begins at the same moment a few thousand at once. A server's key carries thousands of requests a
//! second; 10,000, with 20,000 at once, is more than half of what a gateway of two cores answers, so that
//! one caller that runs wild leaves room for others. A key or an organisation can have its own.

use std::num::NonZeroU32;

use runtime::config::{Config, Reader};
use schemas::control::RateLimit;

/// The limits of everybody who has none of their own, and the bound of what is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitOptions {
    /// Of a key; none when absent.
    pub key: Option<RateLimit>,
    /// Of a client address (IPv6: of a /64 network); none when absent.
    pub address: Option<RateLimit>,
    /// Of a session; none when absent.
    pub session: Option<RateLimit>,
    /// Most buckets of each kind.
    pub most_buckets: usize,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self::read(&mut Reader::new(|_| None))
    }
}

impl Config for LimitOptions {
    fn read(reader: &mut Reader<'_>) -> Self {
        let key = limit(
            reader,
            ("INGEST_KEY_PER_SECOND", "10000"),
            ("INGEST_KEY_BURST", "20000"),
        );
        let address = limit(
            reader,
            ("INGEST_ADDRESS_PER_SECOND", "1000"),
            ("INGEST_ADDRESS_BURST", "5000"),
        );
        let session = limit(
            reader,
            ("INGEST_SESSION_PER_SECOND", "20"),
            ("INGEST_SESSION_BURST", "120"),
        );
        let most_buckets = reader.or(
            "INGEST_LIMIT_BUCKETS",
            "200000",
            "most buckets of each kind (key, address, session) that are remembered",
        );
        reader.check(
            most_buckets > 0,
            "CANDOR_INGEST_LIMIT_BUCKETS must not be 0",
        );
        Self {
            key,
            address,
            session,
            most_buckets,
        }
    }
}

fn limit(reader: &mut Reader<'_>, rate: (&str, &str), burst: (&str, &str)) -> Option<RateLimit> {
    let per_second: u32 = reader.or(rate.0, rate.1, "requests a second for ever; 0 for no limit");
    let at_once: u32 = reader.or(burst.0, burst.1, "requests at once");
    let problem = format!("CANDOR_{} must not be 0; CANDOR_{} may", burst.0, rate.0);
    reader.check(per_second == 0 || at_once > 0, &problem);
    Some(RateLimit {
        per_second: NonZeroU32::new(per_second)?,
        burst: NonZeroU32::new(at_once)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::load_from;

    #[test]
    fn a_rate_of_zero_is_no_limit_and_a_burst_of_zero_is_a_mistake() {
        let find = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        };
        let off = load_from::<LimitOptions>(find(&[
            ("CANDOR_INGEST_KEY_PER_SECOND", "0"),
            ("CANDOR_INGEST_ADDRESS_BURST", "7"),
        ]));
        let options = off.unwrap().config;
        assert_eq!(options.key, None);
        assert_eq!(options.address.map(|limit| limit.burst.get()), Some(7));
        assert_eq!(options.session, LimitOptions::default().session);
        let wrong = load_from::<LimitOptions>(find(&[
            ("CANDOR_INGEST_SESSION_BURST", "0"),
            ("CANDOR_INGEST_LIMIT_BUCKETS", "0"),
        ]));
        let problems = wrong.unwrap_err().0.join("\n");
        assert!(
            problems.contains("CANDOR_INGEST_SESSION_BURST"),
            "{problems}"
        );
        assert!(
            problems.contains("CANDOR_INGEST_LIMIT_BUCKETS"),
            "{problems}"
        );
    }
}
