//! What analysts say of sessions: labels with their trail, the queue of those without, and the export.

mod export;
mod labels;
mod queue;

pub(crate) use export::{LabelLine, label_pages};
pub(crate) use labels::{Label, MAX_NOTE, NewLabel, Outcome, ReviewTrail, label_sessions};
pub(crate) use queue::{QueuePage, QueueQuery};
