//! What became of each line of a bulk upload.
//!
//! Lines that were stored whole are only counted; every other line that was read is listed. When the
//! list is full the upload stops, so that nothing about a line is ever left unsaid: a line that is not
//! listed and stands before `resume_line` is in the log.

use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::RejectedEvent;
use crate::error::IngestError;

/// Most lines listed.
pub(super) const MAX_LISTED: usize = 1_000;
/// Most rejected events listed of one line.
const MAX_EVENTS: usize = 20;

/// The answer to a bulk upload.
#[derive(Debug, Default, Clone, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// Lines read, blank ones included.
    pub(super) lines: usize,
    /// Lines that the broker has acknowledged, those included of which some events were rejected.
    pub(super) acknowledged: usize,
    /// Events that the broker has acknowledged.
    pub(super) accepted: usize,
    /// Events that were rejected.
    pub(super) rejected: usize,
    /// The lines that were not stored whole, in their order.
    pub(super) outcomes: Vec<LineOutcome>,
    /// The first line that was not looked at, when the upload was stopped; send again from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resume_line: Option<usize>,
}

/// What became of a line that was not stored whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LineOutcome {
    /// Its number, from 1.
    line: usize,
    /// What became of it.
    status: LineStatus,
    /// Why; one of the codes of problems.
    code: &'static str,
    /// A sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Its events that were stored.
    accepted: usize,
    /// How many of its events were rejected.
    rejected: usize,
    /// The first of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<RejectedEvent>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineStatus {
    /// Some of its events were stored, the others are listed.
    Partial,
    /// Nothing of it was stored; sending it again will not help.
    Refused,
    /// The broker did not acknowledge; send it again.
    NotAcknowledged,
}

impl LineStatus {
    /// The label in metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::NotAcknowledged => "not_acknowledged",
        }
    }
}

impl BulkOutcome {
    /// Whether another line may be read.
    pub(super) fn has_room(&self, waiting: usize) -> bool {
        self.outcomes.len() + waiting < MAX_LISTED
    }

    /// A line whose records the broker has acknowledged. Returns its label in metrics.
    pub(super) fn stored(
        &mut self,
        line: usize,
        accepted: usize,
        rejected: Vec<RejectedEvent>,
    ) -> &'static str {
        self.acknowledged += 1;
        self.accepted += accepted;
        let Some(first) = rejected.first() else {
            return "stored";
        };
        self.rejected += rejected.len();
        self.outcomes.push(LineOutcome {
            line,
            status: LineStatus::Partial,
            code: first.code,
            detail: None,
            accepted,
            rejected: rejected.len(),
            events: listed(rejected),
        });
        LineStatus::Partial.label()
    }

    /// A line of which nothing is in the log, or of which that is not known.
    pub(super) fn failed(&mut self, line: usize, error: IngestError) -> LineStatus {
        let code = error.code();
        let status = if code.retry_after().is_some() {
            LineStatus::NotAcknowledged
        } else {
            LineStatus::Refused
        };
        let detail = error.detail();
        let events: Vec<RejectedEvent> = match error {
            IngestError::EventsRejected { rejected, .. } => {
                rejected.iter().map(RejectedEvent::from).collect()
            }
            _ => Vec::new(),
        };
        self.rejected += events.len();
        self.outcomes.push(LineOutcome {
            line,
            status,
            code: code.as_str(),
            detail,
            accepted: 0,
            rejected: events.len(),
            events: listed(events),
        });
        status
    }

    /// Outcomes come in the order of acknowledgements; readers want that of the lines.
    pub(super) fn sort(&mut self) {
        self.outcomes.sort_by_key(|outcome| outcome.line);
    }
}

fn listed(mut events: Vec<RejectedEvent>) -> Vec<RejectedEvent> {
    events.truncate(MAX_EVENTS);
    events
}
