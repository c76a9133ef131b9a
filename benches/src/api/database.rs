//! The database that the API reads: one that stands, one that is kept, or one of its own.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;
use chrono::{SecondsFormat, Utc};
use embedded::PostgresServer;
use runtime::config::{Config, Reader, Secret};

use super::ApiOptions;
use crate::place::Place;
use crate::postgres::blocking;
use crate::process::SECRET;
use crate::usage;

/// Organisations of a seeded database.
const ORGANISATIONS: u32 = 20;

/// A database that stands.
#[derive(Debug, Clone)]
pub(crate) struct GivenDatabase {
    url: Option<Secret>,
}

impl Config for GivenDatabase {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.optional("BENCH_DATABASE_URL", "a seeded database, as superuser"),
        }
    }
}

/// The database of a run.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    /// The server's own settings, as they are reported.
    pub(crate) settings: String,
    pub(crate) bytes: i64,
    process: u32,
    _server: Option<PostgresServer>,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the database has {} MB; {}",
            self.bytes / 1_000_000,
            self.settings
        )
    }
}

impl Database {
    /// Opens or makes it. Blocks.
    pub(crate) fn open(
        options: &ApiOptions,
        given: GivenDatabase,
        place: &Place,
    ) -> anyhow::Result<Self> {
        if let Some(url) = given.url {
            return Self::look(url.expose().to_owned(), None);
        }
        let folder = match &options.keep {
            Some(folder) => folder.clone(),
            None => place.folder.join("postgres"),
        };
        let server = crate::postgres::start(&folder, &options.postgres)?;
        let url = server.url();
        seed(options, &folder, (&url, place))?;
        let warmed = if options.cold { 0 } else { warm(&url)? };
        let mut database = Self::look(url, Some(server))?;
        let text = format!(", {} MB read into memory", warmed / 1_000_000);
        database.settings.push_str(&text);
        Ok(database)
    }

    fn look(url: String, server: Option<PostgresServer>) -> anyhow::Result<Self> {
        let rows = blocking(&url, async |client| {
            let query = "SELECT pg_database_size(current_database()), current_setting('server_version'), \
                current_setting('shared_buffers'), current_setting('fsync'), \
                split_part(pg_read_file('postmaster.pid'), E'\\n', 1)";
            let row = client.query_one(query, &[]).await?;
            let settings = format!(
                "PostgreSQL {}, shared_buffers {}, fsync {}",
                row.get::<_, &str>(1),
                row.get::<_, &str>(2),
                row.get::<_, &str>(3)
            );
            anyhow::Ok((
                row.get::<_, i64>(0),
                settings,
                row.get::<_, &str>(4).parse()?,
            ))
        });
        let (bytes, settings, process) = rows?;
        Ok(Self {
            url,
            settings,
            bytes,
            process,
            _server: server,
        })
    }

    /// CPU time of the server's processes so far, seconds; of those that have ended what their parent was told.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        usage::cpu_seconds_of_tree(self.process)
    }
}

/// Has what lists and counts are read from, with indexes, read into the system's memory; returns how many bytes.
fn warm(url: &str) -> anyhow::Result<i64> {
    // The first pass asks the system for the blocks, the second takes as many as fit into the server's own buffers.
    let pass = |mode: &str| {
        format!(
            "SELECT (sum(pg_prewarm(c.oid, '{mode}')) * current_setting('block_size')::bigint)::bigint \
             FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid \
             JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid) \
             WHERE c.relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 0 \
             AND t.relname ~ '^(sessions|session_windows|coordination_findings|session_rollups|organisation_rollups)(_|$)'"
        )
    };
    blocking(url, async |client| {
        client
            .batch_execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
            .await?;
        client.query_one(&pass("prefetch"), &[]).await?;
        Ok(client.query_one(&pass("buffer"), &[]).await?.try_get(0)?)
    })
}

/// Seeds the database of `folder` unless it has been, by `candor seed`, which goes on where it was broken off.
fn seed(options: &ApiOptions, folder: &Path, (url, place): (&str, &Place)) -> anyhow::Result<()> {
    let done = folder.join("seeded");
    let wanted = options.sessions.to_string();
    if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    let begun: PathBuf = folder.join("seed-until");
    if !begun.exists() {
        std::fs::write(
            &begun,
            Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        )?;
    }
    let until = std::fs::read_to_string(&begun)?;
    let status = Command::new(place.program("candor")?)
        .args(["seed", "--sessions", &wanted, "--until", &until])
        .args(["--organisations", &ORGANISATIONS.to_string()])
        .env("CANDOR_DATABASE_URL", url)
        .env("CANDOR_DATABASE_STATEMENT_TIMEOUT_MS", "600000")
        .env("CANDOR_SESSION_SECRET", SECRET)
        .status()?;
    ensure!(status.success(), "candor seed ended with {status}");
    blocking(url, async |client| {
        Ok(client.batch_execute("CHECKPOINT").await?)
    })?;
    std::fs::write(&done, wanted)?;
    Ok(())
}
