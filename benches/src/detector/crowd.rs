//! Many sessions at once: thousands are open, a few of them send most.
//!
//! A turn picks one of the open sessions, the first ones far more often than the last (of 4000 the first
//! 40 get a fifth of the batches), and sends its next batch. A session that has no more batches is completed and
//! another one takes its place. One in a hundred is twenty recordings long.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::feed::{Feed, Session};
use super::pool::Pool;

/// One session in so many is a long one.
const LONG_ONES: u64 = 100;
const LONG: usize = 20;

#[derive(Debug)]
struct Member {
    session: Session,
    recording: usize,
    /// Recordings after this one.
    more: usize,
    next: usize,
}

/// The open sessions.
#[derive(Debug)]
pub(crate) struct Crowd<'a> {
    pool: &'a Pool,
    dice: StdRng,
    members: Vec<Member>,
    begun: usize,
}

impl<'a> Crowd<'a> {
    /// Opens `size` sessions.
    pub(crate) fn open(pool: &'a Pool, size: usize, feed: &mut Feed) -> anyhow::Result<Self> {
        let mut crowd = Self {
            pool,
            dice: StdRng::seed_from_u64(11),
            members: Vec::with_capacity(size),
            begun: 0,
        };
        for _ in 0..size {
            let member = crowd.begin(feed)?;
            crowd.members.push(member);
        }
        Ok(crowd)
    }

    fn begin(&mut self, feed: &mut Feed) -> anyhow::Result<Member> {
        let long = self.dice.next_u64().is_multiple_of(LONG_ONES);
        let recording = self.begun;
        self.begun += 1;
        Ok(Member {
            session: feed.start()?,
            recording,
            more: if long { LONG - 1 } else { 0 },
            next: 0,
        })
    }

    /// Sends one batch of one session.
    pub(crate) fn turn(&mut self, feed: &mut Feed) -> anyhow::Result<()> {
        let place = self.pick();
        let pool = self.pool;
        let member = &mut self.members[place];
        let batches = pool.recording(member.recording);
        if let Some(batch) = batches.get(member.next) {
            feed.batch(&mut member.session, batch)?;
            member.next += 1;
        }
        if member.next < batches.len() {
            return Ok(());
        }
        if member.more > 0 {
            member.more -= 1;
            member.recording += 1;
            member.next = 0;
            return Ok(());
        }
        feed.complete(&member.session)?;
        self.members[place] = self.begin(feed)?;
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among a few thousand"
    )]
    fn pick(&mut self) -> usize {
        let uniform = (self.dice.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let place = (uniform.powi(3) * self.members.len() as f64) as usize;
        place.min(self.members.len() - 1)
    }

    /// Completes every session that is still open; how many there were in all.
    pub(crate) fn complete(self, feed: &mut Feed) -> anyhow::Result<usize> {
        for member in &self.members {
            feed.complete(&member.session)?;
        }
        Ok(self.begun)
    }
}
