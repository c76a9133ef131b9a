#![doc = include_str!("../README.md")]

mod cache;
mod child;
mod environment;
mod error;
mod kafka;
mod kafka_files;
mod lock;
mod output;
mod ports;
mod postgres;
mod postgres_account;
mod postgres_binaries;
mod postgres_client;
mod postgres_files;
mod services;
#[cfg(test)]
mod testing;

pub use child::OwnedChild;
pub use environment::cache_folder;
pub use error::EmbeddedError;
pub use kafka::{KafkaOptions, KafkaServer, ProxiedListener};
pub use ports::free_port;
pub use postgres::{PostgresOptions, PostgresServer};
pub use postgres_binaries::fetch_postgres_binaries;
pub use rustix::process::Signal;
pub use services::{DataFolder, ServiceOptions, Services};

/// What the data are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Kept: everything is synchronised, servers shut down in order when their owner goes.
    #[default]
    Durable,
    /// Of no use after this run: PostgreSQL does not synchronise, servers are killed when their owner goes. A kill of
    /// PostgreSQL alone keeps the data, a power cut of the machine may not.
    Disposable,
}
