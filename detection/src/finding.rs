//! What a channel reports: findings for automation, and whether it had enough to look at.

use schemas::verdict::{Method, Reason};

/// One test that spoke for automation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// `method.test`, stable.
    pub(crate) code: &'static str,
    /// How strongly it speaks, 0 to 1: roughly the probability of automation it alone would justify.
    pub(crate) weight: f64,
    /// Names and measured numbers.
    pub(crate) evidence: Vec<(&'static str, f64)>,
    /// A sentence.
    pub(crate) text: String,
}

/// Whether a channel had enough data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sufficiency {
    Judged,
    TooLittle,
    Absent,
}

/// A channel's report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) method: Method,
    pub(crate) sufficiency: Sufficiency,
    pub(crate) findings: Vec<Finding>,
}

impl Judgement {
    pub(crate) fn new(method: Method, seen: u32, enough: bool) -> Self {
        let sufficiency = match (seen, enough) {
            (0, _) => Sufficiency::Absent,
            (_, false) => Sufficiency::TooLittle,
            (_, true) => Sufficiency::Judged,
        };
        Self {
            method,
            sufficiency,
            findings: Vec::new(),
        }
    }

    /// Adds a finding when `holds`.
    pub(crate) fn find(&mut self, holds: bool, finding: impl FnOnce() -> Finding) {
        if holds {
            self.findings.push(finding());
        }
    }

    /// Probability that at least one finding is right, taken as independent (noisy-or).
    pub(crate) fn score(&self) -> f64 {
        1.0 - self
            .findings
            .iter()
            .map(|finding| 1.0 - finding.weight)
            .product::<f64>()
    }
}

impl Finding {
    pub(crate) fn into_reason(self, method: Method) -> Reason {
        let evidence = self
            .evidence
            .into_iter()
            .map(|(name, value)| (name.to_owned(), round(value, 1e4)))
            .collect();
        Reason {
            code: self.code.to_owned(),
            method,
            weight: self.weight,
            evidence,
            text: self.text,
        }
    }
}

/// Rounds to a multiple of 1/`scale`, so that verdicts print the same everywhere.
pub(crate) fn round(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}
