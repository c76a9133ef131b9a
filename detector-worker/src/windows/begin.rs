//! How windows begin: with a session's first record, or with a later one after its window has ended.
//!
//! A later window of a session has the facts and versions of the first one (INV-3), as long as the session is
//! remembered; whether it is, the broker times of its own records say. The window before has had its final
//! verdict before the new one says anything.

use schemas::session::SessionStarted;

use super::facts::Facts;
use super::open::{Judge, OpenWindow};
use super::partition::Place;
use super::slots::Flag;
use super::{Content, Emit, Input, Outcome, PartitionWindows, Refused};
use crate::poison::Poison;
use crate::versions::Judging;

impl PartitionWindows {
    /// A record of a session that has no window which it belongs to.
    pub(super) fn begin(
        &mut self,
        place: Place,
        input: &Input<'_>,
        out: &mut dyn Emit,
    ) -> Result<Outcome, Refused> {
        let before = match place {
            Place::Later(slot) => Some(self.facts_of(slot)?),
            _ => None,
        };
        let organisation = before
            .as_ref()
            .map(|facts| &facts.shared.value.organisation);
        if organisation.is_some_and(|organisation| *organisation != input.organisation) {
            return Err(Poison::Organisation.into());
        }
        let facts = match &input.content {
            Content::Started(started) => Some(self.facts_from(before, input, started)),
            Content::Batch(_) => {
                Some(before.unwrap_or_else(|| Facts::assumed(input, &mut self.shared)))
            }
            Content::Completed(_) | Content::Requested(_) => None,
        };
        let judging = facts
            .as_ref()
            .map(|facts| self.judging_for(facts))
            .transpose()?;
        if let Some(slot) = place.slot() {
            self.end_before(slot, input, out)?;
        }
        let (Some(facts), Some(judging)) = (facts, judging) else {
            return Ok(match input.content {
                Content::Requested(_) => Outcome::Requested,
                _ => Outcome::Duplicate,
            });
        };
        let window = self.begun(input, facts, &judging, out);
        self.keep(place, input, window);
        Ok(Outcome::NewWindow)
    }

    /// The facts of a session after a further first record: what its first one said holds, unless that
    /// one was never seen.
    fn facts_from(
        &mut self,
        before: Option<Facts>,
        input: &Input<'_>,
        started: &SessionStarted,
    ) -> Facts {
        match before {
            Some(before) if before.stamped => before,
            _ => Facts::stamped(input, started, &mut self.shared),
        }
    }

    /// Publishes the final verdict of a window that the record comes after.
    fn end_before(
        &mut self,
        slot: u32,
        input: &Input<'_>,
        out: &mut dyn Emit,
    ) -> Result<(), Refused> {
        if self.slots.span(slot).is_some_and(|span| !span.closed) {
            self.heat(slot)?;
            let judging = self.judging_of(slot)?;
            self.settle(slot, input, &judging, out);
        }
        Ok(())
    }

    /// A window with its first record.
    fn begun(
        &self,
        input: &Input<'_>,
        facts: Facts,
        judging: &Judging,
        out: &mut dyn Emit,
    ) -> OpenWindow {
        let times = &self.times;
        let mut window = OpenWindow::new(input, facts);
        match &input.content {
            Content::Started(started) => {
                window.features.start(started);
                out.emit(window.state_only(times), &window.features);
            }
            Content::Batch(batch) => {
                window.fold(batch, input, Judge { times, judging }, out);
            }
            Content::Completed(_) | Content::Requested(_) => {}
        }
        window
    }

    fn keep(&mut self, place: Place, input: &Input<'_>, window: OpenWindow) {
        let slot = place.slot().unwrap_or_else(|| {
            let slot = self.slots.insert(input.session_id);
            if self.forgotten.remove(&input.session_id) {
                self.slots.raise(slot, Flag::Stored);
            }
            slot
        });
        self.slots.renew(slot);
        self.slots.set_hot(slot, window);
        self.slots.raise(slot, Flag::Touched);
        self.changed(slot);
    }
}
