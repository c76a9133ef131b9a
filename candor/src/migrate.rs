//! `candor migrate`: brings the database to the schema of this version.

use std::process::ExitCode;

use storage::DatabaseConfig;

/// Runs the verb; harmless when repeated.
///
/// # Errors
/// When the database does not answer or a migration fails.
pub async fn command(config: DatabaseConfig) -> anyhow::Result<ExitCode> {
    let report = storage::migrate(config.url.expose()).await?;
    for name in &report.applied {
        println!("applied  {name}");
    }
    if report.applied.is_empty() {
        println!("nothing to do");
    }
    println!("schema version {}", report.version);
    Ok(ExitCode::SUCCESS)
}
