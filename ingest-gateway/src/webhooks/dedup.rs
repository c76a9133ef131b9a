//! Which notices were taken lately, so that a repetition does nothing twice.
//!
//! A notice is **seen** only once its records were acknowledged: one whose records were not can be sent
//! again and goes through. Two of the same at the same moment: the second waits for the first; it is a
//! repetition if the first succeeded, and takes its place if it did not. So a notice is never lost to its
//! own copy.
//!
//! Memory is bounded in number and in time; the oldest go first. It is this process's alone: after a
//! restart, or behind another gateway, a repetition is published again. That is harmless: the end of a
//! session carries the same record id, and a notice the same `notice_id`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use prometheus::IntGauge;
use schemas::control::IntegrationId;
use schemas::ids::SessionSecret;
use schemas::webhook::NoticeOutcome;
use sha2::Sha256;
use tokio::sync::watch;

/// How long a notice is known: longer than platforms that are known to repeat go on.
pub(crate) const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// A keyed hash of what makes a notice recognisable: nobody can make two notices that meet there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// As text, the notice's id: the same in every gateway of the deployment.
    pub(crate) fn to_notice_id(self) -> String {
        let mut text = String::with_capacity(32);
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Makes digests.
#[derive(Clone)]
pub(crate) struct Digester([u8; 32]);

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digester(…)")
    }
}

impl Digester {
    pub(crate) fn new(secret: &SessionSecret) -> Self {
        Self(secret.derive_key("candor.webhook-notice.v1"))
    }

    /// The digest of the notice of an integration that these parts make recognisable.
    pub(crate) fn digest(&self, integration: &IntegrationId, identity: &[String]) -> Digest {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        let parts = identity.iter().map(String::as_str);
        for part in std::iter::once(integration.as_str()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        let mut digest = [0; 16];
        digest.copy_from_slice(&tag[..16]);
        Digest(digest)
    }
}

/// The notices of the last day.
#[derive(Debug, Clone)]
pub(crate) struct SeenNotices {
    seen: Arc<Mutex<Seen>>,
    capacity: usize,
    remembered: IntGauge,
}

#[derive(Debug, Default)]
struct Seen {
    notices: HashMap<Digest, State>,
    /// Those that are done, oldest first.
    done: VecDeque<(Instant, Digest)>,
}

#[derive(Debug)]
enum State {
    /// Somebody works on it; the sender is dropped when the work has ended, either way.
    InWork(watch::Receiver<()>),
    Done(NoticeOutcome),
}

/// What is known of a notice.
#[derive(Debug)]
pub(crate) enum Claim {
    /// Nothing: the caller does the work.
    New(Work),
    /// Somebody else does the work; resolves when that has ended.
    InWork(watch::Receiver<()>),
    /// It was done, with this outcome.
    Seen(NoticeOutcome),
}

/// The work on one notice; dropped without being finished, the notice is as new as before.
#[derive(Debug)]
pub(crate) struct Work {
    seen: SeenNotices,
    digest: Digest,
    _ended: watch::Sender<()>,
}

impl SeenNotices {
    /// Remembers at most `capacity` notices; `remembered` says how many there are.
    pub(crate) fn new(capacity: usize, remembered: IntGauge) -> Self {
        Self {
            seen: Arc::default(),
            capacity,
            remembered,
        }
    }

