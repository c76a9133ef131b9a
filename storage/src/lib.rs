#![doc = include_str!("../README.md")]

mod config;
mod error;
mod migration;
mod partition;
mod read;
mod retention;
mod transaction;

pub use config::{DatabaseConfig, pool, pool_with_setup};
pub use error::StorageError;
pub use migration::{MigrationReport, SCHEMA_VERSION, migrate};
pub use partition::{count_default_rows, ensure_partitions};
pub use read::{Read, org_read};
pub use retention::{
    DELIVERY_TABLES, RAW_TABLES, RetainedTable, SESSION_TABLES, SUMMARY_TABLES, SummaryTable,
    delete_leftovers_before, delete_summaries_before, drop_partition_before,
};
pub use transaction::{
    API_ROLE, RELAY_ROLE, SINK_ROLE, org_transaction, org_write_transaction, relay_transaction,
    sink_transaction,
};
