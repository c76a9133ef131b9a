//! The detector: reads the events topic, keeps one window per open session, publishes verdicts.
//!
//! Workers hold no disk and may be killed at any moment. State is a cache of the log (INV-5): snapshots of
//! changed windows and the position they account for are committed together, and a new owner of a
//! partition goes on from them. Verdicts are a pure function of the log (INV-3) and carry a revision
//! (INV-4), so replaying is harmless.
//!
//! | module | owns |
//! |---|---|
//! | [`windows`] | which record belongs to which window, when verdicts are emitted; pure |
//! | `handler`, `decode` | the consumer's side: claims, decoding, acknowledgements |
//! | `assignment`, `publications` | one partition: when a snapshot is taken and when it may be committed |
//! | `flood` | when poison is a bad deploy |
//! | `emissions`, `outbox` | verdicts, fingerprints and dead letters on their way to the broker |
//! | [`versions`] | what judges a session, by its stamped versions |
//! | [`coordination`] | the second stage: what several sessions have in common |
//! | [`config`] | settings |
//! | [`setup()`] | building and running the service |

mod assignment;
pub mod config;
pub mod coordination;
mod decode;
mod emissions;
mod flood;
mod handler;
mod metrics;
mod outbox;
pub mod poison;
mod publications;
mod setup;
pub mod versions;
pub mod windows;

pub use config::WorkerConfig;
pub use decode::decode;
pub use setup::{Components, WorkerError, run, setup};
