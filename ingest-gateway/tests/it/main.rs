//! The gateway over real HTTP, in front of a real Kafka.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be unwrapped is a failed test"
)]

mod bad_input;
mod broker_away;
mod browser;
mod bulk;
mod compact;
mod connections;
mod documents;
mod edge;
mod faults;
mod golden_path;
mod keys;
mod names;
mod support;
mod typed_text;
mod webhooks;
mod webhooks_faults;
mod webhooks_refused;
mod webhooks_text;
