//! `candor dlq`: what could not be processed, and bringing it back once it can be.
//!
//! `list` and `show` only read; `replay` writes letters back to the topics they came from, byte for byte.
//! What a letter is, and how one is replayed once, is `dead-letters`'; here are the words of the command.

mod list;
mod replay;
mod select;
mod show;
mod text;

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use kafka::config::KafkaConfig;

pub use list::Listing;
pub use replay::Replaying;
pub use show::Showing;

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
