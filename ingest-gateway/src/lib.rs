#![doc = include_str!("../README.md")]

mod access_log;
mod agent;
mod auth;
mod batch;
mod body;
mod bulk;
pub mod client;
pub mod code;
pub mod config;
mod cors;
mod description;
mod edge;
pub mod error;
mod idempotency;
pub mod limits;
pub mod metrics;
mod names;
pub mod openapi;
mod publish;
pub mod router;
mod routes;
pub mod sdk;
pub mod server;
pub mod setup;
mod state;
mod trace;
pub mod webhooks;

pub use access_log::AccessLogOptions;
pub use agent::Authorities;
pub use bulk::BulkOutcome;
pub use config::GatewayConfig;
pub use edge::Refusal;
pub use setup::{Bound, Components, StartError, bind, bind_with, run, setup};
pub use state::{Clock, Gateway};
