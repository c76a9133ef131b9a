//! The rows of an export: a session with the verdict of its riskiest window.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::query::SessionFilter;
use crate::read::conditions::Conditions;
use crate::verdict::{RiskLevel, SessionClass, SessionStatus, score};

/// One session of an export: a line of JSON Lines, a row of CSV, a row of Parquet. Every format has these
/// columns, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ExportedSession {
    /// The session.
    pub(crate) session_id: Uuid,
    /// When it was created.
    pub(crate) created_at: DateTime<Utc>,
    /// Broker time of its last stored record.
    pub(crate) updated_at: DateTime<Utc>,
    /// Its state.
    pub(crate) status: SessionStatus,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// Survey.
    pub(crate) survey_id: Option<String>,
    /// Respondent, or the pseudonym.
    pub(crate) respondent_id: Option<String>,
    /// Number of its windows.
    pub(crate) windows: i64,
    /// Events of all its windows.
    pub(crate) events: i64,
    /// Whether its verdict reaches the threshold; absent as long as there is no verdict.
    pub(crate) is_bot: Option<bool>,
    /// Calibrated probability that it is automated, 0 to 1.
    pub(crate) confidence_score: Option<f64>,
    /// The score as a level.
    pub(crate) risk_level: Option<RiskLevel>,
    /// The higher of the verdict's risk and that of the findings about several sessions.
    pub(crate) effective_risk: Option<RiskLevel>,
    /// The higher of their scores, 0 to 1.
    pub(crate) effective_score: Option<f64>,
    /// What it looks like.
    pub(crate) class: Option<SessionClass>,
    /// What should happen: `accept`, `review` or `exclude`.
    pub(crate) recommended_action: Option<String>,
    /// How many findings about several sessions there are.
    pub(crate) findings: i64,
    /// One sentence.
    pub(crate) summary: Option<String>,
    /// Codes of the reasons, strongest first.
    pub(crate) reason_codes: Vec<String>,
    /// Score of the rhythm of keys, 0 to 1; absent without enough data, as the following ones.
    pub(crate) score_keystroke: Option<f64>,
    /// Score of movement and presses of mouse or pointer.
    pub(crate) score_mouse: Option<f64>,
    /// Score of the rhythm of events and pages.
    pub(crate) score_timing: Option<f64>,
    /// Score of what the browser says of the device.
    pub(crate) score_device: Option<f64>,
    /// Score of what is known of the connection.
    pub(crate) score_network: Option<f64>,
    /// Score of focus, visibility, navigation.
    pub(crate) score_focus: Option<f64>,
    /// Score of scrolling.
    pub(crate) score_scroll: Option<f64>,
    /// Score of how questions were answered.
    pub(crate) score_answers: Option<f64>,
    /// Score of what several sessions share.
    pub(crate) score_coordination: Option<f64>,
    /// Score of the learned model.
    pub(crate) score_model: Option<f64>,
    /// Version of the ruleset that judged.
    pub(crate) ruleset: Option<String>,
    /// Version of the model that judged.
    pub(crate) model: Option<String>,
}

/// The columns, in order.
pub(crate) const COLUMNS: [&str; 31] = [
    "session_id",
    "created_at",
    "updated_at",
    "status",
    "platform",
    "survey_id",
    "respondent_id",
    "windows",
    "events",
    "is_bot",
    "confidence_score",
    "risk_level",
    "effective_risk",
    "effective_score",
    "class",
    "recommended_action",
    "findings",
    "summary",
    "reason_codes",
    "score_keystroke",
    "score_mouse",
    "score_timing",
    "score_device",
    "score_network",
    "score_focus",
    "score_scroll",
    "score_answers",
    "score_coordination",
    "score_model",
    "ruleset",
    "model",
];

/// Sessions that are looked at for each row of a chunk, at most, when an index cannot find those of a filter
/// in time: 20,000 for 2,000.
const SLICE: i64 = 10;

/// How the next rows are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// The next rows that match, however far away they are: an index finds them.
    Direct,
    /// Those that match among the next [`SLICE`] times as many sessions: bounded work for every filter.
    Sliced,
}

/// Some rows, newest first.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) rows: Vec<ExportedSession>,
    /// The place after them; `None` after the last row of all.
    pub(crate) next: Option<Uuid>,
}

