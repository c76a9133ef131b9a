//! Verdicts as the API shows them: the same members as on the wire, whether they come from a stored
//! row or straight from the verdicts topic.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemas::verdict::{Phase, VerdictRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;

use crate::error::ApiError;

macro_rules! closed_set {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $text:literal),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        $(#[$meta])*
        pub(crate) enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of requests, answers and rows.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of that text.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }

            /// The value of a stored text.
            pub(crate) fn stored(text: &str) -> Result<Self, ApiError> {
                Self::parse(text).ok_or_else(|| {
                    ApiError::StoredRow(format!("unknown {}: {text}", stringify!($name)).into())
                })
            }
        }
    };
}

closed_set! {
    /// How risky a session is.
    #[serde(rename_all = "UPPERCASE")]
    RiskLevel {
        /// Nothing speaks for automation.
        Low "LOW",
        /// Something does.
        Medium "MEDIUM",
        /// Probably automated.
        High "HIGH",
        /// Automated with little doubt.
        Critical "CRITICAL",
    }
}

closed_set! {
    /// What a session looks like.
    #[serde(rename_all = "snake_case")]
    SessionClass {
        /// Nothing speaks against a person.
        Human "human",
        /// A script or a classical bot.
        ScriptedBot "scripted_bot",
        /// A browser driven by a language model.
        AiAgent "ai_agent",
        /// A person with an assistant.
        AiAssisted "ai_assisted",
        /// An agent that says so and proves it.
        DeclaredAgent "declared_agent",
        /// Too little was seen to say anything.
        InsufficientData "insufficient_data",
    }
}

closed_set! {
    /// State of a session.
    #[serde(rename_all = "snake_case")]
    SessionStatus {
        /// Its id is genuine, but nothing of it is stored yet.
        Pending "pending",
        /// Events are expected.
        Active "active",
        /// Ended by the client or the platform.
        Completed "completed",
        /// Ended by inactivity.
        Idle "idle",
        /// Ended by the longest accepted duration.
        MaxLength "max_length",
    }
}

/// Names of the methods; each one's place is its bit in `sessions.methods`.
pub(crate) const METHODS: [&str; 10] = [
    "keystroke",
    "mouse",
    "timing",
    "device",
    "network",
    "focus",
    "scroll",
    "answers",
    "coordination",
    "model",
];

/// What produced a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerdictPhase {
    /// Emitted while events arrive.
    Running,
    /// Answers an analysis request.
    Requested,
    /// The window is closed.
    Final,
}

impl VerdictPhase {
    pub(crate) fn from_stored(number: i16) -> Result<Self, ApiError> {
        match number {
            0 => Ok(Self::Running),
            1 => Ok(Self::Requested),
            2 => Ok(Self::Final),
            other => Err(ApiError::StoredRow(format!("unknown phase {other}").into())),
        }
    }
}

impl From<Phase> for VerdictPhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Running => Self::Running,
            Phase::Requested => Self::Requested,
            Phase::Final => Self::Final,
        }
    }
}

/// Orders the verdicts of a session; compared as a tuple, higher replaces lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Revision {
    /// Grows when the events topic is re-created or replaced.
    pub(crate) generation: i64,
    /// Offset of the last record that the verdict accounts for.
    pub(crate) offset: i64,
    /// What produced it.
    pub(crate) phase: VerdictPhase,
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Reason {
    /// Stable name of the test.
    #[schema(example = "mouse.instant_press")]
    pub(crate) code: String,
    /// The method that found it.
    pub(crate) method: String,
    /// How strongly it speaks for automation, 0 to 1.
    pub(crate) weight: f64,
    /// The measured numbers behind it.
    pub(crate) evidence: BTreeMap<String, f64>,
    /// A sentence for the analyst.
    pub(crate) text: String,
}

/// How much there was to judge by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DataSufficiency {
    /// Whether at least one method had enough.
    pub(crate) sufficient: bool,
    /// Methods that had enough.
    pub(crate) judged: Vec<String>,
    /// Methods that saw something, but too little.
    pub(crate) too_little: Vec<String>,
    /// Methods whose channel was absent.
    pub(crate) absent: Vec<String>,
}

/// The versions that judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Versions {
    /// Version of the ruleset.
    pub(crate) ruleset: String,
    /// Version of the model.
    pub(crate) model: String,
}

/// The judgement of one window of a session at one revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Verdict {
    /// Whether the score reaches the ruleset's threshold.
    pub(crate) is_bot: bool,
    /// Calibrated probability that the session is automated, 0 to 1.
    pub(crate) confidence_score: f64,
    /// The score as a level.
    pub(crate) risk_level: RiskLevel,
    /// What the session looks like.
    pub(crate) class: SessionClass,
    /// Score of each method that had enough data, 0 to 1.
    pub(crate) method_scores: BTreeMap<String, f64>,
    /// Why, strongest first.
    pub(crate) reasons: Vec<Reason>,
    /// What should happen: `accept`, `review` or `exclude`.
    pub(crate) recommended_action: String,
    /// Events of the window.
    pub(crate) event_count: i64,
    /// Time the scoring took, milliseconds.
    pub(crate) processing_time_ms: f64,
    /// The versions that judged.
    pub(crate) versions: Versions,
    /// How much there was to judge by.
    pub(crate) data_sufficiency: DataSufficiency,
    /// One sentence for a list.
    pub(crate) summary: String,
    /// The window: offset of its first record.
    pub(crate) window: i64,
    /// The verdict's place among those of the session.
    pub(crate) revision: Revision,
    /// Broker time of the last record it accounts for.
    pub(crate) judged_at: DateTime<Utc>,
}

