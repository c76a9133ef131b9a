//! The sinks on a real Kafka and a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod build;
mod faults;
mod findings;
mod harness;
mod poison;
mod raw;
mod verdicts;
