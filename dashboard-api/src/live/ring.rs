//! The newest messages of one organisation, for watchers that return.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::live::filter::Filter;
use crate::live::message::Message;

/// Messages in the order they were made, bounded by whoever owns the ring.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    kept: VecDeque<Arc<Message>>,
    bytes: usize,
    /// By partition: what is before this offset is not kept any more.
    floor: Vec<i64>,
}

impl Ring {
    /// A ring that knows what comes from these offsets on.
    pub(crate) fn new(floor: Vec<i64>) -> Self {
        Self {
            floor,
            ..Self::default()
        }
    }

    /// How many messages are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Their bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps a message of a record.
    pub(crate) fn push(&mut self, message: Arc<Message>) {
        self.bytes += message.size();
        self.kept.push_back(message);
    }

    /// Forgets the oldest message; gives its bytes.
    pub(crate) fn forget_oldest(&mut self) -> usize {
        let Some(message) = self.kept.pop_front() else {
            return 0;
        };
        if let Some((partition, offset)) = message.place {
            let floor = usize::try_from(partition).ok();
            if let Some(floor) = floor.and_then(|partition| self.floor.get_mut(partition)) {
                *floor = (*floor).max(offset + 1);
            }
        }
        self.bytes -= message.size();
        message.size()
    }

    /// Everything wanted that a reader at `positions` has not seen; `None` when some of it is not kept.
    pub(crate) fn after(
        &self,
        positions: &[i64],
        filter: &Filter,
    ) -> Option<VecDeque<Arc<Message>>> {
        let is_kept = self.floor.len() == positions.len()
            && self
                .floor
                .iter()
                .zip(positions)
                .all(|(floor, position)| position >= floor);
        if !is_kept {
            return None;
        }
        let is_missed = |message: &&Arc<Message>| {
            message.place.is_some_and(|(partition, offset)| {
                let position = usize::try_from(partition).ok();
                let position = position.and_then(|partition| positions.get(partition));
                position.is_none_or(|position| offset >= *position)
            })
        };
        let missed = self.kept.iter().filter(is_missed);
        let wanted = missed.filter(|message| filter.wants(&message.subject));
        Some(wanted.cloned().collect())
    }
}
