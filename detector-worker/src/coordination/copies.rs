//! Sessions whose trajectory or rhythm is that of others. Pure: the only inputs are records, in the order of their log.
//!
//! Each survey and kind has an index of the sketches of a day ([`detection::survey`]). A new sketch is compared with those
//! that are there; it and those it resembles are told, each with the fingerprint of the first of them as the name of the
//! group. A session keeps the group it was first told of, and is told again at 2ⁿ and 3·2ⁿ sessions: what it is told only
//! grows.
//!
//! Time is that of the records, as in [`super::counter`]: a sketch is forgotten when the partition's newest record is the
//! expiry and the counter's slack later. A new owner that reads from the counter's restart offset on has the same sketches
//! as its predecessor; of what the predecessor told to sessions that are gone it may know less, and then names a group by
//! a later member. Bounded: at most `max_sketches` of a partition, the oldest of the log is evicted first and counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use detection::SessionSketch;
use detection::survey::{Coordinated, Limits, Survey};
use schemas::coordination::Fingerprint;
use schemas::ids::SessionId;

/// Members of a group that one new sketch may cause to be told.
const MOST_TOLD: usize = 64;

/// A session was seen with a sketch.
#[derive(Debug)]
pub struct Sighting<'a> {
    /// What is compared together.
    pub key: &'a str,
    /// The session.
    pub session: SessionId,
    /// Names the sketch.
    pub fingerprint: Fingerprint,
    /// What it looked like.
    pub sketch: SessionSketch,
    /// Broker time, milliseconds since 1970.
    pub observed_ms: i64,
    /// Offset of the record; only grows.
    pub offset: i64,
}

/// What a session is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The session.
    pub session: SessionId,
    /// Names what it has in common with others.
    pub group: Fingerprint,
    /// What that is.
    pub found: Coordinated,
    /// Broker time of the first and the last of the sessions.
    pub first_ms: i64,
    /// See `first_ms`.
    pub last_ms: i64,
}

/// What a sketch changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// One more sketch; who is told of it.
    New(Vec<Told>),
    /// The session was there with this sketch already.
    Known,
    /// Too old beside what was seen since.
    Late,
}

#[derive(Debug)]
struct Member {
    session: SessionId,
    fingerprint: Fingerprint,
    observed_ms: i64,
    /// The group and the number of sessions that it has been told.
    told: Option<(Fingerprint, u32)>,
}

#[derive(Debug)]
struct Book {
    survey: Survey,
    /// By the offset of the record, which is the session's number in the survey.
    members: BTreeMap<u64, Member>,
    by_session: HashMap<SessionId, u64>,
}

/// The sketches of one partition of the fingerprints topic.
#[derive(Debug)]
pub struct Copies {
    max_sketches: usize,
    /// How much older than the partition's newest record a sketch may be, milliseconds.
    reach_ms: i64,
    books: HashMap<Arc<str>, Book>,
    /// Whose sketch each offset is, oldest first.
    by_offset: BTreeMap<u64, Arc<str>>,
    stream_ms: i64,
    evicted: u64,
}

impl Copies {
    /// No sketch yet.
    pub fn new(max_sketches: usize, reach_ms: i64) -> Self {
        Self {
            max_sketches: max_sketches.max(1),
            reach_ms,
            books: HashMap::new(),
            by_offset: BTreeMap::new(),
            stream_ms: i64::MIN,
            evicted: 0,
        }
    }

    /// Takes in one sketch; offsets only grow.
    pub fn observe(&mut self, seen: Sighting<'_>) -> Compared {
        self.stream_ms = self.stream_ms.max(seen.observed_ms);
        self.forget_old();
        if seen.observed_ms < self.stream_ms.saturating_sub(self.reach_ms) {
            return Compared::Late;
        }
        let key = match self.books.get_key_value(seen.key) {
            Some((key, _)) => Arc::clone(key),
            None => Arc::from(seen.key),
        };
        let number = seen.offset.unsigned_abs();
        let book = self.books.entry(Arc::clone(&key)).or_insert_with(Book::new);
        let known = book.by_session.get(&seen.session).copied();
        let before = known.and_then(|known| Some((known, book.members.get(&known)?)));
        if before.is_some_and(|(_, member)| member.fingerprint == seen.fingerprint) {
            return Compared::Known;
        }
        // A window that went on after its end looks different now; what it was told stays told.
        let told = before.and_then(|(_, member)| member.told);
        if let Some(known) = known {
            self.by_offset.remove(&known);
            book.remove(known);
        }
        book.survey.add(number, seen.sketch);
        book.by_session.insert(seen.session, number);
        let member = Member {
            session: seen.session,
            fingerprint: seen.fingerprint,
            observed_ms: seen.observed_ms,
            told,
        };
        book.members.insert(number, member);
        self.by_offset.insert(number, key);
        let told = book.tell(number);
        self.forget_old();
        Compared::New(told)
    }

