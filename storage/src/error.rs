//! What can go wrong with the database, beside a statement's own failure.

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The URL does not say how to connect.
    #[error("the database URL is not one PostgreSQL understands")]
    BadUrl(#[source] tokio_postgres::Error),
    /// The pool cannot be built.
    #[error("the connection pool cannot be built")]
    BuildPool(#[source] deadpool_postgres::BuildError),
    /// The server cannot be reached or refuses the login.
    #[error("no connection to PostgreSQL")]
    Connect(#[source] tokio_postgres::Error),
    /// A statement of this crate failed.
    #[error("PostgreSQL refused: {what}")]
    Statement {
        /// What was being done.
        what: &'static str,
        /// What PostgreSQL said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A migration failed and was rolled back, or an applied one was changed since.
    #[error("the schema cannot be migrated")]
    Migrate(#[source] Box<refinery::Error>),
}

impl StorageError {
    /// Names what was being done when a statement failed.
    pub(crate) fn during(what: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |source| Self::Statement { what, source }
    }
}
