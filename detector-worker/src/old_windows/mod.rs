//! The windows of before, until the handler uses [`crate::windows`].
//!
//! Windows of one partition: which record belongs where, and when a verdict is emitted. Pure: the
//! only inputs are records and times that the caller hands in.
//!
//! A record belongs to the session's open window if its broker time is within gap + grace of the last
//! record, or within grace of the completion, and the window is not longer than allowed; otherwise the
//! window closes and a new one begins, named by the record's offset. The final verdict of a gap is
//! emitted before anything later of that session is folded, so a clock only decides how early it comes.

mod agenda;
mod open;
pub mod restart;

use std::collections::HashMap;

use detection::Folded;
use schemas::ids::SessionId;
use schemas::verdict::{Phase, VerdictRecord, WindowStatus};

use crate::config::WindowConfig;
use crate::poison::Poison;
use crate::rulesets::Rulesets;
use crate::windows::{Content, Input};
use agenda::{Agenda, Entry};
use open::{OpenWindow, Times};
use restart::{RestartPoint, Unfinished};

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Folded into an open window.
    Folded,
    /// Changed nothing: it had been folded, or ended what was over.
    Duplicate,
    /// Opened a window.
    NewWindow,
    /// Asked for a verdict.
    Requested,
    /// Read again after a restart; its outcome was counted before.
    Replayed,
}

impl Outcome {
    /// The metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Duplicate => "duplicate",
            Self::NewWindow => "new_window",
            Self::Requested => "requested",
            Self::Replayed => "replayed",
        }
    }
}

/// The open windows of one assignment of one partition.
#[derive(Debug)]
pub struct PartitionWindows {
    times: Times,
    rulesets: Rulesets,
    open: HashMap<SessionId, OpenWindow>,
    /// When windows may end. Every open window has an entry, possibly too early.
    closings: Agenda,
    /// When windows may be forgotten. Every closed window has an entry, possibly too early.
    evictions: Agenda,
    stream_ms: i64,
    position: i64,
    unfinished: Unfinished,
    resumed: RestartPoint,
}

impl PartitionWindows {
    /// A partition that is read from `start` on, as `restart` says what had been done before.
    pub fn new(
        config: WindowConfig,
        rulesets: Rulesets,
        start: i64,
        resumed: RestartPoint,
    ) -> Self {
        Self {
            times: Times::new(config),
            rulesets,
            open: HashMap::new(),
            closings: Agenda::default(),
            evictions: Agenda::default(),
            stream_ms: i64::MIN,
            position: start,
            unfinished: Unfinished::default(),
            resumed,
        }
    }

    /// Takes in one record; verdicts to publish are appended to `out`.
    ///
    /// # Errors
    /// [`Poison`] when the record must be set aside; nothing has been folded then.
    pub fn record(
        &mut self,
        input: Input<'_>,
        out: &mut Vec<VerdictRecord>,
    ) -> Result<Outcome, Poison> {
        self.position = input.offset + 1;
        self.stream_ms = self.stream_ms.max(input.broker_ms);
        let replayed = input.offset < self.resumed.processed;
        self.settle(&input, out);
        let outcome = self.apply(input, out)?;
        Ok(if replayed { Outcome::Replayed } else { outcome })
    }

    /// A record that could not be decoded passes without touching a window.
    pub fn skip(&mut self, offset: i64) {
        self.position = offset + 1;
    }

    /// Closes the session's window if the record comes too late for it; publishes the final verdict of
    /// a gap that the record ends.
    fn settle(&mut self, input: &Input<'_>, out: &mut Vec<VerdictRecord>) {
        let Some(window) = self.open.get_mut(&input.session_id) else {
            return;
        };
        if let Some(status) = window.ended_by(input.broker_ms, &self.times) {
            out.extend(window.close(status, &self.times));
            self.evictions
                .push(Entry::new(window.accepts_until(&self.times), window));
        }
        if !window.accepts(input.broker_ms, &self.times) {
            self.open.remove(&input.session_id);
        }
    }

    fn apply(&mut self, input: Input<'_>, out: &mut Vec<VerdictRecord>) -> Result<Outcome, Poison> {
        let known = self.open.get(&input.session_id);
        if known.is_some_and(|window| window.organisation != input.organisation) {
            return Err(Poison::Organisation);
        }
        match (&input.content, known.is_some()) {
            (Content::Started(_), known)
                if known || self.resumed.repeated_starts.contains(&input.offset) =>
            {
                self.unfinished.repeated_start(input.offset);
                Ok(Outcome::Duplicate)
            }
            (Content::Completed(_), false) => Ok(Outcome::Duplicate),
            (Content::Requested(_), false) => Ok(Outcome::Requested),
            (Content::Batch(_), false) if self.belongs_to_closed(input.offset) => {
                Ok(Outcome::Replayed)
            }
            (Content::Started(started), _) => {
                let ruleset = self
                    .rulesets
                    .get(&started.versions.ruleset)
                    .ok_or(Poison::RulesetMissing)?;
                let window = OpenWindow::started(&input, started, ruleset);
                out.push(window.state_only(&self.times));
                self.insert(input.session_id, window);
                Ok(Outcome::NewWindow)
            }
            (Content::Batch(batch), false) => {
                let mut window = OpenWindow::orphan(&input, self.rulesets.builtin());
                window.fold(batch, &input, &self.times, out);
                self.insert(input.session_id, window);
                Ok(Outcome::NewWindow)
            }
            (_, true) => Ok(self.continue_window(&input, out)),
        }
    }

