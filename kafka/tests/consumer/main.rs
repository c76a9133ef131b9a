//! The crate on a real Kafka: what its README promises, one module per part.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod bench;
mod group;
mod probe;
mod rebalance;
mod shutdown;
