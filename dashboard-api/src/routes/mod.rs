//! The routes, one file per group.

pub(crate) mod app;
pub(crate) mod dashboard;
pub(crate) mod detection;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod integrations;
pub(crate) mod letters;
pub(crate) mod live;
pub(crate) mod pipeline;
pub(crate) mod preview;
pub(crate) mod reviews;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod surveys;
pub(crate) mod verdict;
