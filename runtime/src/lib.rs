//! What every service of Candor needs and none should write twice: settings, logs, metrics, health,
//! supervised tasks and shutdown.
//!
//! A service's `main.rs` is one call of [`service::main`]; everything below it gets its settings as a
//! value and its end as a [`CancellationToken`]. Nothing outside [`config`] reads the environment.

pub mod config;
pub mod health;
pub mod http;
pub mod open_files;
pub mod problem;
pub mod service;
pub mod tasks;
pub mod telemetry;

pub use tokio_util::sync::CancellationToken;
