//! The schema on a real PostgreSQL, always as an ordinary login.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod common;
mod migrations;
mod organisations;
mod partitions;
mod plans;
mod reads;
mod rollups;
