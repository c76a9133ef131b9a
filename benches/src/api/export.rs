//! All sessions as CSV: what memory that takes, and how fast it is.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::{ApiOptions, Target};
use crate::usage;

/// What an export took.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// Resident bytes before it, and the most during it.
    pub(crate) idle: u64,
    pub(crate) peak: u64,
    /// CPU-seconds of API and PostgreSQL.
    pub(crate) cpu: [f64; 2],
}

/// Exports the largest organisation's sessions until so many rows have come, or all.
pub(crate) async fn measure(target: &Target<'_>, options: &ApiOptions) -> anyhow::Result<Export> {
    eprintln!("export");
    // What the load before has left behind is given back, as far as it will be.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let process = [target.api.id()];
    let tenant = target
        .tenants
        .all
        .first()
        .context("there is an organisation")?;
    let key = tenant.key.rsplit(' ').next().unwrap_or_default();
    let url = format!("{}/api/v1/dashboard/exports/sessions.csv", target.api.url);
    usage::forget_peak(&process)?;
    let idle = usage::memory(&process)?.resident;
    let cpu = || anyhow::Ok([target.api.cpu_seconds()?, target.database.cpu_seconds()?]);
    let before = cpu()?;
    let begun = Instant::now();
    let mut answer = reqwest::Client::new()
        .get(url)
        .bearer_auth(key)
        .send()
        .await?;
    let status = answer.status();
    ensure!(status.is_success(), "{status} {}", answer.text().await?);
    let (mut lines, mut bytes) = (0, 0);
    while lines <= options.export {
        let Some(chunk) = answer.chunk().await? else {
            break;
        };
        lines += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes += chunk.len() as u64;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let after = cpu()?;
    Ok(Export {
        // The first line names the columns.
        rows: lines.saturating_sub(1),
        bytes,
        seconds,
        idle,
        peak: usage::memory(&process)?.peak,
        cpu: [after[0] - before[0], after[1] - before[1]],
    })
}
