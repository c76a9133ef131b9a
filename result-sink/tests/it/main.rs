//! The sinks on a real Kafka and a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod build;
mod deaths;
mod deliveries;
mod faults;
mod findings;
mod harness;
mod outages;
mod plans;
mod poison;
mod raw;
mod retention;
mod scene;
mod schedules;
mod verdicts;
