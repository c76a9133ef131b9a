//! What watchers of the API's live feed are told, over WebSocket and as server-sent events.
//!
//! One record of the verdicts topic becomes one message, the same for everybody who may see it. Every message
//! carries a cursor; what it means is the API's own, and clients send the last one back when they return.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coordination::{Fingerprint, FingerprintKind};
use crate::ids::SessionId;
use crate::verdict::{Method, RecommendedAction, Revision, RiskLevel, SessionClass, WindowStatus};

/// One message of the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// A session has begun, or its window has a new running verdict.
    SessionUpdated(SessionUpdate),
    /// A verdict that somebody waits for: requested, or final.
    AnalysisComplete(SessionUpdate),
    /// A session has something in common with others.
    Finding(LiveFinding),
    /// What happened in the organisation since the `stats` before.
    Stats(LiveStats),
    /// Messages are missing here: read again what is shown, then go on.
    Snapshot(LiveSnapshot),
}

/// One revision of a session, in the form of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionUpdate {
    /// Where to go on after this message.
    pub cursor: String,
    /// The session.
    pub session_id: SessionId,
    /// Survey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// Survey platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent_id: Option<String>,
    /// State of the window.
    pub status: WindowStatus,
    /// The window: offset of its first record.
    pub window: i64,
    /// Orders the updates of the session: what is shown is replaced by a higher one only.
    pub revision: Revision,
    /// When the session was created.
    pub created_at: DateTime<Utc>,
    /// Broker time of the last record that the update accounts for.
    pub updated_at: DateTime<Utc>,
    /// The judgement; absent when the session has only begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<LiveVerdict>,
    /// Whether the risk level differs from the window's verdict before.
    pub risk_changed: bool,
    /// The analysis request that this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The judgement of a window, in the form of a list. Findings about the session are not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveVerdict {
    /// Whether the score reaches the ruleset's threshold.
    pub is_bot: bool,
    /// Calibrated probability that the session is automated, 0 to 1.
    pub confidence_score: f64,
    /// The score as a level.
    pub risk_level: RiskLevel,
    /// What the session looks like.
    pub class: SessionClass,
    /// What should happen.
    pub recommended_action: RecommendedAction,
    /// Events folded into the window.
    pub event_count: u64,
    /// One sentence for a list.
    pub summary: String,
    /// The strongest reason; the others are in the session's details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<LiveReason>,
}

/// The strongest reason of a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveReason {
    /// Stable name of the test.
    pub code: String,
    /// The method that found it.
    pub method: Method,
    /// How strongly it speaks for automation, 0 to 1.
    pub weight: f64,
    /// A sentence for the analyst.
    pub text: String,
}

/// Something that several sessions have in common, told of one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveFinding {
    /// Where to go on after this message.
    pub cursor: String,
    /// The session.
    pub session_id: SessionId,
    /// Survey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// What the fingerprint is of.
    pub kind: FingerprintKind,
    /// The fingerprint that they share: the campaign's name.
    pub fingerprint: Fingerprint,
    /// Distinct sessions that share it.
    pub sessions: u32,
    /// Broker time of the first of them.
    pub first_at: DateTime<Utc>,
    /// Broker time of the last of them.
    pub last_at: DateTime<Utc>,
    /// Probability of automation that it alone justifies, 0 to 1.
    pub score: f64,
    /// The score as a level.
    pub risk_level: RiskLevel,
    /// Stable name of the test.
    pub code: String,
    /// A sentence for the analyst.
    pub text: String,
}

/// What happened in one organisation, as one process of the API has seen it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveStats {
    /// Where to go on after this message.
    pub cursor: String,
    /// The clock of the process.
    pub at: DateTime<Utc>,
    /// How long was counted, seconds.
    pub seconds: f64,
    /// Verdicts, whatever produced them.
    pub verdicts: u64,
    /// Verdicts a second.
    pub verdicts_per_second: f64,
    /// Distinct sessions among them.
    pub sessions: u64,
    /// Verdicts that say "bot".
    pub bots: u64,
    /// Findings.
    pub findings: u64,
    /// Watchers of the organisation at this process.
    pub connections: u64,
}

/// Where the feed goes on after a gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveSnapshot {
    /// Where to go on after this message.
    pub cursor: String,
    /// The clock of the process: what the store holds of the time before is to be read again.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: SnapshotReason,
}

/// Why a watcher has to read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReason {
    /// It came without a cursor.
    Start,
    /// What came after its cursor is not kept any more.
    TooOld,
    /// Its cursor is not one of this feed, or is of a topic that is gone.
    UnknownCursor,
    /// It took messages too slowly.
    Slow,
    /// The topic behind the feed was replaced.
    Replaced,
}

impl SnapshotReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Start,
        Self::TooOld,
        Self::UnknownCursor,
        Self::Slow,
        Self::Replaced,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::TooOld => "too_old",
            Self::UnknownCursor => "unknown_cursor",
            Self::Slow => "slow",
            Self::Replaced => "replaced",
        }
    }
}
