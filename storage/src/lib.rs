#![doc = include_str!("../README.md")]

mod config;
mod error;
mod migration;
mod partition;
mod transaction;

pub use config::{DatabaseConfig, pool, pool_with_setup};
pub use error::StorageError;
pub use migration::{MigrationReport, SCHEMA_VERSION, migrate};
pub use partition::{count_default_rows, ensure_partitions};
pub use transaction::{API_ROLE, SINK_ROLE, org_transaction, sink_transaction};
