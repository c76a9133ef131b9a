//! `candor score`: judges recorded sessions offline, one JSON object per session.
//!
//! The sessions of one invocation are one survey: all files are read to the end, then each session is written with what
//! it has in common with the others. Sessions go the way they go in production: the request scanner with its allow-list, the batch
//! record, the detector's window and the builtin ruleset. Nothing of a recording but its events reaches
//! the window; label, source and kind are only carried to the output. The output is a function of the
//! input: sessions begin at a fixed time, and no clock is read.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use detection::Ruleset;
use evaluation::{Recordings, Scored, SurveyScoring};
use schemas::verdict::{Method, Reason, RiskLevel, SessionClass};
use serde::Serialize;

use crate::operate::models;

/// Options of `candor score`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Files of recorded sessions, one JSON object a line, plain or gzip; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A model that votes beside the rules (none unless given)
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Line<'a> {
    session_id: &'a str,
    label: Option<&'a str>,
    source: Option<&'a str>,
    kind: Option<&'a str>,
    is_bot: bool,
    confidence_score: f64,
    risk_level: RiskLevel,
    class: SessionClass,
    method_scores: &'a BTreeMap<Method, f64>,
    reasons: &'a [Reason],
    event_count: u64,
}

/// Runs the verb on standard output and standard error.
///
/// # Errors
/// When the model cannot be used, or standard output cannot be written.
pub fn command(options: &Options) -> anyhow::Result<ExitCode> {
    let model = options
        .model
        .as_deref()
        .map(models::read_file)
        .transpose()?;
    let survey = SurveyScoring::new(Ruleset::default()).with_model(model.map(Arc::new));
    let output = io::BufWriter::new(io::stdout().lock());
    let all_opened = score(options, survey, (output, io::stderr()))?;
    Ok(if all_opened {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Scores the sessions of the files as one survey by the builtin ruleset, writing verdicts to `output` in the order of the sessions and problems
/// to `problems`. `false` if a file could not be opened; bad lines are reported and passed over.
///
/// # Errors
/// When `output` cannot be written. A closed pipe ends the run without one.
pub fn run(options: &Options, output: impl Write, problems: impl Write) -> io::Result<bool> {
    let survey = SurveyScoring::new(Ruleset::default());
    score(options, survey, (output, problems))
}

fn score(
    options: &Options,
    mut survey: SurveyScoring,
    (mut output, mut problems): (impl Write, impl Write),
) -> io::Result<bool> {
    let mut all_opened = true;
    for path in &options.files {
        match Recordings::open(path) {
            Ok(recordings) => read(recordings, &mut survey, &mut problems),
            Err(error) => {
                all_opened = false;
                let _ = writeln!(problems, "{}: {error}", path.display());
            }
        }
    }
    let mut written = Ok(());
    for scored in survey.finish() {
        written = write(&scored, &mut output);
        if written.is_err() {
            break;
        }
    }
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(all_opened),
        other => other.map(|()| all_opened),
    }
}

/// Adds the sessions of one file. A closed standard error must not stop the verdicts.
fn read(recordings: Recordings, survey: &mut SurveyScoring, problems: &mut impl Write) {
    for item in recordings {
        let recording = match item {
            Ok(recording) => recording,
            Err(bad) => {
                let _ = writeln!(problems, "{bad}");
                continue;
            }
        };
        let session = &recording.session_id;
        match survey.add(&recording) {
            Ok(rejected) => {
                for (code, count) in &rejected {
                    let _ = writeln!(problems, "{session}: {count} event(s) rejected: {code}");
                }
            }
            Err(error) => {
                let _ = writeln!(problems, "{session}: {error}");
            }
        }
    }
}

fn write(scored: &Scored, output: &mut impl Write) -> io::Result<()> {
    let verdict = &scored.verdict;
    let line = Line {
        session_id: &scored.session_id,
        label: scored.label.as_deref(),
        source: scored.source.as_deref(),
        kind: scored.kind.as_deref(),
        is_bot: verdict.is_bot,
        confidence_score: verdict.confidence_score,
        risk_level: verdict.risk_level,
        class: verdict.class,
        method_scores: &verdict.method_scores,
        reasons: &verdict.reasons,
        event_count: verdict.event_count,
    };
    serde_json::to_writer(&mut *output, &line)?;
    output.write_all(b"\n")
}
