//! The PostgreSQL server of a measurement.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use embedded::{Durability, PostgresOptions, PostgresServer};
use tokio_postgres::NoTls;

/// Settings that PostgreSQL is run with, beside its defaults: those of a small server of its own.
const SETTINGS: [(&str, &str); 6] = [
    ("shared_buffers", "2GB"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "15min"),
    ("work_mem", "16MB"),
    ("maintenance_work_mem", "256MB"),
    ("max_locks_per_transaction", "1024"),
];

/// Starts the server of `folder` with [`SETTINGS`] and `more` of them.
pub(crate) fn start(folder: &Path, more: &[(String, String)]) -> anyhow::Result<PostgresServer> {
    let mut server = PostgresServer::start(PostgresOptions {
        durability: Durability::Durable,
        start_timeout: Duration::from_secs(600),
        stop_timeout: Duration::from_secs(300),
        ..PostgresOptions::new(folder)
    })?;
    blocking(&server.url(), async |client| {
        let more = more
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in SETTINGS.into_iter().chain(more) {
            // A library's settings are known once it is loaded.
            if let Some((library, _)) = name.split_once('.') {
                client.batch_execute(&format!("LOAD '{library}'")).await?;
            }
            client
                .batch_execute(&format!("ALTER SYSTEM SET {name} = '{value}'"))
                .await?;
        }
        anyhow::Ok(())
    })?;
    server.restart()?;
    Ok(server)
}

/// Runs `work` on a connection as superuser.
pub(crate) fn blocking<T>(
    url: &str,
    work: impl AsyncFnOnce(&tokio_postgres::Client) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .context("PostgreSQL")?;
        let connection = tokio::spawn(connection);
        let outcome = work(&client).await;
        drop(client);
        connection.await??;
        outcome
    })
}
