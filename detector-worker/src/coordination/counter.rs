//! Counts distinct sessions per fingerprint. Pure: the only inputs are records, in the order of their log.
//!
//! A session counts for [`Bounds::expiry_ms`] of broker time after it was last seen with the fingerprint, measured on the
//! fingerprint's own records: never on a clock, and never on when somebody looked. What is in memory is therefore the
//! same for everybody who has read the log from [`Counter::restart_offset`] on, and a worker that takes over counts on as
//! if nothing had happened. That offset reaches back twice the expiry, because whom to tell depends on what was counted
//! while those who count now have been there.
//!
//! Bounded: at most [`Bounds::max_entries`] sessions in all, the oldest of the log is evicted first and counted; at most
//! [`Bounds::max_sessions`] with one fingerprint, beyond that the count stands still and the latest are remembered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use schemas::ids::SessionId;

/// How far, at most, one fingerprint's records may lag behind the partition's newest before they are forgotten early.
const MAX_SLACK_MS: i64 = 3_600_000;
/// Into how many parts the restart's reach is cut: each costs one entry, and makes a restart re-read less.
const PARTS: i64 = 64;

/// What the counter may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long a session counts, milliseconds of broker time.
    pub expiry_ms: i64,
    /// Most sessions in all.
    pub max_entries: usize,
    /// Most sessions with one fingerprint.
    pub max_sessions: usize,
}

impl Bounds {
    /// How far, at most, a record that counts may lie behind the partition's newest, milliseconds.
    pub fn reach_ms(&self) -> i64 {
        self.expiry_ms + self.expiry_ms.min(MAX_SLACK_MS)
    }
}

/// A session was seen with a fingerprint.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// What is counted together.
    pub key: &'a str,
    /// The session.
    pub session: SessionId,
    /// Broker time, milliseconds since 1970.
    pub observed_ms: i64,
    /// Offset of the record.
    pub offset: i64,
}

/// What an observation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// One more session.
    New(Tally),
    /// The session was counted already.
    Known,
    /// Too old beside what was seen since.
    Late,
}

/// The sessions of one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub sessions: u32,
    /// Broker time of the first that counts.
    pub first_ms: i64,
    /// Broker time of the last.
    pub last_ms: i64,
}

#[derive(Debug)]
struct Member {
    session: SessionId,
    /// When it was last seen, and the record that said so.
    observed_ms: i64,
    offset: i64,
    /// The highest count that it has been told.
    told: u32,
}

/// Counts sessions of one partition of the fingerprints topic.
#[derive(Debug)]
pub struct Counter {
    bounds: Bounds,
    groups: HashMap<Arc<str>, Vec<Member>>,
    /// Every member's group, by the offset of its record.
    by_offset: BTreeMap<i64, Arc<str>>,
    stream_ms: i64,
    /// The first offset of each part of time that a restart has to read.
    first_offsets: BTreeMap<i64, i64>,
    evicted: u64,
}

