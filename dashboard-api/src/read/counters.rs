//! Counts of sessions by the hour of their creation, which the sink keeps: what every overview is made of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;

use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::Hours;
use crate::verdict::{METHODS, RiskLevel, SessionClass, SessionStatus};

/// Sums of the counters of some hours. Of risk, class, methods and score only sessions with a verdict count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) sessions: i64,
    pub(crate) judged: i64,
    pub(crate) bots: i64,
    pub(crate) with_findings: i64,
    pub(crate) events: i64,
    /// Thousandths.
    score_sum: i64,
    /// By state, risk and class; their words differ.
    words: BTreeMap<&'static str, i64>,
    /// In the order of `METHODS`.
    methods: [i64; METHODS.len()],
    pub(crate) latest_update: Option<DateTime<Utc>>,
}

/// Sessions by state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionCounts {
    /// All of them.
    pub(crate) total: i64,
    /// Those whose events are still expected.
    pub(crate) active: i64,
    /// Those that the client or the platform has ended.
    pub(crate) completed: i64,
    /// Those that ended by inactivity.
    pub(crate) idle: i64,
    /// Those that ended by the longest accepted duration.
    pub(crate) max_length: i64,
}

/// Sessions by their current verdict.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct VerdictCounts {
    /// Sessions with a verdict.
    pub(crate) total: i64,
    /// Sessions whose verdict is `is_bot`.
    pub(crate) bots_flagged: i64,
    /// By effective risk, the higher of verdict and findings about several sessions; every level is there.
    pub(crate) by_risk: BTreeMap<String, i64>,
    /// By class; every class is there.
    pub(crate) by_class: BTreeMap<String, i64>,
    /// By method that speaks for automation (0.5 or more); every method is there, a session may count for several.
    pub(crate) by_method: BTreeMap<String, i64>,
    /// Sessions that have something in common with others.
    pub(crate) with_findings: i64,
    /// Mean effective score, 0 to 1; absent without a verdict.
    pub(crate) mean_score: Option<f64>,
}

/// A named counter: its column and the word that answers and filters call it.
fn columns() -> Vec<(String, &'static str)> {
    let status = SessionStatus::ALL.iter().copied();
    let status = status.filter(|status| *status != SessionStatus::Pending);
    let risks = RiskLevel::ALL.iter().map(|risk| risk.as_str());
    let classes = SessionClass::ALL.iter().map(|class| class.as_str());
    let status = status.map(|status| (status.as_str().to_owned(), status.as_str()));
    status
        .chain(risks.map(|risk| (format!("risk_{}", risk.to_lowercase()), risk)))
        .chain(classes.map(|class| (format!("class_{class}"), class)))
        .collect()
}

/// The sums of every counter of `table`, as [`Counters::of_row`] reads them.
pub(crate) fn sums(table: &str) -> String {
    let plain = [
        "sessions",
        "judged",
        "bots",
        "with_findings",
        "events",
        "score_sum",
    ];
    let plain = plain.iter().map(|name| (*name).to_owned());
    let methods = METHODS.iter().map(|name| format!("method_{name}"));
    let named = columns().into_iter().map(|(column, _)| column);
    let sums: Vec<String> = plain
        .chain(named)
        .chain(methods)
        .map(|name| format!("coalesce(sum({table}.{name}), 0)::bigint AS {name}"))
        .collect();
    format!(
        "{}, max({table}.latest_update) AS latest_update",
        sums.join(", ")
    )
}

/// The rows that a period is summed up of, whole days and the hours at its ends, as `r`: of all surveys, or of the one that
/// `survey` is in SQL. The period's borders, see [`Hours::borders`], have the places from `$first` on.
pub(crate) fn rows(first: usize, survey: Option<&str>) -> String {
    let (table, condition) = match survey {
        None => ("organisation_rollups", String::new()),
        Some(survey) => ("session_rollups", format!(" AND survey_id = {survey}")),
    };
    let (day, end, to) = (first + 1, first + 2, first + 3);
    format!(
        "(SELECT * FROM {table} WHERE hour >= ${first} AND hour < ${day}{condition} \
         UNION ALL SELECT * FROM {table}_daily WHERE day >= ${day} AND day < ${end}{condition} \
         UNION ALL SELECT * FROM {table} WHERE hour >= ${end} AND hour < ${to}{condition}) r"
    )
}

