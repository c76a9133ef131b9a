#![doc = include_str!("../README.md")]

mod analysis;
mod auth;
mod config;
mod database;
mod error;
mod metrics;
mod openapi;
mod query;
mod read;
mod router;
mod routes;
mod setup;
mod verdict;

pub use auth::sign_in_link;
pub use config::DashboardConfig;
pub use openapi::document as openapi_document;
pub use router::{api_routes, router};
pub use setup::{AppState, SetupError, run, serve_background, setup};
