//! `candor train`: a model learned from labelled recordings, as a file for `candor models` and `candor evaluate`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Args;
use evaluation::dataset::DataSet;
use evaluation::train::{Wanted, train};

/// Options of `candor train`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Files of labelled recordings, or folders that are searched for *.jsonl and *.jsonl.gz
    #[arg(required_unless_present = "simulated", value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    /// The model's file
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The model's version
    #[arg(long = "version", value_name = "VERSION", default_value = "trees-1")]
    pub version: String,
    /// Seed of the learning and of simulated sessions; the same seed and data give the same bytes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Learn from these sources only, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Add N sessions of every kind that the generators know
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "40")]
    pub simulated: Option<u64>,
    /// Add what coarser recorders would have seen of each session
    #[arg(long)]
    pub augment: bool,
}

/// Runs the verb on standard error.
///
/// # Errors
/// When nothing can be learned or the model cannot be written.
pub fn command(options: &Options) -> anyhow::Result<ExitCode> {
    run(options, io::stderr())
}

/// Learns and writes the model; says to `problems` what could not be read and what was left aside.
///
/// # Errors
/// When nothing can be learned or the model cannot be written.
pub fn run(options: &Options, mut problems: impl Write) -> anyhow::Result<ExitCode> {
    let mut set = if options.augment {
        DataSet::with_variations(options.seed)
    } else {
        DataSet::default()
    };
    set.add_paths(&options.paths);
    if let Some(count) = options.simulated {
        set.simulate(options.seed, count);
    }
    let trained = train(
        &set,
        &Wanted {
            sources: options.sources.clone(),
            version: options.version.clone(),
            seed: options.seed,
        },
    );
    let (trained, aside) = match trained {
        Ok(trained) => (Ok(trained.file), trained.left_aside),
        Err(failed) => (Err(failed.reason), failed.left_aside),
    };
    for sentence in set.problems.iter().chain(&aside) {
        // A closed standard error must not stop the learning.
        let _ = writeln!(problems, "{sentence}");
    }
    let file = trained.map_err(|reason| anyhow!("nothing was learned: {reason}"))?;
    std::fs::write(&options.out, file.encode())
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    let (path, trees) = (options.out.display(), file.trees.len());
    let _ = writeln!(problems, "{path}: {}, {trees} trees", file.version);
    Ok(if set.incomplete {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
