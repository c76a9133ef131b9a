//! Pages of sessions, newest first.
//!
//! The order is that of the ids, which begin with their creation time: a page continues below the last
//! id of the page before, so sessions that arrive meanwhile move nothing.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::query::{SessionFilter, close_cursor, id_floor, id_range};
use crate::verdict::{RiskLevel, SessionClass, SessionStatus, score};

/// One page of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionPage {
    /// The sessions, newest first.
    pub(crate) sessions: Vec<SessionItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SessionItem {
    /// The session.
    pub(crate) session_id: Uuid,
    /// Its state.
    pub(crate) status: SessionStatus,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Broker time of its last stored record.
    pub(crate) updated_at: DateTime<Utc>,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// Survey.
    pub(crate) survey_id: Option<String>,
    /// Respondent.
    pub(crate) respondent_id: Option<String>,
    /// Events of all its windows.
    pub(crate) event_count: i64,
    /// Whether its verdict reaches the threshold; absent as long as there is no verdict.
    pub(crate) is_bot: Option<bool>,
    /// Calibrated probability that it is automated, 0 to 1.
    pub(crate) confidence_score: Option<f64>,
    /// The score as a level.
    pub(crate) risk_level: Option<RiskLevel>,
    /// The higher of the verdict's risk and that of the findings about several sessions; absent as long as there is
    /// neither.
    pub(crate) effective_risk: Option<RiskLevel>,
    /// The higher of their scores, 0 to 1.
    pub(crate) effective_score: Option<f64>,
    /// How many findings there are.
    pub(crate) finding_count: i64,
    /// What it looks like.
    pub(crate) class: Option<SessionClass>,
    /// What should happen: `accept`, `review` or `exclude`.
    pub(crate) recommended_action: Option<String>,
    /// One sentence.
    pub(crate) summary: Option<String>,
    /// The strongest reason, as a sentence.
    pub(crate) first_reason: Option<String>,
    /// The strongest finding about several sessions, as a sentence.
    pub(crate) first_finding: Option<String>,
}

/// A condition under construction, with its parameters.
#[derive(Default)]
struct Conditions {
    clauses: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Conditions {
    /// A parameter's place in the text.
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// `left` (a column and an operator) with a value, if there is one.
    fn when(&mut self, left: &str, value: Option<impl ToSql + Sync + Send + 'static>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.clauses.push(format!("{left} {place}"));
        }
    }

    /// `column` is one of the values, if any are given.
    fn any(&mut self, column: &str, values: &Option<Vec<&'static str>>) {
        if let Some(values) = values {
            let place = self.bind(values.clone());
            self.clauses.push(format!("{column} = ANY({place})"));
        }
    }

    /// Id, survey or respondent begins with `prefix`.
    fn prefix(&mut self, prefix: &str) {
        // The highest character ends the range: these columns are compared by their bytes.
        let end = format!("{prefix}\u{10FFFF}");
        let (low, high) = (self.bind(prefix.to_owned()), self.bind(end));
        let mut options: Vec<String> = ["survey_id", "respondent_id"]
            .iter()
            .map(|column| format!("({column} >= {low} AND {column} < {high})"))
            .collect();
        if let Some((first, last)) = id_range(prefix) {
            let (first, last) = (self.bind(first), self.bind(last));
            options.push(format!("(id >= {first} AND id <= {last})"));
        }
        self.clauses.push(format!("({})", options.join(" OR ")));
    }

    fn of(filter: &SessionFilter) -> Self {
        let mut conditions = Self::default();
        // A place kept for a session whose findings came first is no session yet.
        conditions.clauses.push("window_count > 0".to_owned());
        conditions.when("id >=", filter.from.map(id_floor));
        conditions.when("id <", filter.to.map(id_floor));
        conditions.when("id <", filter.before);
        conditions.any("status", &filter.status);
        conditions.any("effective_risk", &filter.risk);
        conditions.any("class", &filter.class);
        conditions.when("platform =", filter.platform.clone());
        conditions.when("survey_id =", filter.survey.clone());
        conditions.when("respondent_id =", filter.respondent.clone());
        conditions.when("score_thousandths >=", filter.min_score);
        conditions.when("score_thousandths <=", filter.max_score);
        if let Some(prefix) = &filter.prefix {
            conditions.prefix(prefix);
        }
        conditions
    }
}

impl SessionPage {
    /// Reads a page.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        filter: &SessionFilter,
    ) -> Result<Self, ApiError> {
        let mut conditions = Conditions::of(filter);
        let filters = conditions.clauses.join(" AND ");
        // One more than the page holds says whether there is a next one.
        let limit = conditions.bind(filter.limit + 1);
        let query = format!(
            "SELECT s.id, s.status, s.created_at, s.updated_at, s.platform, s.survey_id, s.respondent_id, \
                 s.event_count, s.is_bot, s.score_thousandths, s.risk_level, s.class, s.recommended_action, \
                 s.effective_risk, s.effective_score_thousandths, s.finding_count, \
                 w.analysis_summary, w.reasons -> 0 ->> 'text' AS first_reason, \
                 (SELECT f.description FROM coordination_findings f WHERE s.finding_count > 0 AND f.session_id = s.id \
                     ORDER BY f.score_thousandths DESC, f.kind, f.fingerprint LIMIT 1) AS first_finding \
             FROM (SELECT * FROM sessions WHERE {filters} ORDER BY id DESC LIMIT {limit}) s \
             LEFT JOIN session_windows w ON w.session_id = s.id \
                 AND w.generation = s.headline_generation AND w.window_offset = s.headline_window \
             ORDER BY s.id DESC"
        );
        let values: Vec<&(dyn ToSql + Sync)> = conditions
            .values
            .iter()
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect();
        let statement = transaction.prepare_cached(&query).await?;
        let rows = transaction.query(&statement, &values).await?;
        let items: Result<Vec<SessionItem>, ApiError> =
            rows.iter().map(SessionItem::of_row).collect();
        let mut sessions = items?;
        let page = usize::try_from(filter.limit).unwrap_or_default();
        let has_more = sessions.len() > page;
        sessions.truncate(page);
        let last = sessions.last().map(|item| close_cursor(item.session_id));
        Ok(Self {
            sessions,
            next_cursor: last.filter(|_| has_more),
        })
    }
}

impl SessionItem {
    fn of_row(row: &Row) -> Result<Self, ApiError> {
        let risk: Option<&str> = row.try_get("risk_level")?;
        let class: Option<&str> = row.try_get("class")?;
        let effective_risk: Option<&str> = row.try_get("effective_risk")?;
        Ok(Self {
            session_id: row.try_get("id")?,
            status: SessionStatus::stored(row.try_get("status")?)?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            platform: row.try_get("platform")?,
            survey_id: row.try_get("survey_id")?,
            respondent_id: row.try_get("respondent_id")?,
            event_count: row.try_get("event_count")?,
            is_bot: row.try_get("is_bot")?,
            confidence_score: row
                .try_get::<_, Option<i16>>("score_thousandths")?
                .map(score),
            risk_level: risk.map(RiskLevel::stored).transpose()?,
            effective_risk: effective_risk.map(RiskLevel::stored).transpose()?,
            effective_score: row
                .try_get::<_, Option<i16>>("effective_score_thousandths")?
                .map(score),
            finding_count: row.try_get::<_, i32>("finding_count")?.into(),
            class: class.map(SessionClass::stored).transpose()?,
            recommended_action: row.try_get("recommended_action")?,
            summary: row.try_get("analysis_summary")?,
            first_reason: row.try_get("first_reason")?,
            first_finding: row.try_get("first_finding")?,
        })
    }
}
