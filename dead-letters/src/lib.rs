#![doc = include_str!("../README.md")]

mod account;
mod error;
mod letter;
mod plan;
mod reading;
mod recent;
mod select;
mod show;
mod write;

pub use account::{ACCOUNT_HEADER, REPLAYED_FROM, Standing};
pub use error::{DeadLetterError, Notice};
pub use letter::{Letter, Position, Source, Topics};
pub use plan::{MOST_LETTERS, Plan, Tally, Wanted, plan};
pub use reading::Reading;
pub use recent::{Recent, RecentBounds, Row, recent};
pub use select::{MOST_SOURCES, Once, Selection, Whose};
pub use show::read;
pub use write::Writer;

use std::time::Duration;

/// Longest wait for Kafka's next word.
pub const PATIENCE: Duration = Duration::from_secs(10);
