#![doc = include_str!("../README.md")]

mod backoff;
mod buffer;
mod config;
mod copy;
mod dead_letters;
mod deliveries;
mod destination;
mod error;
mod findings;
mod handler;
pub mod metrics;
mod partitions;
mod raw;
mod retention;
mod setup;
mod shape;
pub mod store;
mod verdict_row;
mod verdict_sql;
mod verdicts;
mod writer;

pub use config::{BufferConfig, SinkConfig};
pub use error::SinkError;
pub use retention::RetentionConfig;
pub use setup::{Sink, build, run};
