//! Everything that leaves the API as a file: sessions as CSV, JSON Lines or Parquet, and a survey's report
//! as PDF.
//!
//! Sessions are read newest first in chunks by their ids, each chunk in a short transaction of its own, and
//! written on as soon as they are read. So an export of any size needs the memory of a few chunks, holds no
//! transaction while its client is slow, and never keeps the database from cleaning up behind it.

mod config;
mod csv;
mod limits;
mod metrics;
mod parquet;
mod pseudonym;
pub(crate) mod report;
pub(crate) mod rows;
mod stream;
mod writer;

pub use config::ExportConfig;
pub(crate) use limits::Exports;
pub use report::FontError;
pub(crate) use stream::{ExportRequest, respond};
pub(crate) use writer::Format;
