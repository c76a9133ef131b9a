#![doc = include_str!("../README.md")]

mod backoff;
mod buffer;
mod config;
mod dead_letters;
mod destination;
mod error;
mod findings;
mod handler;
pub mod metrics;
mod partitions;
mod raw;
mod setup;
mod verdict_sql;
mod verdicts;
mod writer;

pub use config::{BufferConfig, SinkConfig};
pub use error::SinkError;
pub use setup::{Sink, build, run};
