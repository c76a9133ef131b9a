//! Verdicts: what the detector says of a session's window, revision by revision.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OrganisationId, SessionId};
use crate::session::StampedVersions;

/// What produced a verdict. Ordered: of two about the same record the later phase wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Emitted while events arrive.
    Running = 0,
    /// Answers an analysis request.
    Requested = 1,
    /// The window is closed.
    Final = 2,
}

/// Orders the verdicts of a session (INV-4): compared as a tuple, higher replaces lower.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Revision {
    /// Grows when the events topic is re-created or replaced.
    pub generation: u32,
    /// Offset of the last record that the verdict accounts for.
    pub offset: i64,
    /// What produced it.
    pub phase: Phase,
}

/// State of a session's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowStatus {
    /// Events are still expected.
    Active,
    /// Ended by the client or the platform.
    Completed,
    /// Ended by the inactivity gap.
    Idle,
    /// Ended by the longest accepted duration.
    MaxLength,
}

impl WindowStatus {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Idle => "idle",
            Self::MaxLength => "max_length",
        }
    }
}

/// How risky a session is, by its confidence score.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum RiskLevel {
    /// Nothing speaks for automation.
    Low,
    /// Something does; look when convenient.
    Medium,
    /// Probably automated; review before pay.
    High,
    /// Automated with little doubt.
    Critical,
}

impl RiskLevel {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What the session looks like. There is no "proved human".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionClass {
    /// Nothing speaks against a person.
    Human,
    /// A script or a classical bot.
    ScriptedBot,
    /// A browser driven by a language model.
    AiAgent,
    /// A person with an assistant.
    AiAssisted,
    /// An agent that says so and proves it.
    DeclaredAgent,
    /// Too little was seen to say anything.
    InsufficientData,
}

impl SessionClass {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::ScriptedBot => "scripted_bot",
            Self::AiAgent => "ai_agent",
            Self::AiAssisted => "ai_assisted",
            Self::DeclaredAgent => "declared_agent",
            Self::InsufficientData => "insufficient_data",
        }
    }
}

/// What should happen to the response. Candor never rejects by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecommendedAction {
    /// Use the response.
    Accept,
    /// A person should look at it.
    Review,
    /// Leave it out of the analysis, after review.
    Exclude,
}

/// A detection method.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Rhythm of keys.
    Keystroke,
    /// Movement and presses of mouse or pointer.
    Mouse,
    /// Rhythm of events and pages.
    Timing,
    /// What the browser says of the device.
    Device,
    /// What is known of the connection.
    Network,
    /// Focus, visibility, navigation.
    Focus,
    /// Scrolling.
    Scroll,
    /// How questions were answered.
    Answers,
    /// The same device, trajectory or rhythm in several sessions.
    Coordination,
    /// A learned model over what the other methods measured.
    Model,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 10] = [
        Self::Keystroke,
        Self::Mouse,
        Self::Timing,
        Self::Device,
        Self::Network,
        Self::Focus,
        Self::Scroll,
        Self::Answers,
        Self::Coordination,
        Self::Model,
    ];
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable name of the test, e.g. `mouse.instant_press`.
    pub code: String,
    /// The method that found it.
    pub method: Method,
    /// How strongly it speaks for automation, 0 to 1.
    pub weight: f64,
    /// The measured numbers behind it.
    pub evidence: BTreeMap<String, f64>,
    /// A sentence for the analyst.
    pub text: String,
}

/// How much there was to judge by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataSufficiency {
    /// Whether at least one method had enough.
    pub sufficient: bool,
    /// Methods that had enough, in order.
    pub judged: Vec<Method>,
    /// Methods that saw something, but too little.
    pub too_little: Vec<Method>,
    /// Methods whose channel was absent.
    pub absent: Vec<Method>,
}

/// The judgement of one window at one revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Whether the score reaches the ruleset's threshold.
    pub is_bot: bool,
    /// Calibrated probability that the session is automated, 0 to 1.
    pub confidence_score: f64,
    /// The score as a level.
    pub risk_level: RiskLevel,
    /// What the session looks like.
    pub class: SessionClass,
    /// Score of each method that had enough data, 0 to 1.
    pub method_scores: BTreeMap<Method, f64>,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
    /// What should happen.
    pub recommended_action: RecommendedAction,
    /// Events folded into the window.
    pub event_count: u64,
    /// Time the scoring took, milliseconds. The only member that is not a function of the log.
    pub processing_time_ms: f64,
    /// The versions that judged.
    pub versions: StampedVersions,
    /// How much there was to judge by.
    pub data_sufficiency: DataSufficiency,
    /// One sentence for a list.
    pub summary: String,
    /// What the shadow versions stamped on the session say of the same window, without a say in anything above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowVerdict>,
}

/// What shadow versions say, for comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowVerdict {
    /// Version of the ruleset.
    pub ruleset: String,
    /// Version of the model.
    pub model: String,
    /// Whether their score reaches their threshold.
    pub is_bot: bool,
    /// Their probability that the session is automated, 0 to 1.
    pub confidence_score: f64,
    /// Their score as a level.
    pub risk_level: RiskLevel,
    /// The model's own probability before the ruleset weighs it; absent without a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_probability: Option<f64>,
}

/// What a verdict record says of the session beside the judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionFacts {
    /// When the gateway created it (from the id when the first record is not known).
    pub created_at: DateTime<Utc>,
    /// Broker time of the last record folded.
    pub updated_at: DateTime<Utc>,
    /// When its ingest token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Survey platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Survey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// Respondent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_id: Option<String>,
}

/// The value of a record on the verdicts topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictRecord {
    /// The session.
    pub session_id: SessionId,
    /// Its owner.
    pub organisation: OrganisationId,
    /// The window: offset of its first record.
    pub window: i64,
    /// Orders the verdicts of the session.
    pub revision: Revision,
    /// State of the window.
    pub status: WindowStatus,
    /// What is known of the session.
    pub session: SessionFacts,
    /// The judgement; absent in the record that only says a session has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether the risk level differs from the window's verdict before.
    pub risk_changed: bool,
    /// The analysis request that this verdict answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn revisions_order_by_generation_then_offset_then_phase(a in (0u32..3, 0i64..4, 0u8..3), b in (0u32..3, 0i64..4, 0u8..3)) {
            let revision = |(generation, offset, phase): (u32, i64, u8)| Revision {
                generation, offset,
                phase: [Phase::Running, Phase::Requested, Phase::Final][usize::from(phase)],
            };
            prop_assert_eq!(revision(a).cmp(&revision(b)), a.cmp(&b));
        }
    }
}
