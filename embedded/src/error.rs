//! The one error type of this crate.
//!
//! Every variant is a sentence that a person at a terminal can act on: it names what is missing, what to install or
//! which setting to change, and, when a service refused to start, the end of that service's own log. Callers print it
//! and stop; no variant is meant to be retried blindly.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why Kafka or PostgreSQL could not be started, stopped or found.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// A file or folder could not be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as a verb ("create", "lock").
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program that the start needs is not installed.
    #[error("the program `{program}` was not found; {advice}")]
    ProgramMissing {
        /// Name of the program.
        program: String,
        /// What to install or set instead.
        advice: &'static str,
    },
    /// A program could not be run at all.
    #[error("cannot run `{program}`")]
    Spawn {
        /// The program's path or name.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A preparing program (Maven, tar, the storage tool, initdb) ended with an error.
    #[error("{step} failed ({status}); the end of its output:\n{output}")]
    StepFailed {
        /// Which step.
        step: &'static str,
        /// How it ended.
        status: String,
        /// Last lines of its output.
        output: String,
    },
    /// No cache folder can be named.
    #[error("no cache folder: set CANDOR_CACHE_DIR, XDG_CACHE_HOME or HOME")]
    NoCacheFolder,
    /// PostgreSQL is nowhere to be found.
    #[error(
        "no PostgreSQL server binaries found; install the Debian package `postgresql`, or set PG_BIN_DIR \
         (fetching them with Maven failed too: {fetch})"
    )]
    NoPostgres {
        /// Why the Maven artefact could not be used either.
        fetch: String,
    },
    /// The folder given by PG_BIN_DIR holds no server.
    #[error("PG_BIN_DIR is {}, which holds no `postgres` and `initdb`", path.display())]
    BadPostgresFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The data were written by another major version.
    #[error(
        "the data in {} belong to PostgreSQL {data}, the binaries in {} are version {binaries}; \
         set PG_BIN_DIR to a PostgreSQL {data}, or start with a fresh data folder", path.display(), folder.display()
    )]
    PostgresVersion {
        /// Data folder.
        path: PathBuf,
        /// Folder of the binaries.
        folder: PathBuf,
        /// Major version of the data.
        data: u32,
        /// Major version of the binaries.
        binaries: u32,
    },
    /// The password file is gone while the data are still there.
    #[error("the password file {} is missing; start with a fresh data folder", path.display())]
    PasswordMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// initdb refuses root and there is no account to drop to.
    #[error(
        "PostgreSQL refuses to run as root and there is neither a user `postgres` nor `nobody`"
    )]
    NoAccount,
    /// A folder below /var/tmp that we would use belongs to somebody else.
    #[error("{} belongs to another user; remove it or choose another data folder", path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Another process uses the data folder.
    #[error(
        "the data folder {} is in use by another process; stop it or choose another folder", path.display()
    )]
    Locked {
        /// The data folder.
        path: PathBuf,
    },
    /// The server of a killed owner has not ended in time.
    #[error(
        "a previous server (process {pid}, `{name}`) still runs in {} after {} s; stop it first",
        path.display(), waited.as_secs()
    )]
    PreviousInstance {
        /// The server's folder.
        path: PathBuf,
        /// Its process id.
        pid: u32,
        /// Its process name.
        name: String,
        /// How long was waited.
        waited: Duration,
    },
    /// `fresh` was asked for a folder that no embedded service has ever used.
    #[error(
        "{} is not empty and was not made by candor: not emptying it; name another data folder", path.display()
    )]
    NotADataFolder {
        /// The folder.
        path: PathBuf,
    },
    /// No free port was found.
    #[error("no free loopback port found after {attempts} attempts")]
    NoFreePort {
        /// Ports tried.
        attempts: u32,
    },
    /// A server ended, or stayed unready, while it was started.
    #[error("{service} did not start: {reason}; the end of {}:\n{tail}", log.display())]
    NotStarted {
        /// "Kafka" or "PostgreSQL".
        service: &'static str,
        /// What was seen.
        reason: String,
        /// Its log file.
        log: PathBuf,
        /// Last 20 lines of the log.
        tail: String,
    },
    /// A database could not be created.
    #[error("cannot create the database {database}")]
    CreateDatabase {
        /// Its name.
        database: String,
        /// Why.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A helper thread of this crate is gone.
    #[error("the thread that starts child processes has ended")]
    SpawnerGone,
}

impl EmbeddedError {
    /// Wraps an I/O error with what was tried on which path.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