    /// A panic elsewhere leaves the maps whole: every change is one call.
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn claim(&self, digest: Digest, now: Instant) -> Claim {
        let mut seen = self.lock();
        seen.forget(now, self.capacity);
        self.remembered.set(seen.done.len() as i64);
        match seen.notices.entry(digest) {
            Entry::Occupied(entry) => match entry.get() {
                State::InWork(ended) => Claim::InWork(ended.clone()),
                State::Done(outcome) => Claim::Seen(*outcome),
            },
            Entry::Vacant(entry) => {
                let (sender, receiver) = watch::channel(());
                entry.insert(State::InWork(receiver));
                Claim::New(Work {
                    seen: self.clone(),
                    digest,
                    _ended: sender,
                })
            }
        }
    }
}

impl Seen {
    fn forget(&mut self, now: Instant, capacity: usize) {
        while let Some((at, digest)) = self.done.front().copied() {
            let fresh = now.saturating_duration_since(at) < LIFETIME;
            if fresh && self.done.len() <= capacity {
                return;
            }
            self.done.pop_front();
            self.notices.remove(&digest);
        }
    }
}

impl Work {
    /// The notice's records were acknowledged.
    pub(crate) fn finish(self, outcome: NoticeOutcome, now: Instant) {
        let mut seen = self.seen.lock();
        seen.notices.insert(self.digest, State::Done(outcome));
        seen.done.push_back((now, self.digest));
        seen.forget(now, self.seen.capacity);
        self.seen.remembered.set(seen.done.len() as i64);
        drop(seen);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut seen = self.seen.lock();
        if let Some(State::InWork(_)) = seen.notices.get(&self.digest) {
            seen.notices.remove(&self.digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(capacity: usize) -> SeenNotices {
        SeenNotices::new(capacity, IntGauge::new("remembered", "x").unwrap())
    }

    fn digest(number: u8) -> Digest {
        Digest([number; 16])
    }

    fn work(claim: Claim) -> Work {
        match claim {
            Claim::New(work) => work,
            other => panic!("not new: {other:?}"),
        }
    }

    #[test]
    fn a_notice_is_seen_once_it_is_finished_and_new_again_when_it_failed() {
        let (seen, now) = (seen(10), Instant::now());
        let first = work(seen.claim(digest(1), now));
        assert!(matches!(seen.claim(digest(1), now), Claim::InWork(_)));
        drop(first);
        let second = work(seen.claim(digest(1), now));
        second.finish(NoticeOutcome::Unmatched, now);
        let again = seen.claim(digest(1), now);
        assert!(
            matches!(again, Claim::Seen(NoticeOutcome::Unmatched)),
            "{again:?}"
        );
        assert_eq!(seen.remembered.get(), 1);
    }

    #[tokio::test]
    async fn who_waits_for_a_copy_goes_on_whether_it_succeeds_or_not() {
        let (seen, now) = (seen(10), Instant::now());
        for succeeds in [false, true] {
            let first = work(seen.claim(digest(1), now));
            let Claim::InWork(mut ended) = seen.claim(digest(1), now) else {
                panic!("nobody works on it");
            };
            let waiting = tokio::spawn(async move { ended.changed().await });
            if succeeds {
                first.finish(NoticeOutcome::Noted, now);
            } else {
                drop(first);
            }
            assert!(waiting.await.unwrap().is_err());
            let claim = seen.claim(digest(1), now);
            assert_eq!(matches!(claim, Claim::Seen(_)), succeeds, "{claim:?}");
        }
    }

    #[test]
    fn notices_are_forgotten_after_a_day_and_the_oldest_when_there_are_too_many() {
        let (seen, begun) = (seen(2), Instant::now());
        let second = Duration::from_secs(1);
        for number in 1..=3u8 {
            let now = begun + second * u32::from(number);
            work(seen.claim(digest(number), now)).finish(NoticeOutcome::Noted, now);
        }
        let known = |number, at| matches!(seen.claim(digest(number), at), Claim::Seen(_));
        let at = begun + second * 3;
        assert!(!known(1, at) && known(2, at) && known(3, at));
        let late = begun + second * 2 + LIFETIME;
        assert!(!known(2, late) && known(3, late));
        assert!(!known(3, late + second));
    }

    #[test]
    fn digests_tell_parts_integrations_and_deployments_apart() {
        let secret = |byte| Digester::new(&SessionSecret::new([byte; 32]).unwrap());
        let id = |byte| IntegrationId::from_random([byte; 10]);
        let parts = |parts: &[&str]| {
            parts
                .iter()
                .map(|part| (*part).to_owned())
                .collect::<Vec<_>>()
        };
        let one = secret(1).digest(&id(1), &parts(&["ab", "c"]));
        assert_eq!(one, secret(1).digest(&id(1), &parts(&["ab", "c"])));
        assert_eq!(one.to_notice_id().len(), 32);
        for other in [
            secret(1).digest(&id(1), &parts(&["a", "bc"])),
            secret(1).digest(&id(1), &parts(&["ab", "c", ""])),
            secret(1).digest(&id(2), &parts(&["ab", "c"])),
            secret(2).digest(&id(1), &parts(&["ab", "c"])),
        ] {
            assert_ne!(one, other);
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Claim(u8),
        Finish(usize),
        Fail(usize),
        Wait(u32),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u8..6).prop_map(Step::Claim),
            (0usize..4).prop_map(Step::Finish),
            (0usize..4).prop_map(Step::Fail),
            (0u32..40_000).prop_map(Step::Wait),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        /// A model that remembers everything says what the bounded memory may say.
        #[test]
        fn it_says_seen_only_of_finished_ones_and_never_loses_one_in_work(steps in steps()) {
            let (seen, mut now) = (seen(3), Instant::now());
            let mut open: Vec<(u8, Work)> = Vec::new();
            let mut finished: Vec<(u8, Instant)> = Vec::new();
            for step in steps {
                match step {
                    Step::Claim(number) => match seen.claim(digest(number), now) {
                        Claim::New(work) => {
                            prop_assert!(open.iter().all(|(held, _)| *held != number));
                            open.push((number, work));
                        }
                        Claim::InWork(_) => prop_assert!(open.iter().any(|(held, _)| *held == number)),
                        Claim::Seen(_) => {
                            let last = finished.iter().rev().find(|(done, _)| *done == number);
                            prop_assert!(last.is_some_and(|(_, at)| now - *at < LIFETIME));
                        }
                    },
                    Step::Finish(at) if at < open.len() => {
                        let (number, work) = open.remove(at);
                        work.finish(NoticeOutcome::Noted, now);
                        finished.push((number, now));
                    }
                    Step::Fail(at) if at < open.len() => drop(open.remove(at)),
                    Step::Finish(_) | Step::Fail(_) => {}
                    Step::Wait(seconds) => now += Duration::from_secs(u64::from(seconds)),
                }
                let inner = seen.lock();
                prop_assert!(inner.done.len() <= 3);
                prop_assert_eq!(inner.notices.len(), inner.done.len() + open.len());
            }
        }
    }
}
