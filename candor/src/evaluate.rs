//! `candor evaluate`: how well recorded sessions are told apart, as a report in Markdown, JSON and plots.
//!
//! Everything is in the crate `evaluation`; here are the options, the output and the exit code.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use detection::Model;
use evaluation::dataset::DataSet;
use evaluation::judge::Judge;
use evaluation::left_out::Trial;
use evaluation::trees::Trees;
use evaluation::{evaluate, matrix};

/// Options of `candor evaluate`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Files of recorded sessions, or folders that are searched for *.jsonl and *.jsonl.gz; a file is one survey
    #[arg(required_unless_present = "simulated", value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    /// Folder for report.md, report.json and the plots
    #[arg(long, value_name = "FOLDER", default_value = "evaluation-report")]
    pub out: PathBuf,
    /// A model that votes beside the rules, a file of `candor train`
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Write the features of every session as CSV, too
    #[arg(long, value_name = "FILE")]
    pub matrix: Option<PathBuf>,
    /// Do not learn models to try on what is left out: the longest part of the run
    #[arg(long)]
    pub no_learning: bool,
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
    let judge = judge(options)?;
    if let Some(path) = &options.matrix {
        write_matrix(&set, path)?;
    }
    let trial = Trial {
        learner: &Trees::quick(),
        features: &|window| window.features().values().to_vec(),
        judge: &judge,
        seed: options.seed,
    };
    let trial = (!options.no_learning).then_some(&trial);
    let report = evaluate(&set, &judge, options.seed, trial);
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

fn judge(options: &Options) -> anyhow::Result<Judge> {
    let Some(path) = &options.model else {
        return Ok(Judge::default());
    };
    let model = std::fs::read(path)
        .map_err(anyhow::Error::from)
        .and_then(|bytes| Ok(Model::decode(&bytes)?))
        .with_context(|| format!("cannot use the model {}", path.display()))?;
    Ok(Judge::with_model(model))
}

fn write_matrix(set: &DataSet, path: &Path) -> anyhow::Result<()> {
    File::create(path)
        .and_then(|file| matrix::write(set, io::BufWriter::new(file)))
        .with_context(|| format!("cannot write {}", path.display()))
}
