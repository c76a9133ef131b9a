//! What can go wrong, and what is done about it.

use deadpool_postgres::PoolError;
use storage::StorageError;
use tokio_postgres::error::SqlState;

/// Why the sink cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The database settings cannot be used.
    #[error("the database settings cannot be used: {0}")]
    Storage(#[from] StorageError),
    /// The Kafka settings cannot be used.
    #[error(transparent)]
    Client(#[from] kafka::producer::ClientError),
    /// A metric's name is taken.
    #[error("a metric cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The address is taken or not ours.
    #[error("{listen} cannot be listened on: {source}")]
    Listen {
        /// The address.
        listen: std::net::SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A part ended by itself.
    #[error(transparent)]
    Task(#[from] runtime::tasks::TaskError),
}

/// What is done after a failed write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Try again for ever: the server, the network or the schema is at fault.
    Retry,
    /// The rows are at fault and will be refused again: find the bad ones and set them aside.
    Isolate,
}

/// Why a batch was not written. Nothing of it is stored, unless the answer to the commit was lost; then writing it again
/// changes nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("no connection to PostgreSQL: {0}")]
    Pool(#[from] PoolError),
    #[error("no transaction: {0}")]
    Transaction(#[from] StorageError),
    #[error("PostgreSQL refused the batch: {}", describe(.0))]
    Statement(#[from] tokio_postgres::Error),
    #[error("the batch was not written in time")]
    TimedOut,
}

/// The server's sentence, which the error's own text leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |refusal| format!("{} ({})", refusal.message(), refusal.code().code()),
    )
}

impl WriteError {
    /// The only place that decides between retry and dead letter.
    pub(crate) fn disposition(&self) -> Disposition {
        match self {
            Self::Pool(_) | Self::Transaction(_) | Self::TimedOut => Disposition::Retry,
            Self::Statement(error) => error.as_db_error().map_or(Disposition::Retry, |refusal| {
                disposition_of(refusal.code(), refusal.constraint().is_some())
            }),
        }
    }

    /// A stable label.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Pool(_) => "connect",
            Self::Transaction(_) => "transaction",
            Self::TimedOut => "timeout",
            Self::Statement(_) if self.disposition() == Disposition::Isolate => "data",
            Self::Statement(error) if error.is_closed() => "connection_lost",
            Self::Statement(_) => "statement",
        }
    }

    /// The reason of a dead letter.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Statement(error) => {
                let code = error.code().map_or("unknown", SqlState::code);
                format!("refused_by_database_{}", code.to_lowercase())
            }
            other => other.kind().to_owned(),
        }
    }
}

/// By the class of the code: data exceptions, violated constraints and exceeded limits belong to rows. Everything else
/// may pass: a missing table waits for its migration, a missing right for its grant.
///
/// A check without a name is a partition's own: the row was routed to the default partition while the partition of its
/// day was being made, and finds its place when it comes again.
fn disposition_of(code: &SqlState, names_constraint: bool) -> Disposition {
    if *code == SqlState::CHECK_VIOLATION && !names_constraint {
        return Disposition::Retry;
    }
    match code.code().get(..2) {
        Some("22" | "23" | "54") => Disposition::Isolate,
        _ => Disposition::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rows_own_faults_isolate() {
        for code in [
            SqlState::CHECK_VIOLATION,
            SqlState::UNTRANSLATABLE_CHARACTER,
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        ] {
            assert_eq!(
                disposition_of(&code, true),
                Disposition::Isolate,
                "{code:?}"
            );
        }
        for code in [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNDEFINED_TABLE,
            SqlState::DISK_FULL,
            SqlState::QUERY_CANCELED,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ] {
            assert_eq!(disposition_of(&code, true), Disposition::Retry, "{code:?}");
        }
        let partition = disposition_of(&SqlState::CHECK_VIOLATION, false);
        assert_eq!(partition, Disposition::Retry);
    }
}
