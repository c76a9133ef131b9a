//! `candor webhook`: plays the platforms that call the gateway, and lists what they have said.
//!
//! `send` makes each delivery as its platform does, signature included, so that an integration can be
//! tried without the platform; `list` reads the webhooks topic, where everything is that a platform has
//! proved, matched or not.

mod list;
mod send;

use std::process::ExitCode;

use clap::Subcommand;
use kafka::config::KafkaConfig;

pub use list::Listing;
pub use send::Sending;

/// What to do with webhooks.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Send a webhook to a gateway as the platform would; prints status and body
    Send(Box<Sending>),
    /// List the webhooks that were taken, from the webhooks topic
    List(Listing),
}

/// Runs `send`.
///
/// # Errors
/// When the secret cannot be read or the gateway cannot be reached, in a sentence.
pub async fn send(sending: Sending) -> anyhow::Result<ExitCode> {
    send::run(sending).await
}

/// Runs `list`.
///
/// # Errors
/// When the topic cannot be read to its end, in a sentence.
pub async fn list(listing: Listing, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    list::run(listing, config).await
}