impl Counter {
    /// A counter that has seen nothing.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            groups: HashMap::new(),
            by_offset: BTreeMap::new(),
            stream_ms: i64::MIN,
            first_offsets: BTreeMap::new(),
            evicted: 0,
        }
    }

    /// Takes in one observation; offsets only grow.
    pub fn observe(&mut self, seen: Observation<'_>) -> Counted {
        self.note_time(seen.observed_ms, seen.offset);
        let oldest_of_all = self.stream_ms - self.bounds.expiry_ms - self.slack_ms();
        let (key, members) = match self.groups.get_key_value(seen.key) {
            Some((key, _)) => (Arc::clone(key), self.groups.get_mut(seen.key)),
            None => (Arc::from(seen.key), None),
        };
        let newest = members
            .iter()
            .flat_map(|members| members.iter())
            .map(|member| member.observed_ms)
            .fold(seen.observed_ms, i64::max);
        let oldest = (newest - self.bounds.expiry_ms).max(oldest_of_all);
        if let Some(members) = members {
            members.retain(|member| {
                let stays = member.observed_ms >= oldest;
                if !stays {
                    self.by_offset.remove(&member.offset);
                }
                stays
            });
        }
        let counted = if seen.observed_ms < oldest {
            Counted::Late
        } else {
            self.join(&key, &seen)
        };
        if self.groups.get(&*key).is_some_and(Vec::is_empty) {
            self.groups.remove(&*key);
        }
        self.forget_old(oldest_of_all);
        counted
    }

    fn join(&mut self, key: &Arc<str>, seen: &Observation<'_>) -> Counted {
        let members = self.groups.entry(Arc::clone(key)).or_default();
        let known = members
            .iter_mut()
            .find(|member| member.session == seen.session);
        if let Some(member) = known {
            if seen.observed_ms > member.observed_ms {
                self.by_offset.remove(&member.offset);
                self.by_offset.insert(seen.offset, Arc::clone(key));
                member.observed_ms = seen.observed_ms;
                member.offset = seen.offset;
            }
            return Counted::Known;
        }
        self.by_offset.insert(seen.offset, Arc::clone(key));
        members.push(Member {
            session: seen.session,
            observed_ms: seen.observed_ms,
            offset: seen.offset,
            told: 0,
        });
        if members.len() > self.bounds.max_sessions.max(1) {
            let oldest = (0..members.len())
                .min_by_key(|index| (members[*index].observed_ms, members[*index].offset));
            let gone = members.swap_remove(oldest.unwrap_or(0));
            self.by_offset.remove(&gone.offset);
        }
        let times = members.iter().map(|member| member.observed_ms);
        Counted::New(Tally {
            sessions: u32::try_from(members.len()).unwrap_or(u32::MAX),
            first_ms: times.clone().min().unwrap_or(seen.observed_ms),
            last_ms: times.max().unwrap_or(seen.observed_ms),
        })
    }

    /// The sessions of `key` that have not been told of `sessions` or more, in the order of their records; they have now.
    pub fn tell_all(&mut self, key: &str, sessions: u32) -> Vec<SessionId> {
        let members = self.groups.get_mut(key).into_iter().flatten();
        let mut untold: Vec<&mut Member> =
            members.filter(|member| member.told < sessions).collect();
        untold.sort_unstable_by_key(|member| member.offset);
        untold
            .into_iter()
            .map(|member| {
                member.told = sessions;
                member.session
            })
            .collect()
    }

    /// That session of `key` has been told of `sessions`.
    pub fn tell(&mut self, key: &str, session: SessionId, sessions: u32) {
        let members = self.groups.get_mut(key).into_iter().flatten();
        for member in members.filter(|member| member.session == session) {
            member.told = member.told.max(sessions);
        }
    }

    fn slack_ms(&self) -> i64 {
        self.bounds.expiry_ms.min(MAX_SLACK_MS)
    }

    /// Notes a record of the partition that is not counted here: the restart reaches back to it as to those that are.
    pub fn note_time(&mut self, observed_ms: i64, offset: i64) {
        self.stream_ms = self.stream_ms.max(observed_ms);
        let part = (2 * self.bounds.expiry_ms / PARTS).max(1);
        let first = self
            .first_offsets
            .entry(observed_ms.div_euclid(part))
            .or_insert(offset);
        *first = offset.min(*first);
        let needed =
            (self.stream_ms - 2 * self.bounds.expiry_ms - self.slack_ms()).div_euclid(part);
        self.first_offsets = self.first_offsets.split_off(&needed);
    }

    /// Forgets members that count nowhere any more, and the oldest beyond the bound.
    fn forget_old(&mut self, oldest_of_all: i64) {
        while let Some((offset, key)) = self.by_offset.first_key_value() {
            let (offset, key) = (*offset, Arc::clone(key));
            let members = self.groups.entry(Arc::clone(&key)).or_default();
            let place = members.iter().position(|member| member.offset == offset);
            let is_old = place.is_none_or(|index| members[index].observed_ms < oldest_of_all);
            if !is_old && self.by_offset.len() <= self.bounds.max_entries {
                return;
            }
            self.evicted += u64::from(!is_old);
            if let Some(index) = place {
                members.swap_remove(index);
            }
            if members.is_empty() {
                self.groups.remove(&key);
            }
            self.by_offset.remove(&offset);
        }
    }

    /// Where somebody must begin to read in order to count on from here; `None` when nothing matters any more.
    pub fn restart_offset(&self) -> Option<i64> {
        self.first_offsets.values().min().copied()
    }

    /// Sessions in memory.
    pub fn entries(&self) -> usize {
        self.by_offset.len()
    }

    /// Sessions that were forgotten before their time because of the bound, since the last call.
    pub fn take_evicted(&mut self) -> u64 {
        std::mem::take(&mut self.evicted)
    }
}