/// Which rows come next.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Which sessions at all.
    pub(crate) filter: SessionFilter,
    /// Only those older than this one.
    pub(crate) before: Option<Uuid>,
    /// How they are found.
    pub(crate) search: Search,
    /// Most rows of a chunk.
    pub(crate) limit: i64,
}

impl Chunk {
    /// Reads the next rows.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        place: &Place,
    ) -> Result<Self, ApiError> {
        let end = match place.search {
            Search::Direct => None,
            Search::Sliced => slice_end(transaction, place).await?,
        };
        let mut conditions = Conditions::of(&place.filter);
        conditions.when("id <", place.before);
        conditions.when("id >=", end);
        let query = query(&conditions.sql(), place.limit);
        let statement = transaction.prepare_cached(&query).await?;
        let rows = transaction.query(&statement, &conditions.values()).await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= place.limit);
        let rows: Result<Vec<_>, ApiError> = rows.iter().map(ExportedSession::of_row).collect();
        let rows = rows?;
        let last = rows.last().map(|row| row.session_id);
        // A chunk that is not full has seen everything, or everything of its slice.
        let next = if is_full { last } else { end };
        Ok(Self { rows, next })
    }
}

/// The lowest id of the slice that begins below `place.before`; `None` when it holds all the rest.
async fn slice_end(transaction: &Transaction<'_>, place: &Place) -> Result<Option<Uuid>, ApiError> {
    let mut conditions = Conditions::of(&SessionFilter {
        from: place.filter.from,
        to: place.filter.to,
        ..SessionFilter::default()
    });
    conditions.when("id <", place.before);
    let query = format!(
        "SELECT id FROM sessions WHERE {} ORDER BY id DESC OFFSET {} LIMIT 1",
        conditions.sql(),
        place.limit * SLICE - 1
    );
    let statement = transaction.prepare_cached(&query).await?;
    let row = transaction
        .query_opt(&statement, &conditions.values())
        .await?;
    Ok(row.map(|row| row.try_get("id")).transpose()?)
}

/// The limit is part of the text: a plan for any parameters would expect far more rows of an unknown one.
fn query(filters: &str, limit: i64) -> String {
    format!(
        "SELECT s.id, s.created_at, s.updated_at, s.status, s.platform, s.survey_id, s.respondent_id, \
             s.window_count, s.event_count, s.is_bot, s.score_thousandths, s.risk_level, s.effective_risk, \
             s.effective_score_thousandths, s.class, s.recommended_action, s.finding_count, \
             w.analysis_summary, jsonb_path_query_array(w.reasons, '$[*].code') AS reason_codes, \
             w.method_scores, w.ruleset_version, w.model_version \
         FROM (SELECT * FROM sessions WHERE {filters} ORDER BY id DESC LIMIT {limit}) s \
         LEFT JOIN session_windows w ON w.session_id = s.id \
             AND w.generation = s.headline_generation AND w.window_offset = s.headline_window \
         ORDER BY s.id DESC"
    )
}

impl ExportedSession {
    fn of_row(row: &Row) -> Result<Self, ApiError> {
        let risk = |column: &str| -> Result<Option<RiskLevel>, ApiError> {
            let text: Option<&str> = row.try_get(column)?;
            text.map(RiskLevel::stored).transpose()
        };
        let thousandths = |column: &str| -> Result<Option<f64>, ApiError> {
            Ok(row.try_get::<_, Option<i16>>(column)?.map(score))
        };
        let class: Option<&str> = row.try_get("class")?;
        let codes: Option<Json<Vec<String>>> = row.try_get("reason_codes")?;
        let scores: Option<Json<BTreeMap<String, f64>>> = row.try_get("method_scores")?;
        let scores = scores.map(|scores| scores.0).unwrap_or_default();
        let method = |name: &str| scores.get(name).copied();
        Ok(Self {
            session_id: row.try_get("id")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            status: SessionStatus::stored(row.try_get("status")?)?,
            platform: row.try_get("platform")?,
            survey_id: row.try_get("survey_id")?,
            respondent_id: row.try_get("respondent_id")?,
            windows: row.try_get::<_, i32>("window_count")?.into(),
            events: row.try_get("event_count")?,
            is_bot: row.try_get("is_bot")?,
            confidence_score: thousandths("score_thousandths")?,
            risk_level: risk("risk_level")?,
            effective_risk: risk("effective_risk")?,
            effective_score: thousandths("effective_score_thousandths")?,
            class: class.map(SessionClass::stored).transpose()?,
            recommended_action: row.try_get("recommended_action")?,
            findings: row.try_get::<_, i32>("finding_count")?.into(),
            summary: row.try_get("analysis_summary")?,
            reason_codes: codes.map(|codes| codes.0).unwrap_or_default(),
            score_keystroke: method("keystroke"),
            score_mouse: method("mouse"),
            score_timing: method("timing"),
            score_device: method("device"),
            score_network: method("network"),
            score_focus: method("focus"),
            score_scroll: method("scroll"),
            score_answers: method("answers"),
            score_coordination: method("coordination"),
            score_model: method("model"),
            ruleset: row.try_get("ruleset_version")?,
            model: row.try_get("model_version")?,
        })
    }

