//! Wire types of Candor: what travels over HTTP and Kafka, and nothing else.
//!
//! This crate owns the names of topics and headers, the identifiers, the canonical form of
//! behavioural events with its allow-list (INV-6), and the codec of every record. It does no I/O,
//! reads no clock and draws no randomness: callers pass both in, so that everything here can be
//! tested by value and shared by the gateway, the detector, the sinks and the API.
//!
//! | module | owns |
//! |---|---|
//! | [`ids`] | session ids with their keyed check, organisations |
//! | [`token`] | ingest tokens: expiring, verified without a look-up |
//! | [`topic`] | topic names under a prefix, and their policies |
//! | [`header`] | record headers (CloudEvents 1.0, Kafka binary mode) |
//! | [`event`] | event types, fields, the allow-list, the one-scan decoder |
//! | [`batch`] | the batch request and the batch record |
//! | [`compact`] | the compact form of batches: frozen numbers in place of names |
//! | [`control`] | API keys, settings, integrations and declared agents: the control topic |
//! | [`session`] | session started, completed, analysis requested |
//! | [`verdict`] | verdicts, revisions, reasons |
//! | [`coordination`] | fingerprints of closed windows, findings across sessions |
//! | [`live`] | messages of the API's live feed |
//! | [`webhook`] | notices of survey platforms |
//! | [`recording`] | the recorded-session file form used by `candor score` and `loadgen` |
//! | [`json_schema`] | JSON Schema of every record |
//! | [`asyncapi`] | AsyncAPI document of every topic |

pub mod asyncapi;
pub mod batch;
pub mod compact;
pub mod control;
pub mod coordination;
pub mod event;
pub mod header;
pub mod ids;
mod json;
pub mod json_schema;
pub mod live;
pub mod recording;
pub mod session;
pub mod token;
pub mod topic;
pub mod verdict;
pub mod webhook;
