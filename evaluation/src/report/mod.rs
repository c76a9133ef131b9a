//! The report: one structure, written as Markdown, JSON and plots.
//!
//! Invariant: without the section on timing every byte is a function of the sessions, the options and this
//! program. Numbers are rounded before they are written.

mod json;
mod markdown;
mod plots;
mod svg;
mod tables;

use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::copies::Copies;
use crate::dataset::Survey;
use crate::discrimination::{Discrimination, NamedCalibration};
use crate::left_out::LeftOutReport;
use crate::populations::Population;
use crate::robustness::Change;
use crate::targets::Target;

/// Scores of one source's people or bots, counted in twentieths.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// Whether these are bots.
    pub bot: bool,
    /// Their source.
    pub source: String,
    /// Sessions in each twentieth of the range of scores.
    pub counts: Vec<usize>,
}

/// Wall times: the only part that differs from run to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing {
    /// Median microseconds of a verdict.
    pub verdict_median_micros: f64,
    /// The same, 99th percentile.
    pub verdict_p99_micros: f64,
    /// Median microseconds of folding, per event.
    pub fold_median_micros_per_event: f64,
    /// The sessions whose verdict took longest.
    pub slowest: Vec<Slow>,
}

/// A session that took long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slow {
    /// The session.
    pub session: String,
    /// Its events.
    pub events: usize,
    /// Microseconds of its verdict.
    pub verdict_micros: f64,
    /// Microseconds of folding it, reading of its canonical text included.
    pub fold_micros: f64,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Seed of simulated sessions, copies and learning.
    pub seed: u64,
    /// Version of the ruleset.
    pub ruleset: String,
    /// Version of the model.
    pub model: String,
    /// The files.
    pub surveys: Vec<Survey>,
    /// Sessions without label: judged, counted nowhere.
    pub unlabelled: usize,
    /// Unlabelled sessions called bots.
    pub unlabelled_flagged: usize,
    /// What could not be read.
    pub problems: Vec<String>,
    /// Targets and what was measured.
    pub targets: Vec<Target>,
    /// Sources and their kinds.
    pub populations: Vec<Population>,
    /// All labelled sessions.
    pub all: Discrimination,
    /// Those that were judged.
    pub judged: Discrimination,
    /// Calibration of the judged sessions.
    pub calibrations: Vec<NamedCalibration>,
    /// The learned part with sources and generators left out.
    pub left_out: Option<LeftOutReport>,
    /// Replayed sessions.
    pub copies: Option<Copies>,
    /// Verdicts on changed sessions.
    pub changes: Vec<Change>,
    /// Scores by source.
    pub histograms: Vec<Histogram>,
    /// Wall times.
    pub timing: Timing,
}

impl Report {
    /// The report as Markdown.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// The report as JSON.
    ///
    /// # Errors
    /// When it cannot be serialised, which would be a mistake of this program.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        json::write(self)
    }

    /// The plots: file name and contents.
    pub fn plots(&self) -> Vec<(&'static str, String)> {
        plots::all(self)
    }

    /// Writes `report.md`, `report.json` and the plots into `folder`, which is made if need be.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("report.md"), self.markdown())?;
        fs::write(folder.join("report.json"), self.json()?)?;
        for (name, plot) in self.plots() {
            fs::write(folder.join(name), plot)?;
        }
        Ok(())
    }
}