/// The sums of a period, whose borders are `$1` to `$4`, of the survey `$5` or of all.
pub(crate) fn sql(survey: Option<&str>) -> String {
    let rows = rows(1, survey.map(|_| "$5"));
    format!("SELECT {} FROM {rows}", sums("r"))
}

/// The values of [`sql`].
pub(crate) fn values<'a>(
    [from, day, end, to]: &'a [DateTime<Utc>; 4],
    survey: &'a Option<&str>,
) -> Vec<&'a (dyn ToSql + Sync)> {
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![from, day, end, to];
    if survey.is_some() {
        values.push(survey);
    }
    values
}

impl Counters {
    /// The sums of `hours`, of one survey or of all of them.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        hours: Hours,
        survey: Option<&str>,
    ) -> Result<Self, ApiError> {
        let borders = hours.borders();
        let ask = Ask {
            sql: &sql(survey),
            values: &values(&borders, &survey),
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        Self::of_rows(&rows)
    }

    /// The sums of the only row.
    pub(crate) fn of_rows(rows: &[Row]) -> Result<Self, ApiError> {
        let row = rows.first();
        row.map_or_else(|| Ok(Self::default()), Self::of_row)
    }

    /// The sums of a row of [`sums`].
    pub(crate) fn of_row(row: &Row) -> Result<Self, ApiError> {
        let mut methods = [0; METHODS.len()];
        for (count, name) in methods.iter_mut().zip(METHODS) {
            *count = row.try_get(format!("method_{name}").as_str())?;
        }
        let mut words = BTreeMap::new();
        for (column, word) in columns() {
            words.insert(word, row.try_get(column.as_str())?);
        }
        Ok(Self {
            sessions: row.try_get("sessions")?,
            judged: row.try_get("judged")?,
            bots: row.try_get("bots")?,
            with_findings: row.try_get("with_findings")?,
            events: row.try_get("events")?,
            score_sum: row.try_get("score_sum")?,
            words,
            methods,
            latest_update: row.try_get("latest_update")?,
        })
    }

    /// Sessions of a state, risk or class.
    pub(crate) fn of_word(&self, word: &str) -> i64 {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// Sessions by state.
    pub(crate) fn by_status(&self) -> SessionCounts {
        let count = |status: SessionStatus| self.of_word(status.as_str());
        SessionCounts {
            total: self.sessions,
            active: count(SessionStatus::Active),
            completed: count(SessionStatus::Completed),
            idle: count(SessionStatus::Idle),
            max_length: count(SessionStatus::MaxLength),
        }
    }

    /// Sessions by verdict.
    pub(crate) fn by_verdict(&self) -> VerdictCounts {
        let named = |word: &str| (word.to_owned(), self.of_word(word));
        let methods = METHODS.iter().zip(self.methods);
        VerdictCounts {
            total: self.judged,
            bots_flagged: self.bots,
            by_risk: RiskLevel::ALL
                .iter()
                .map(|risk| named(risk.as_str()))
                .collect(),
            by_class: SessionClass::ALL
                .iter()
                .map(|class| named(class.as_str()))
                .collect(),
            by_method: methods
                .map(|(name, count)| ((*name).to_owned(), count))
                .collect(),
            with_findings: self.with_findings,
            mean_score: self.mean_score(),
        }
    }

    /// Share of the sessions with a verdict that are low risk, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn quality(&self) -> Option<f64> {
        let low = self.of_word(RiskLevel::Low.as_str());
        let share = low as f64 / self.judged as f64;
        (self.judged > 0).then(|| (share * 1000.0).round() / 1000.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn mean_score(&self) -> Option<f64> {
        let mean = self.score_sum as f64 / self.judged as f64;
        (self.judged > 0).then(|| (mean.round() / 1000.0).clamp(0.0, 1.0))
    }
}