    /// The scores of the methods, in the order of the columns.
    pub(crate) fn method_scores(&self) -> [Option<f64>; 10] {
        [
            self.score_keystroke,
            self.score_mouse,
            self.score_timing,
            self.score_device,
            self.score_network,
            self.score_focus,
            self.score_scroll,
            self.score_answers,
            self.score_coordination,
            self.score_model,
        ]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A session with a value in every column.
    pub(crate) fn example() -> ExportedSession {
        ExportedSession {
            session_id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            created_at: DateTime::from_timestamp_millis(1_790_000_000_123).unwrap(),
            updated_at: DateTime::from_timestamp_millis(1_790_000_060_000).unwrap(),
            status: SessionStatus::Completed,
            platform: Some("qualtrics".to_owned()),
            survey_id: Some("Zufriedenheit 2026".to_owned()),
            respondent_id: Some("r-1".to_owned()),
            windows: 2,
            events: 321,
            is_bot: Some(true),
            confidence_score: Some(0.971),
            risk_level: Some(RiskLevel::High),
            effective_risk: Some(RiskLevel::Critical),
            effective_score: Some(0.98),
            class: Some(SessionClass::ScriptedBot),
            recommended_action: Some("exclude".to_owned()),
            findings: 1,
            summary: Some("Presses last 1 ms, \"always\"; moves are straight.".to_owned()),
            reason_codes: vec!["mouse.instant_press".to_owned(), "timing.even".to_owned()],
            score_keystroke: Some(0.1),
            score_mouse: Some(0.97),
            score_timing: Some(0.4),
            score_device: Some(0.5),
            score_network: Some(0.6),
            score_focus: Some(0.7),
            score_scroll: Some(0.8),
            score_answers: Some(0.9),
            score_coordination: Some(0.25),
            score_model: Some(0.75),
            ruleset: Some("builtin-1".to_owned()),
            model: Some("none".to_owned()),
        }
    }

    /// A session without anything that may be absent.
    pub(crate) fn bare() -> ExportedSession {
        let full = serde_json::to_value(example()).unwrap();
        let optional: serde_json::Map<String, serde_json::Value> = full
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| {
                [
                    "session_id",
                    "created_at",
                    "updated_at",
                    "status",
                    "windows",
                    "events",
                    "findings",
                ]
                .contains(&name.as_str())
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain([("reason_codes".to_owned(), serde_json::json!([]))])
            .collect();
        serde_json::from_value(optional.into()).unwrap()
    }

    #[test]
    fn the_columns_are_the_members_and_every_method_has_one() {
        let line = serde_json::to_string(&example()).unwrap();
        // In the order of the text.
        let mut last = 0;
        for column in COLUMNS {
            let place = line.find(&format!("\"{column}\":")).unwrap();
            assert!(
                place > 0 && place > last || column == "session_id",
                "{column}"
            );
            last = place;
        }
        let members = serde_json::to_value(example()).unwrap();
        assert_eq!(members.as_object().unwrap().len(), COLUMNS.len());
        let methods: Vec<String> = schemas::verdict::Method::ALL
            .iter()
            .map(|method| serde_json::to_value(method).unwrap())
            .map(|name| format!("score_{}", name.as_str().unwrap()))
            .collect();
        assert_eq!(methods, COLUMNS[19..29]);
    }
}
