//! The proof of membership that a transaction carries when it commits offsets for the group.

use std::sync::{Arc, Weak};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};

use super::context::LoopContext;

/// Gives the group's metadata for as long as the consumer lives; clones are cheap.
#[derive(Clone)]
pub struct GroupHandle {
    /// Weak: a transaction that is still going on must not keep a member in its group.
    pub(super) consumer: Weak<BaseConsumer<LoopContext>>,
}

/// The member and the generation of its group at one moment.
pub struct GroupMetadata(pub(crate) ConsumerGroupMetadata);

impl GroupHandle {
    pub(super) fn of(consumer: &Arc<BaseConsumer<LoopContext>>) -> Self {
        Self {
            consumer: Arc::downgrade(consumer),
        }
    }

    /// The metadata as of now; `None` when the consumer is gone.
    pub fn metadata(&self) -> Option<GroupMetadata> {
        let consumer = self.consumer.upgrade()?;
        consumer.group_metadata().map(GroupMetadata)
    }
}

impl std::fmt::Debug for GroupHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lives = self.consumer.strong_count() > 0;
        f.debug_struct("GroupHandle")
            .field("lives", &lives)
            .finish()
    }
}

impl std::fmt::Debug for GroupMetadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GroupMetadata")
    }
}
