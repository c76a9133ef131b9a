#![doc = include_str!("../README.md")]

mod analysis;
mod app;
mod auth;
mod conditional;
mod config;
mod database;
mod error;
mod export;
mod integrations;
mod letters;
mod live;
mod metrics;
mod openapi;
mod pipeline;
mod preview;
mod query;
mod read;
mod review;
mod router;
mod routes;
mod settings;
mod setup;
mod verdict;

pub use auth::sign_in_link;
pub use config::DashboardConfig;
pub use export::{ExportConfig, FontError};
pub use integrations::{GatewayUrl, PublicUrl};
pub use live::LiveConfig;
pub use openapi::document as openapi_document;
pub use read::read_statements;
pub use router::{api_routes, router, unknown_routes};
pub use setup::{AppState, SetupError, run, serve_background, setup};
