//! What can be asked of a load run.

use std::path::PathBuf;

use anyhow::{bail, ensure};
use clap::{Args, ValueEnum};
use generators::Mix;

/// What authorises batches and completions. Sessions are always created with the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Authorisation {
    /// The key, as a platform's server would.
    Key,
    /// The session's ingest token, as a browser would.
    Token,
}

/// In which form batches are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Objects with names, as servers send them.
    Canonical,
    /// The compact array form, as the browser SDK sends it.
    Compact,
}

/// Options of `candor loadgen`.
///
/// Without --rate and --max the gaps between events are kept (divided by --speedup). With --rate or
/// --max they are not, unless --speedup is given beside --rate.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Address of the gateway, e.g. http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    pub target: String,
    /// Secret key of the gateway (sk_...)
    #[arg(long)]
    pub key: String,
    /// Files of recorded sessions, plain or gzip; `-` for standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub replay: Vec<PathBuf>,
    /// Number of simulated sessions to send after the files
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub synthetic: u64,
    /// Shares of the simulated kinds, e.g. mouse_user=3,linear_steps=1
    #[arg(long, value_name = "KIND=SHARE,...")]
    pub mix: Option<Mix>,
    /// Seed of the simulated sessions
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Events per second over all sessions
    #[arg(long, value_name = "R", conflicts_with = "max")]
    pub rate: Option<f64>,
    /// As fast as the gateway answers
    #[arg(long, conflicts_with = "speedup")]
    pub max: bool,
    /// Sessions at once
    #[arg(long, value_name = "C", default_value_t = 16)]
    pub concurrency: usize,
    /// Divides the gaps between events
    #[arg(long, value_name = "S")]
    pub speedup: Option<f64>,
    /// Most events of one batch
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub batch_events: usize,
    /// Longest time a batch is collected when gaps are kept, milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub batch_interval_ms: u64,
    /// What authorises batches
    #[arg(long, value_enum, default_value_t = Authorisation::Key)]
    pub auth: Authorisation,
    /// Form of the batches
    #[arg(long, value_enum, default_value_t = Form::Canonical)]
    pub form: Form,
    /// Name of the survey in every session
    #[arg(long, default_value = "loadgen")]
    pub survey: String,
    /// Name of the platform in every session
    #[arg(long, default_value = "loadgen")]
    pub platform: String,
    /// Puts label, source, kind and recording into the sessions' metadata, for tables; detection
    /// never reads metadata
    #[arg(long)]
    pub label_metadata: bool,
    /// Writes one JSON line per created session: session_id, recording, label, source, kind, events
    #[arg(long, value_name = "FILE")]
    pub sessions_out: Option<PathBuf>,
    /// How often a request is repeated after 429, 503 or a broken connection
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub retries: u32,
    /// No progress line
    #[arg(long)]
    pub quiet: bool,
}

impl Options {
    /// A run against `target` with nothing to send yet; everything else as the command's defaults.
    pub fn new(target: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            key: key.into(),
            replay: Vec::new(),
            synthetic: 0,
            mix: None,
            seed: 1,
            rate: None,
            max: false,
            concurrency: 16,
            speedup: None,
            batch_events: 50,
            batch_interval_ms: 1000,
            auth: Authorisation::Key,
            form: Form::Canonical,
            survey: "loadgen".to_owned(),
            platform: "loadgen".to_owned(),
            label_metadata: false,
            sessions_out: None,
            retries: 8,
            quiet: false,
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.replay.is_empty() && self.synthetic == 0 {
            bail!("nothing to send: give --replay FILE or --synthetic N");
        }
        let http = self.target.starts_with("http://");
        ensure!(
            http,
            "--target must begin with http:// (TLS ends at a proxy in front of the gateway)"
        );
        let positive = |number: Option<f64>| number.is_none_or(|n| n.is_finite() && n > 0.0);
        ensure!(positive(self.rate), "--rate must be above 0");
        ensure!(positive(self.speedup), "--speedup must be above 0");
        ensure!(
            (1..=4096).contains(&self.concurrency),
            "--concurrency must be 1 to 4096"
        );
        ensure!(
            (1..=10_000).contains(&self.batch_events),
            "--batch-events must be 1 to 10000"
        );
        ensure!(
            self.batch_interval_ms > 0,
            "--batch-interval-ms must be above 0"
        );
        Ok(())
    }

    /// How much faster than real time gaps are replayed; `None` when they are not kept.
    pub(super) fn pace(&self) -> Option<f64> {
        if self.max || (self.rate.is_some() && self.speedup.is_none()) {
            None
        } else {
            Some(self.speedup.unwrap_or(1.0))
        }
    }
}
