//! The one place that wraps librdkafka: producer, consumer loop, ledger, dead letters, topics.
//!
//! Services see records, offsets and deliveries, never librdkafka's types. Mechanism lives here,
//! policy with the callers: what a record means, when a partition pauses, what is a dead letter.

pub mod admin;
pub mod budget;
pub mod changelog;
pub mod config;
pub mod consumer;
pub mod dead_letter;
pub mod groups;
pub mod ledger;
pub mod metrics;
mod packed;
mod position;
pub mod producer;
mod reader;
mod record;
pub mod scan;
pub mod sending;
pub mod table;
pub mod tail;

pub use packed::PackedRecord;
pub use record::{OwnedRecord, Record};

/// A partition's number.
pub type Partition = i32;