    fn forget_old(&mut self) {
        let oldest = self.stream_ms.saturating_sub(self.reach_ms);
        while let Some((number, key)) = self.by_offset.first_key_value() {
            let (number, key) = (*number, Arc::clone(key));
            let book = self.books.get_mut(&key);
            let member = book.as_ref().and_then(|book| book.members.get(&number));
            let is_old = member.is_none_or(|member| member.observed_ms < oldest);
            if !is_old && self.by_offset.len() <= self.max_sketches {
                return;
            }
            self.evicted += u64::from(!is_old);
            self.by_offset.remove(&number);
            if let Some(book) = book {
                book.remove(number);
                if book.members.is_empty() {
                    self.books.remove(&key);
                }
            }
        }
    }

    /// Sketches in memory.
    pub fn entries(&self) -> usize {
        self.by_offset.len()
    }

    /// Sketches forgotten before their time since this was last asked.
    pub fn take_evicted(&mut self) -> u64 {
        std::mem::take(&mut self.evicted)
    }
}

impl Book {
    fn new() -> Self {
        // The bound is the partition's.
        let limits = Limits {
            max_sessions: usize::MAX,
        };
        Self {
            survey: Survey::new(limits),
            members: BTreeMap::new(),
            by_session: HashMap::new(),
        }
    }

    fn remove(&mut self, number: u64) {
        self.survey.remove(number);
        if let Some(member) = self.members.remove(&number) {
            self.by_session.remove(&member.session);
        }
    }

    /// Who is told after member `number` has come, and remembers it.
    fn tell(&mut self, number: u64) -> Vec<Told> {
        let mut told = Vec::new();
        for found in self.survey.coordinated(number) {
            let sessions = found.sessions;
            let partners: Vec<u64> = found.partners.clone();
            told.extend(self.told(number, found));
            let due = partners.into_iter().filter(|partner| {
                let member = self.members.get(partner);
                let before = member.and_then(|member| member.told);
                before.is_none_or(|(_, before)| step(sessions) > before)
            });
            let due: Vec<u64> = due.take(MOST_TOLD).collect();
            for partner in due {
                let found = self.survey.coordinated(partner).into_iter().next();
                told.extend(found.and_then(|found| self.told(partner, found)));
            }
        }
        told
    }

    /// What `number` is told of `found`, if that is more than it was told before.
    fn told(&mut self, number: u64, found: Coordinated) -> Option<Told> {
        let others = || {
            found
                .partners
                .iter()
                .filter_map(|partner| self.members.get(partner))
        };
        let own = self.members.get(&number)?;
        let before = own.told;
        if before.is_some_and(|(_, sessions)| sessions >= found.sessions) {
            return None;
        }
        let named = others().find_map(|member| member.told.map(|(group, _)| group));
        let first = others().next().filter(|_| found.partners[0] < number);
        let first = first.map_or(own.fingerprint, |member| member.fingerprint);
        let group = before.map(|(group, _)| group).or(named).unwrap_or(first);
        let times = || {
            others()
                .map(|member| member.observed_ms)
                .chain([own.observed_ms])
        };
        let (first_ms, last_ms) = (times().min()?, times().max()?);
        let session = own.session;
        self.members.get_mut(&number)?.told = Some((group, found.sessions));
        Some(Told {
            session,
            group,
            found,
            first_ms,
            last_ms,
        })
    }
}

/// The largest of 2ⁿ and 3·2ⁿ up to `sessions`.
fn step(sessions: u32) -> u32 {
    let power = 1 << sessions.max(1).ilog2();
    let between = power / 2 * 3;
    if sessions >= between {
        between.max(power)
    } else {
        power
    }
}
