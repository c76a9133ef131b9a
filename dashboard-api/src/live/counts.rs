//! What happened in an organisation since its figures were last told.

use std::collections::HashSet;
use std::time::Instant;

use schemas::ids::SessionId;

/// Most distinct sessions that are told apart between two messages.
const MAX_SESSIONS: usize = 1 << 16;

/// Counters of one organisation. They run only while somebody watches.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Since when is counted.
    pub(crate) since: Instant,
    /// Verdicts.
    pub(crate) verdicts: u64,
    /// Verdicts that say "bot".
    pub(crate) bots: u64,
    /// Findings.
    pub(crate) findings: u64,
    sessions: HashSet<SessionId>,
}

impl Counts {
    /// Nothing yet.
    pub(crate) fn new(since: Instant) -> Self {
        Self {
            since,
            verdicts: 0,
            bots: 0,
            findings: 0,
            sessions: HashSet::new(),
        }
    }

    /// Counts a verdict.
    pub(crate) fn verdict(&mut self, session: SessionId, is_bot: bool) {
        self.verdicts += 1;
        self.bots += u64::from(is_bot);
        if self.sessions.len() < MAX_SESSIONS {
            self.sessions.insert(session);
        }
    }

    /// Distinct sessions of the verdicts.
    pub(crate) fn sessions(&self) -> u64 {
        self.sessions.len() as u64
    }
}
