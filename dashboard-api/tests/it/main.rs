//! The API on a real Kafka and a real PostgreSQL: one binary, so that both start once.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod access;
mod analysis;
mod dashboard;
mod faults;
mod findings;
mod harness;
mod keys;
mod logs;
mod openapi;
mod rows;
