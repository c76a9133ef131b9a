//! Queries: each function takes a transaction of one organisation and gives a typed answer.
//!
//! Row-level security adds the organisation; the queries name it nowhere. Filters use operators that
//! are leak-proof, because only those use an index under it: ranges instead of LIKE.

pub(crate) mod details;
pub(crate) mod findings;
pub(crate) mod overview;
pub(crate) mod sessions;
pub(crate) mod status;
