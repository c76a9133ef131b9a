//! Why a changelog cannot go on, and what an error of librdkafka means for a transaction.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Why a changelog cannot go on. Nothing transient is among it.
#[derive(Debug, thiserror::Error)]
pub enum ChangelogError {
    /// Another owner has claimed the partition, or the cluster has aborted a transaction that was open for
    /// too long. Nothing of the last commit is visible.
    #[error("the changelog has another owner: {0}")]
    Fenced(#[source] KafkaError),
    /// The cluster refuses, and would again.
    #[error("the changelog cannot be written: {0}")]
    Refused(#[source] KafkaError),
    /// The changelog's topic cannot be read.
    #[error("the changelog cannot be read: {0}")]
    Unreadable(#[source] KafkaError),
    /// The thread has ended; the reason was told before, or it has panicked.
    #[error("the changelog has ended")]
    Ended,
}

impl ChangelogError {
    /// Whether another owner has taken the partition over: then the reason is a rebalance, not a fault.
    pub fn is_fenced(&self) -> bool {
        matches!(self, Self::Fenced(_))
    }

    /// A stable name for metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fenced(_) => "fenced",
            Self::Refused(_) => "refused",
            Self::Unreadable(_) => "unreadable",
            Self::Ended => "ended",
        }
    }
}

/// What is to be done after a step of a transaction has failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The changelog was dropped.
    Stopped,
    /// Abort and begin anew.
    Abort(KafkaError),
    /// Nothing can be done.
    Final(ChangelogError),
}

impl Failure {
    /// Of an error after which the same step need not be tried again.
    pub(super) fn of(error: KafkaError) -> Self {
        let is_fatal = match &error {
            KafkaError::Transaction(error) => error.is_fatal(),
            _ => false,
        };
        match error.rdkafka_error_code() {
            Some(
                Code::Fenced
                | Code::ProducerFenced
                | Code::InvalidProducerEpoch
                | Code::InvalidTransactionalState,
            ) if is_fatal => Self::Final(ChangelogError::Fenced(error)),
            Some(
                Code::MessageSizeTooLarge
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::OffsetMetadataTooLarge,
            ) => Self::Final(ChangelogError::Refused(error)),
            _ if is_fatal => Self::Final(ChangelogError::Refused(error)),
            _ => Self::Abort(error),
        }
    }
}

/// Whether the same step should be tried again as it is.
pub(super) fn is_retriable(error: &KafkaError) -> bool {
    match error {
        KafkaError::Transaction(error) => {
            error.is_retriable() && !error.txn_requires_abort() && !error.is_fatal()
        }
        _ => matches!(
            error.rdkafka_error_code(),
            Some(Code::OperationTimedOut | Code::QueueFull)
        ),
    }
}
