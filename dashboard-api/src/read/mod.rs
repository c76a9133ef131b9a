//! Queries: each function asks for the rows of one organisation and gives a typed answer.
//!
//! Row-level security adds the organisation; the queries name it nowhere. Filters use operators that
//! are leak-proof, because only those use an index under it: ranges instead of LIKE.

pub(crate) mod campaigns;
pub(crate) mod conditions;
mod count;
pub(crate) mod counters;
pub(crate) mod details;
mod driver;
mod events;
pub(crate) mod findings;
pub(crate) mod overview;
mod plans;
pub(crate) mod pointer;
mod scan;
pub(crate) mod sessions;
pub(crate) mod shared;
pub(crate) mod status;
pub(crate) mod surveys;
mod text;
pub(crate) mod timeline;
pub(crate) mod timings;
pub(crate) mod typing;
mod within;

pub use plans::read_statements;
