//! The second stage: counting beside a plain model of it, and the whole of it on a real broker.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod copies;
mod counter;
mod stage;

use chrono::DateTime;
use schemas::ids::{SessionId, SessionSecret};

/// 2026-09-21, milliseconds.
pub(crate) const BEGIN: i64 = 1_790_000_000_000;

/// The session of that number, the same whenever it is asked for.
pub(crate) fn session(number: u32) -> SessionId {
    let [a, b, c, d] = number.to_be_bytes();
    let secret = SessionSecret::new([7; 32]).unwrap();
    let begun = DateTime::from_timestamp_millis(BEGIN).unwrap();
    secret.mint(&"acme".parse().unwrap(), begun, [1, 1, a, b, c, d])
}
