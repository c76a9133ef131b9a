//! Counts of sessions, as the roll-ups keep them.

use tokio_postgres::Row;

use crate::error::ApiError;
use crate::verdict::{METHODS, RiskLevel, SessionClass};

/// Counts of sessions; those of risks, classes and scores are of sessions with a verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sessions: i64,
    pub(crate) active: i64,
    pub(crate) completed: i64,
    pub(crate) idle: i64,
    pub(crate) max_length: i64,
    pub(crate) judged: i64,
    pub(crate) bots: i64,
    /// In the order of [`RiskLevel::ALL`].
    pub(crate) risks: [i64; 4],
    /// In the order of [`SessionClass::ALL`].
    pub(crate) classes: [i64; 6],
    /// In the order of [`METHODS`].
    pub(crate) methods: [i64; 10],
    pub(crate) with_findings: i64,
    pub(crate) events: i64,
    /// Thousandths.
    pub(crate) score_sum: i64,
}

/// The counts of a survey per bucket: bucket, survey, first instant, first instant after.
pub(crate) fn series_query() -> String {
    let mut counters = vec![
        "sessions",
        "active",
        "completed",
        "idle",
        "max_length",
        "judged",
        "bots",
    ];
    counters.extend(["with_findings", "events", "score_sum"]);
    let mut counters: Vec<String> = counters.into_iter().map(str::to_owned).collect();
    let risks = RiskLevel::ALL.iter();
    counters.extend(risks.map(|risk| format!("risk_{}", risk.as_str().to_lowercase())));
    let classes = SessionClass::ALL.iter();
    counters.extend(classes.map(|class| format!("class_{}", class.as_str())));
    counters.extend(METHODS.iter().map(|method| format!("method_{method}")));
    let sums: Vec<String> = counters
        .iter()
        .map(|counter| format!("sum({counter})::bigint AS {counter}"))
        .collect();
    format!(
        "SELECT date_trunc($1, hour, 'UTC') AS bucket, {} FROM session_rollups \
         WHERE survey_id = $2 AND hour >= $3 AND hour < $4 GROUP BY 1 ORDER BY 1",
        sums.join(", ")
    )
}

impl Counts {
    /// The counts of a row of [`series_query`].
    pub(crate) fn of_row(row: &Row) -> Result<Self, ApiError> {
        let mut counts = Self {
            sessions: row.try_get("sessions")?,
            active: row.try_get("active")?,
            completed: row.try_get("completed")?,
            idle: row.try_get("idle")?,
            max_length: row.try_get("max_length")?,
            judged: row.try_get("judged")?,
            bots: row.try_get("bots")?,
            with_findings: row.try_get("with_findings")?,
            events: row.try_get("events")?,
            score_sum: row.try_get("score_sum")?,
            ..Self::default()
        };
        for (count, risk) in counts.risks.iter_mut().zip(RiskLevel::ALL) {
            *count = row.try_get(&*format!("risk_{}", risk.as_str().to_lowercase()))?;
        }
        for (count, class) in counts.classes.iter_mut().zip(SessionClass::ALL) {
            *count = row.try_get(&*format!("class_{}", class.as_str()))?;
        }
        for (count, method) in counts.methods.iter_mut().zip(METHODS) {
            *count = row.try_get(&*format!("method_{method}"))?;
        }
        Ok(counts)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.sessions += other.sessions;
        self.active += other.active;
        self.completed += other.completed;
        self.idle += other.idle;
        self.max_length += other.max_length;
        self.judged += other.judged;
        self.bots += other.bots;
        self.with_findings += other.with_findings;
        self.events += other.events;
        self.score_sum += other.score_sum;
        let add = |sums: &mut [i64], others: &[i64]| {
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += other;
            }
        };
        add(&mut self.risks, &other.risks);
        add(&mut self.classes, &other.classes);
        add(&mut self.methods, &other.methods);
    }

    /// Sessions at high or critical risk.
    pub(crate) fn risky(&self) -> i64 {
        self.risks[2] + self.risks[3]
    }

    /// Sessions without a verdict.
    pub(crate) fn unjudged(&self) -> i64 {
        (self.sessions - self.judged).max(0)
    }
}
