//! Keys and settings: what a gateway must know to judge a request, from Kafka alone (INV-10).
//!
//! The control topic is compacted and is the only source: [`Control`] reads it to its end, then follows
//! it, and hands out [`ControlState`], an immutable view that answers without locks and without
//! allocation. [`ControlWriter`] is how keys and settings get there; [`seal`] keeps the secrets that have
//! to be used again unreadable for whoever can only read Kafka.
//!
//! Invariant: what a process accepts is what the topic says, and nothing before the topic has been read
//! to its end once. This crate decides nothing about a request: whether a key is active now, or an
//! address inside its networks, is asked by the caller with the caller's clock.

mod follow;
mod metrics;
mod origins;
pub mod seal;
mod state;
mod table;
#[cfg(test)]
mod testing;
mod versions;
mod writer;

pub use follow::{Control, ControlError, Snapshot};
pub use metrics::{LAST_READ, READS, RECORDS, UNREADABLE};
pub use state::{ControlState, Counts};
pub use versions::{BUILTIN_MODEL, BUILTIN_RULESET, builtin_versions};
pub use writer::{ControlWriter, NewKey, NewKeyOptions, WriteError, random_text};
