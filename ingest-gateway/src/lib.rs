#![doc = include_str!("../README.md")]

pub mod auth;
mod body;
pub mod client;
pub mod code;
pub mod config;
pub mod error;
pub mod metrics;
pub mod openapi;
mod publish;
pub mod router;
mod routes;
pub mod server;
pub mod setup;
mod state;
mod trace;
pub mod versions;

pub use config::GatewayConfig;
pub use setup::{Bound, Components, StartError, bind, run, setup};
pub use state::Gateway;
