//! Which buckets a request is taken from, and what is left in them.

use super::*;
use std::num::NonZeroU32;

use governor::clock::FakeRelativeClock;
use prometheus::Registry;
use schemas::ids::SessionSecret;

fn limit(per_second: u32, burst: u32) -> RateLimit {
    RateLimit {
        per_second: NonZeroU32::new(per_second).unwrap(),
        burst: NonZeroU32::new(burst).unwrap(),
    }
}

fn limits(options: &LimitOptions, clock: &FakeRelativeClock) -> RateLimits<FakeRelativeClock> {
    let metrics = LimitMetrics::register(&Registry::new()).unwrap();
    RateLimits::with_clock(options, metrics, clock.clone())
}

fn small() -> LimitOptions {
    LimitOptions {
        key: Some(limit(10, 6)),
        address: Some(limit(10, 4)),
        session: Some(limit(1, 2)),
        most_buckets: 100,
    }
}

fn session(number: u8) -> SessionId {
    let secret = SessionSecret::new([1; 16]).unwrap();
    let random = [number; 6];
    secret.mint(&"acme".parse().unwrap(), chrono::Utc::now(), random)
}

fn key(number: u8, limit: Option<RateLimit>) -> Option<KeySubject> {
    let hash = KeyHash([number; 32]);
    Some(KeySubject { hash, limit })
}

fn left(
    limits: &RateLimits<FakeRelativeClock>,
    subject: &Subject,
) -> Result<(BucketKind, u32), BucketKind> {
    match limits.take(subject) {
        Ok(Some(standing)) => Ok((standing.kind(), standing.remaining)),
        Ok(None) => panic!("no bucket was asked"),
        Err(refused) => Err(refused.standing.kind()),
    }
}

#[test]
fn the_tightest_bucket_is_told_and_a_refusal_takes_nothing_from_wider_ones() {
    let clock = FakeRelativeClock::default();
    let limits = limits(&small(), &clock);
    let subject = |number| Subject {
        key: key(1, None),
        address: Some("203.0.113.9".parse().unwrap()),
        session: Some(session(number)),
    };
    let flooding = subject(1);
    assert_eq!(left(&limits, &flooding), Ok((BucketKind::Session, 1)));
    assert_eq!(left(&limits, &flooding), Ok((BucketKind::Session, 0)));
    for _ in 0..50 {
        assert_eq!(left(&limits, &flooding), Err(BucketKind::Session));
    }
    let other = subject(2);
    assert_eq!(
        left(&limits, &other),
        Ok((BucketKind::Session, 1)),
        "its own bucket"
    );
    assert_eq!(
        left(&limits, &other),
        Ok((BucketKind::Session, 0)),
        "and the address has enough"
    );
    assert_eq!(left(&limits, &subject(3)), Err(BucketKind::Address));
    assert_eq!(limits.metrics.limited(BucketKind::Session).get(), 50);
    assert_eq!(limits.metrics.limited(BucketKind::Address).get(), 1);
    clock.advance(Duration::from_millis(100));
    assert_eq!(left(&limits, &subject(4)), Ok((BucketKind::Address, 0)));
}

#[test]
fn a_refusal_says_when_to_come_back() {
    let clock = FakeRelativeClock::default();
    let limits = limits(&small(), &clock);
    let subject = Subject {
        session: Some(session(1)),
        ..Subject::default()
    };
    for _ in 0..2 {
        limits.take(&subject).unwrap();
    }
    let refused = limits.take(&subject).unwrap_err();
    assert_eq!(refused.wait, Duration::from_secs(1));
    assert_eq!(refused.standing.reset_seconds(), 2);
    clock.advance(refused.wait);
    assert!(limits.take(&subject).is_ok(), "the promise is kept");
}

#[test]
fn a_key_has_its_own_limit_else_its_organisations_else_the_gateways() {
    let clock = FakeRelativeClock::default();
    let limits = limits(&small(), &clock);
    let of = |key| Subject {
        key,
        ..Subject::default()
    };
    assert_eq!(left(&limits, &of(key(1, None))), Ok((BucketKind::Key, 5)));
    assert_eq!(
        left(&limits, &of(key(2, Some(limit(1, 50))))),
        Ok((BucketKind::Key, 49))
    );
    assert_eq!(
        left(&limits, &of(key(3, Some(limit(1, 50))))),
        Ok((BucketKind::Key, 49))
    );
    let record: ApiKeyRecord = serde_json::from_value(serde_json::json!({
        "id": "key_0000000000000000", "organisation": "acme", "kind": "secret", "mode": "live",
        "hash": "00".repeat(32), "hint": "abcd", "created_at": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    let organisation = OrganisationSettings {
        organisation: "acme".parse().unwrap(),
        allow: Vec::new(),
        deny: Vec::new(),
        key_limit: Some(limit(1, 30)),
        versions: None,
    };
    let inherited = KeySubject::new(&record, Some(&organisation));
    assert_eq!(inherited.limit, Some(limit(1, 30)));
    let own = ApiKeyRecord {
        limit: Some(limit(1, 40)),
        ..record.clone()
    };
    assert_eq!(
        KeySubject::new(&own, Some(&organisation)).limit,
        Some(limit(1, 40))
    );
    assert_eq!(KeySubject::new(&record, None).limit, None);
}

#[test]
fn a_limit_that_is_off_asks_nothing_and_tells_nothing() {
    let clock = FakeRelativeClock::default();
    let options = LimitOptions {
        key: None,
        address: None,
        session: None,
        most_buckets: 1,
    };
    let limits = limits(&options, &clock);
    let subject = Subject {
        key: key(1, None),
        address: Some("203.0.113.9".parse().unwrap()),
        session: Some(session(1)),
    };
    for _ in 0..1000 {
        assert!(limits.take(&subject).unwrap().is_none());
    }
}

#[test]
fn neighbours_of_a_64_share_a_bucket_and_ipv4_addresses_do_not() {
    let network = |text: &str| network_of(text.parse().unwrap());
    assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
    assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
    assert_ne!(network("203.0.113.9"), network("203.0.113.10"));
    assert_eq!(network("203.0.113.9"), network("::ffff:203.0.113.9"));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_addresses_passes_is_counted_and_is_swept_away() {
    let clock = FakeRelativeClock::default();
    let limits = Arc::new(limits(&small(), &clock));
    let from = |number: u32| Subject {
        address: Some(IpAddr::from(number.to_be_bytes())),
        ..Subject::default()
    };
    for number in 0..150 {
        assert!(limits.take(&from(number)).is_ok());
    }
    assert_eq!(limits.metrics.overflow(BucketKind::Address).get(), 50);
    let shutdown = CancellationToken::new();
    let sweeping = tokio::spawn(Arc::clone(&limits).keep_swept(shutdown.clone()));
    clock.advance(Duration::from_secs(1));
    let shown = || limits.metrics.overflow(BucketKind::Address).get();
    // Paused time passes as soon as nothing else can happen, so this ends when the sweep has run.
    while limits.addresses.as_ref().unwrap().buckets.len() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(limits.take(&from(1_000)).is_ok());
    assert_eq!(shown(), 50, "there is room again");
    shutdown.cancel();
    sweeping.await.unwrap();
}