    /// Whether a batch without an open window is the tail of a window that was finished before the
    /// restart: its beginning lies before the committed offset.
    fn belongs_to_closed(&self, offset: i64) -> bool {
        offset < self.resumed.processed && !self.resumed.orphans.contains(&offset)
    }

    fn continue_window(&mut self, input: &Input<'_>, out: &mut Vec<VerdictRecord>) -> Outcome {
        let Some(window) = self.open.get_mut(&input.session_id) else {
            return Outcome::Duplicate;
        };
        match &input.content {
            Content::Batch(batch) => {
                let was_closed = window.is_closed();
                let folded = window.fold(batch, input, &self.times, out);
                if was_closed && !window.is_closed() {
                    // It goes on within the grace, so it has to end again.
                    self.closings
                        .push(Entry::new(window.open_until(&self.times), window));
                }
                match folded {
                    Folded::Folded => Outcome::Folded,
                    Folded::Duplicate => Outcome::Duplicate,
                }
            }
            Content::Completed(_) if window.is_completed() => Outcome::Duplicate,
            Content::Completed(_) => {
                window.complete(input);
                out.extend(window.close(WindowStatus::Completed, &self.times));
                self.evictions
                    .push(Entry::new(window.accepts_until(&self.times), window));
                Outcome::Folded
            }
            Content::Requested(request) => {
                out.push(window.answer(input, &request.request_id, &self.times));
                Outcome::Requested
            }
            Content::Started(_) => Outcome::Duplicate,
        }
    }

    fn insert(&mut self, session_id: SessionId, window: OpenWindow) {
        self.closings
            .push(Entry::new(window.open_until(&self.times), &window));
        self.open.insert(session_id, window);
    }

    /// Lets time pass. Stream time ends windows and forgets them. `wall_ms`, given only for a partition
    /// that has been read to its end, only publishes what a gap has decided: a wrong clock must not
    /// forget a window. At most `most` windows are looked at.
    pub fn advance(&mut self, wall_ms: Option<i64>, most: usize, out: &mut Vec<VerdictRecord>) {
        let wall = wall_ms.map_or(i64::MIN, |wall| wall - self.times.clock_margin);
        let now = self.stream_ms.max(wall);
        for _ in 0..most {
            let Some(entry) = self.closings.pop_before(now) else {
                break;
            };
            self.close_if_ended(&entry, now, out);
        }
        for _ in 0..most {
            let Some(entry) = self.evictions.pop_before(self.stream_ms) else {
                break;
            };
            self.forget_if_over(&entry);
        }
    }

    fn close_if_ended(&mut self, entry: &Entry, now: i64, out: &mut Vec<VerdictRecord>) {
        let Some(window) = self
            .open
            .get_mut(&entry.session_id)
            .filter(|window| entry.is_of(window))
        else {
            return;
        };
        if window.is_closed() {
            return;
        }
        match window.ended_by(now, &self.times) {
            Some(status) => {
                out.extend(window.close(status, &self.times));
                self.evictions
                    .push(Entry::new(window.accepts_until(&self.times), window));
            }
            None => self
                .closings
                .push(Entry::new(window.open_until(&self.times), window)),
        }
    }

    fn forget_if_over(&mut self, entry: &Entry) {
        let Some(window) = self
            .open
            .get(&entry.session_id)
            .filter(|window| entry.is_of(window))
        else {
            return;
        };
        if !window.is_closed() {
            // It goes on, and will be filed again when it ends.
            return;
        }
        if window.accepts(self.stream_ms, &self.times) {
            self.evictions
                .push(Entry::new(window.accepts_until(&self.times), window));
        } else {
            self.open.remove(&entry.session_id);
        }
    }

    /// A verdict of the window that began at `window` is on its way.
    pub fn begin_publish(&mut self, window: i64, orphan: bool) {
        self.unfinished.begin_verdict(window, orphan);
    }

    /// It has been acknowledged.
    pub fn end_publish(&mut self, window: i64) {
        self.unfinished.end_verdict(window);
    }

    /// Dead letter of `offset` is on its way; `false` when it was published before the restart.
    pub fn begin_dead_letter(&mut self, offset: i64) -> bool {
        let fresh = offset >= self.resumed.dead_lettered;
        if fresh {
            self.unfinished.begin_dead_letter(offset);
        }
        fresh
    }

    /// It has been acknowledged.
    pub fn end_dead_letter(&mut self, offset: i64) {
        self.unfinished.end_dead_letter(offset);
    }

    /// Whether nothing is on its way.
    pub fn is_settled(&self) -> bool {
        self.unfinished.is_empty()
    }

    /// Number of windows in memory.
    pub fn open_windows(&self) -> usize {
        self.open.len()
    }

    /// Where a new owner has to begin, and what it must know.
    pub fn restart_point(&mut self) -> (i64, RestartPoint) {
        let open = self
            .open
            .values()
            .map(|window| (window.first_offset, window.is_orphan));
        self.unfinished
            .restart_point(open, self.position, &self.resumed)
    }
}

/// The window a verdict belongs to is an orphan when nothing but its offset names it.
pub(crate) fn is_orphan(windows: &PartitionWindows, record: &VerdictRecord) -> bool {
    let open = windows.open.get(&record.session_id);
    open.is_none_or(|window| window.first_offset != record.window || window.is_orphan)
}

/// A verdict's phase from its status: only an active window's verdicts are running ones.
fn phase_of(status: WindowStatus) -> Phase {
    if status == WindowStatus::Active {
        Phase::Running
    } else {
        Phase::Final
    }
}
