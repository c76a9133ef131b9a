//! The control topic on a real broker: what the README promises.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod follow;
mod harness;
mod outage;
mod write;
