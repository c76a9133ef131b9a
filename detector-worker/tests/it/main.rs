//! The worker on a real broker.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod flood;
mod harness;
mod memory;
mod poison;
mod state;
mod versions;
