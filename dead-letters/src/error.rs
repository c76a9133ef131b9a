//! What can go wrong, and what is told on the way.

use std::time::Duration;

use kafka::producer::{DeliveryError, SendError};
use kafka::scan::ScanError;
use kafka::sending::SendingError;

use crate::letter::Position;

/// Why letters could not be read or replayed.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// A topic cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Nothing can be sent, or it is not known what became of it.
    #[error(transparent)]
    Sending(#[from] SendingError),
    /// The account could not be kept.
    #[error("{what}")]
    Account {
        /// What that means for the letters.
        what: String,
        /// Why.
        #[source]
        source: SendingError,
    },
    /// An entry of the account could not be written as JSON.
    #[error("an entry of the account cannot be written")]
    Entry(#[from] serde_json::Error),
    /// The topic has no such partition.
    #[error("{topic} has no partition {partition}")]
    NoPartition {
        /// The dead-letter topic.
        topic: String,
        /// The partition asked for.
        partition: kafka::Partition,
    },
    /// There is no record at the position.
    #[error("{topic} has no record {at}; partition {} holds {begin} to {last}", at.partition)]
    NoRecord {
        /// The dead-letter topic.
        topic: String,
        /// The position asked for.
        at: Position,
        /// Oldest offset of the partition.
        begin: i64,
        /// Newest offset of the partition.
        last: i64,
    },
    /// The record is none of ours, or an entry of the account.
    #[error("the record {at} of {topic} is no dead letter")]
    NoLetter {
        /// The dead-letter topic.
        topic: String,
        /// Its position.
        at: Position,
    },
    /// A letter was named that the selection does not take.
    #[error("{topic} has no dead letter {at} that the other options take")]
    NotSelected {
        /// The dead-letter topic.
        topic: String,
        /// The first of them.
        at: Position,
    },
    /// More letters than one run may have.
    #[error("more than {most} letters are asked for; name a reason or a time")]
    TooMany {
        /// The bound.
        most: usize,
    },
    /// The topic was not read to its end in the time that the caller gave.
    #[error("the letters were not read to their end within {} s; name a time", within.as_secs())]
    TooSlow {
        /// The bound.
        within: Duration,
    },
    /// The newest letters alone are more bytes than the caller gave.
    #[error("the newest letters are more than {most} bytes")]
    TooLarge {
        /// The bound.
        most: usize,
    },
    /// Somebody else may be replaying.
    #[error(
        "another replay of some of these letters began {since} s ago; it may still be at work. Try again in {wait} s"
    )]
    AtWork {
        /// Seconds since its beginning.
        since: i64,
        /// Seconds after which it is settled.
        wait: i64,
    },
    /// Letters have gone with retention.
    #[error("{left} letters were gone when they were to be replayed")]
    Gone {
        /// How many.
        left: usize,
    },
}

/// What is told while a replay goes on.
#[derive(Debug)]
pub enum Notice<'a> {
    /// An earlier replay into this topic was interrupted; the topic is being looked through.
    Interrupted {
        /// The topic.
        topic: &'a str,
    },
    /// A letter could not be sent.
    NotSent {
        /// The letter.
        at: Position,
        /// Why.
        error: SendError,
    },
    /// A letter was sent and not acknowledged: it may be back or not.
    NotAcknowledged {
        /// The letter.
        at: Position,
        /// Why.
        error: DeliveryError,
    },
}
