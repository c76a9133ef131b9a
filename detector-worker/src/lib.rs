//! The detector: reads the events topic, keeps one window per open session, publishes verdicts.
//!
//! Workers hold no disk and may be killed at any moment. State is a cache of the log (INV-5): a new
//! owner of a partition reads it again from the committed offset, which is the first record of the
//! oldest window that still matters ([`old_windows::restart`]). Verdicts are a pure function of the log
//! (INV-3) and carry a revision (INV-4), so replaying is harmless.
//!
//! | module | owns |
//! |---|---|
//! | [`windows`] | which record belongs to which window, when verdicts are emitted; pure |
//! | `handler`, `decode` | the consumer's side: decoding, acknowledgements, commits |
//! | `outbox` | verdicts and dead letters on their way to the broker |
//! | [`coordination`] | the second stage: what several sessions have in common |
//! | [`config`] | settings |
//! | [`setup()`] | building and running the service |

pub mod config;
pub mod coordination;
mod decode;
mod handler;
mod metrics;
pub mod old_windows;
mod outbox;
pub mod poison;
pub mod rulesets;
mod setup;
pub mod windows;

pub use config::WorkerConfig;
pub use setup::{Components, WorkerError, run, setup};
