//! Coordination, the worker's second stage: the same device, trajectory or key rhythm in several sessions.
//!
//! A closed window leaves fingerprints behind ([`fingerprints_of`]) on a topic that is keyed by what is counted
//! together: devices by fingerprint, trajectories and rhythms by survey, since copies are found by comparing. The stage, a consumer group of its own in the same process, counts distinct sessions per fingerprint and
//! publishes findings to the verdicts topic, keyed by session. A verdict never depends on it (INV-3): findings stand
//! beside verdicts, and the sink takes the higher risk of both.
//!
//! | module | owns |
//! |---|---|
//! | `fingerprints` | which fingerprints a window leaves; pure |
//! | `counter` | distinct sessions per fingerprint, in bounded memory; pure |
//! | `copies` | sessions whose trajectory or rhythm is that of others, in bounded memory; pure |
//! | `policy` | from a count to a finding, and who is told; pure |
//! | `stage` | the consumer's side: decoding, acknowledgements, commits |
//! | `findings` | findings and dead letters on their way |
//!
//! The stage commits how far it has come, and as the commit's metadata how far back a new owner has to read
//! ([`counter::Counter::restart_offset`]): what it reads again it counts and does not publish.

mod config;
pub mod copies;
pub mod counter;
mod findings;
mod fingerprints;
mod metrics;
pub mod policy;
mod setup;
mod stage;

pub use config::CoordinationConfig;
pub use fingerprints::{fingerprints_of, headers_of};
pub use setup::{Coordination, setup};

/// Who writes fingerprints and findings, as their headers say.
const SOURCE: &str = "/candor/detector";
