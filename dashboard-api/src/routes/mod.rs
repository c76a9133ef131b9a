//! The routes, one file per group.

pub(crate) mod dashboard;
pub(crate) mod detection;
pub(crate) mod page;
pub(crate) mod sign_in;
