//! The crate on a real Kafka: what its README promises, one module per part.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod admin;
mod bench;
mod changelog;
mod dead_letters;
mod exactness;
mod group;
mod groups;
mod metrics;
mod outage;
mod owner;
mod probe;
mod producer;
mod rebalance;
mod scan;
mod shutdown;
mod stall;
mod tail;
