//! Integration tests of the embedded services, on a real Kafka and a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod common;
mod kafka;
mod postgres;
mod services;