impl Verdict {
    /// The verdict of a record, if it carries one.
    pub(crate) fn of_record(record: &VerdictRecord) -> Result<Option<Self>, ApiError> {
        let Some(verdict) = &record.verdict else {
            return Ok(None);
        };
        Ok(Some(Self {
            is_bot: verdict.is_bot,
            confidence_score: verdict.confidence_score,
            risk_level: RiskLevel::stored(verdict.risk_level.as_str())?,
            class: SessionClass::stored(verdict.class.as_str())?,
            method_scores: convert(&verdict.method_scores)?,
            reasons: convert(&verdict.reasons)?,
            recommended_action: convert(verdict.recommended_action)?,
            event_count: i64::try_from(verdict.event_count).unwrap_or(i64::MAX),
            processing_time_ms: verdict.processing_time_ms,
            versions: convert(&verdict.versions)?,
            data_sufficiency: convert(&verdict.data_sufficiency)?,
            summary: verdict.summary.clone(),
            window: record.window,
            revision: Revision {
                generation: record.revision.generation.into(),
                offset: record.revision.offset,
                phase: record.revision.phase.into(),
            },
            judged_at: record.session.updated_at,
        }))
    }

    /// The columns that [`Self::of_row`] reads, from `table` (`session_windows` or
    /// `detection_results`), with its column of the verdict's time.
    pub(crate) fn columns(table: &str, time: &str) -> String {
        let names = [
            "is_bot",
            "score_thousandths",
            "risk_level",
            "class",
            "method_scores",
            "reasons",
            "recommended_action",
            "event_count",
            "processing_time_ms",
            "ruleset_version",
            "model_version",
            "data_sufficiency",
            "analysis_summary",
            "window_offset",
            "generation",
            "rev_offset",
            "rev_phase",
        ];
        let columns: Vec<String> = names
            .iter()
            .map(|name| format!("{table}.{name} AS v_{name}"))
            .collect();
        format!("{}, {table}.{time} AS v_time", columns.join(", "))
    }

    /// The verdict of a row with [`Self::columns`]; `None` when the window has none yet.
    pub(crate) fn of_row(row: &Row) -> Result<Option<Self>, ApiError> {
        let Some(is_bot) = row.try_get::<_, Option<bool>>("v_is_bot")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            is_bot,
            confidence_score: score(row.try_get("v_score_thousandths")?),
            risk_level: RiskLevel::stored(row.try_get("v_risk_level")?)?,
            class: SessionClass::stored(row.try_get("v_class")?)?,
            method_scores: row.try_get::<_, Json<_>>("v_method_scores")?.0,
            reasons: row.try_get::<_, Json<_>>("v_reasons")?.0,
            recommended_action: row.try_get("v_recommended_action")?,
            event_count: row.try_get("v_event_count")?,
            processing_time_ms: row.try_get("v_processing_time_ms")?,
            versions: Versions {
                ruleset: row.try_get("v_ruleset_version")?,
                model: row.try_get("v_model_version")?,
            },
            data_sufficiency: row.try_get::<_, Json<_>>("v_data_sufficiency")?.0,
            summary: row.try_get("v_analysis_summary")?,
            window: row.try_get("v_window_offset")?,
            revision: Revision {
                generation: row.try_get::<_, i32>("v_generation")?.into(),
                offset: row.try_get("v_rev_offset")?,
                phase: VerdictPhase::from_stored(row.try_get("v_rev_phase")?)?,
            },
            judged_at: row.try_get("v_time")?,
        }))
    }
}

/// A stored score, 0 to 1.
pub(crate) fn score(thousandths: i16) -> f64 {
    f64::from(thousandths) / 1000.0
}

/// A wire type as the API's type of the same members.
fn convert<T: DeserializeOwned>(wire: impl Serialize) -> Result<T, ApiError> {
    serde_json::to_value(wire)
        .and_then(serde_json::from_value::<T>)
        .map_err(|error| ApiError::StoredRow(error.into()))
}

/// JSON without a fixed form.
pub(crate) type Data = BTreeMap<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: impl Serialize) -> String {
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn a_value_has_one_text_in_filters_rows_and_answers() {
        for risk in RiskLevel::ALL {
            assert_eq!(json(risk), format!("\"{}\"", risk.as_str()));
            assert_eq!(RiskLevel::parse(risk.as_str()), Some(*risk));
        }
        for class in SessionClass::ALL {
            assert_eq!(json(class), format!("\"{}\"", class.as_str()));
        }
        for status in SessionStatus::ALL {
            assert_eq!(json(status), format!("\"{}\"", status.as_str()));
        }
    }

    #[test]
    fn a_verdict_of_the_topic_keeps_every_member() {
        let golden = include_str!("../../schemas/golden/candor.verdict.v1.json");
        let record: VerdictRecord = serde_json::from_str(golden).unwrap();
        let verdict = Verdict::of_record(&record).unwrap().unwrap();
        let shown = serde_json::to_value(&verdict).unwrap();
        let sent: Value = serde_json::from_str(golden).unwrap();
        for (name, value) in sent["verdict"].as_object().unwrap() {
            assert_eq!(&shown[name], value, "{name}");
        }
        assert_eq!(shown["revision"], sent["revision"]);
    }
}
