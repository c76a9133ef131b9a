//! Brings the schema to this build's version.
//!
//! Each file of `migrations/` is one transaction and is never edited once released: a change is a new file (first
//! expand, later contract). An advisory lock, held by the connection, makes a second migration of the same database wait
//! and then find nothing to do. The files are named here and not by a macro, so that a change of one rebuilds the crate.

use refinery::{Migration, Runner};
use tokio_postgres::{Client, NoTls};

use crate::StorageError;

const FILES: [(&str, &str); 10] = [
    ("V1__roles", include_str!("../migrations/V1__roles.sql")),
    ("V2__tables", include_str!("../migrations/V2__tables.sql")),
    (
        "V3__partitions",
        include_str!("../migrations/V3__partitions.sql"),
    ),
    ("V4__rights", include_str!("../migrations/V4__rights.sql")),
    (
        "V5__coordination",
        include_str!("../migrations/V5__coordination.sql"),
    ),
    ("V6__rollups", include_str!("../migrations/V6__rollups.sql")),
    (
        "V7__settings",
        include_str!("../migrations/V7__settings.sql"),
    ),
    (
        "V8__integrations",
        include_str!("../migrations/V8__integrations.sql"),
    ),
    (
        "V9__retention",
        include_str!("../migrations/V9__retention.sql"),
    ),
    (
        "V10__respondents",
        include_str!("../migrations/V10__respondents.sql"),
    ),
];

/// The schema's version after [`migrate`].
#[expect(clippy::cast_possible_truncation, reason = "a handful of files")]
#[expect(clippy::cast_possible_wrap, reason = "a handful of files")]
pub const SCHEMA_VERSION: i32 = FILES.len() as i32;

/// Key of the advisory lock, "candor" in ASCII.
const LOCK: i64 = 0x6361_6e64_6f72;

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// Names of the migrations that were applied now, in order; empty when the schema was up to date.
    pub applied: Vec<String>,
    /// The schema's version now.
    pub version: i32,
}

/// Migrates the database at `url` to [`SCHEMA_VERSION`]. The login needs the right to create roles (once per cluster)
/// and tables. Harmless when repeated, and when two do it at once.
///
/// # Errors
/// [`StorageError`]; what was applied before stays, the failed migration leaves no trace.
pub async fn migrate(url: &str) -> Result<MigrationReport, StorageError> {
    let config: tokio_postgres::Config = url.parse().map_err(StorageError::BadUrl)?;
    let (mut client, connection) = config.connect(NoTls).await.map_err(StorageError::Connect)?;
    let driver = tokio::spawn(connection);
    let report = migrate_locked(&mut client).await;
    drop(client);
    // Ends with the client, and with it the lock: who waits for this function finds the connection closed.
    if let Ok(Err(error)) = driver.await {
        tracing::warn!(%error, "the connection that migrated broke");
    }
    report
}

async fn migrate_locked(client: &mut Client) -> Result<MigrationReport, StorageError> {
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(StorageError::during("waiting for other migrations"))?;
    let migrate = |error| StorageError::Migrate(Box::new(error));
    let files = FILES
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql));
    let migrations = files.collect::<Result<Vec<_>, _>>().map_err(migrate)?;
    let runner = Runner::new(&migrations).set_abort_divergent(true);
    let report = runner.run_async(client).await.map_err(migrate)?;
    let applied: Vec<String> = report
        .applied_migrations()
        .iter()
        .map(ToString::to_string)
        .collect();
    for name in &applied {
        tracing::info!(migration = name, "migration applied");
    }
    Ok(MigrationReport {
        applied,
        version: SCHEMA_VERSION,
    })
}
