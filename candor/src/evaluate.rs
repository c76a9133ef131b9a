//! `candor evaluate`: how well recorded sessions are told apart, as a report in Markdown, JSON and plots.
//!
//! Everything is in the crate `evaluation`; here are the options, the output and the exit code.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use evaluation::dataset::DataSet;
use evaluation::evaluate;
use evaluation::judge::Judge;

/// Options of `candor evaluate`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Files of recorded sessions, or folders that are searched for *.jsonl and *.jsonl.gz; a file is one survey
    #[arg(required_unless_present = "simulated", value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    /// Folder for report.md, report.json and the plots
    #[arg(long, value_name = "FOLDER", default_value = "evaluation-report")]
    pub out: PathBuf,
    /// Seed of simulated sessions and of everything drawn
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Add N sessions of every kind that the generators know
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "40")]
    pub simulated: Option<u64>,
}

/// Runs the verb on standard output and standard error.
///
/// # Errors
/// When the report cannot be written.
pub fn command(options: &Options) -> anyhow::Result<ExitCode> {
    run(options, io::stdout().lock(), io::stderr())
}

/// Prints the report to `output` and problems to `problems`, and writes the folder. Fails when a path is missing or
/// empty, or when there is nothing to evaluate; what could be read is evaluated all the same.
///
/// # Errors
/// When the folder or `output` cannot be written. A closed pipe ends the run without one.
pub fn run(
    options: &Options,
    mut output: impl Write,
    mut problems: impl Write,
) -> anyhow::Result<ExitCode> {
    let mut set = DataSet::read(&options.paths);
    if let Some(count) = options.simulated {
        set.simulate(options.seed, count);
    }
    for problem in &set.problems {
        // A closed standard error must not stop the report.
        let _ = writeln!(problems, "{problem}");
    }
    if set.labelled().next().is_none() {
        let _ = writeln!(
            problems,
            "no session with a label: there is nothing to evaluate"
        );
        return Ok(ExitCode::FAILURE);
    }
    let report = evaluate(&set, &Judge::default(), options.seed, None);
    report
        .write(&options.out)
        .with_context(|| format!("cannot write into {}", options.out.display()))?;
    match output.write_all(report.markdown().as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    let _ = writeln!(problems, "written to {}", options.out.display());
    Ok(if set.incomplete {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
