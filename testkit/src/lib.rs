#![doc = include_str!("../README.md")]

mod collect;
mod committed;
mod database;
mod disk;
mod fault;
mod folder;
mod kafka;
mod outcome;
mod postgres;
mod process;
mod rollups;
mod topics;
mod wait;

pub use collect::{CollectedRecord, Until, collect};
pub use committed::{Commit, committed};
pub use database::TestDatabase;
pub use disk::SmallDisk;
pub use embedded;
pub use embedded::free_port;
pub use fault::TcpFault;
pub use folder::TestFolder;
pub use kafka::TestKafka;
pub use postgres::TestPostgres;
pub use process::ChildProcess;
pub use topics::TestTopics;
pub use wait::{Observation, wait_until};
