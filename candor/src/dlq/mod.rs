//! `candor dlq`: what could not be processed, and bringing it back once it can be.
//!
//! A dead letter is a record as it came, with headers that say why it was set aside and where it stood.
//! `list` and `show` only read; `replay` writes letters back to the topics they came from, byte for byte,
//! and keeps account in the dead-letter topic itself (`account`), so that a letter is not replayed twice
//! by mistake, whoever runs the command and however it ends.
//!
//! A record that is dead-lettered twice, because its reader was killed before it had committed, is one
//! letter: letters are told apart by where their record stood. Every command reads the topic to its end
//! and keeps positions and counts, never the letters.

mod account;
mod letter;
mod list;
mod plan;
mod replay;
mod select;
mod show;
mod text;
mod write;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use kafka::config::KafkaConfig;

pub use list::Listing;
pub use replay::Replaying;
pub use show::Showing;

/// Longest wait for Kafka's next word.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do with dead letters.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// List dead letters, the newest last; those of one record are shown once
    List(Listing),
    /// Print one dead letter: its headers and its raw content
    Show(Showing),
    /// Write dead letters back to the topics they came from
    Replay(Box<Replaying>),
}

/// Runs the verb.
///
/// # Errors
/// When the topics cannot be read or written, or what was asked does not exist, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    // Reading blocks its thread.
    let work = tokio::task::spawn_blocking(move || match verb {
        Verb::List(listing) => list::run(&listing, &config),
        Verb::Show(showing) => show::run(&showing, &config),
        Verb::Replay(replaying) => replay::run(&replaying, &config),
    });
    work.await.context("the reading failed")?
}
