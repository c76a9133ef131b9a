//! Messages: read once from a record, written once, shared by all who are told.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use kafka::{Partition, Record};
use schemas::coordination::CoordinationFinding;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use schemas::live::{LiveFinding, LiveMessage, LiveReason, LiveVerdict, SessionUpdate};
use schemas::verdict::{Phase, RecommendedAction, Revision, RiskLevel, SessionClass, WindowStatus};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::live::rates::Sample;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session's running verdict, or its beginning.
    SessionUpdated,
    /// A requested or final verdict.
    AnalysisComplete,
    /// A finding about several sessions.
    Finding,
    /// Figures of the last second.
    Stats,
    /// A gap.
    Snapshot,
}

impl Kind {
    /// Every kind that a watcher may choose; a `snapshot` is never left out.
    pub(crate) const CHOICES: [Self; 4] = [
        Self::SessionUpdated,
        Self::AnalysisComplete,
        Self::Finding,
        Self::Stats,
    ];

    /// The message's `type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SessionUpdated => "session_updated",
            Self::AnalysisComplete => "analysis_complete",
            Self::Finding => "finding",
            Self::Stats => "stats",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What a message is about, as far as watchers choose by it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// What it is.
    pub(crate) kind: Kind,
    /// The survey, if any.
    pub(crate) survey: Option<String>,
    /// The risk that it speaks of; `None` without a judgement.
    pub(crate) risk: Option<RiskLevel>,
}

impl Subject {
    /// Of a message about an organisation as a whole.
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            survey: None,
            risk: None,
        }
    }
}

/// A message as it is sent: one piece of memory behind both ways of sending it.
#[derive(Debug)]
pub(crate) struct Message {
    /// What it is about.
    pub(crate) subject: Subject,
    /// Partition and offset of its record; `None` of messages without one.
    pub(crate) place: Option<(Partition, i64)>,
    /// When the process had it.
    pub(crate) at: Instant,
    event: Bytes,
    text: Utf8Bytes,
}

impl Message {
    /// Writes a message.
    ///
    /// # Errors
    /// When it has no JSON, which no message of ours is.
    pub(crate) fn write(
        subject: Subject,
        place: Option<(Partition, i64)>,
        (cursor, body): (&str, &LiveMessage),
    ) -> Result<Arc<Self>, serde_json::Error> {
        let mut event = Vec::with_capacity(768);
        for part in [
            "event: ",
            subject.kind.as_str(),
            "\nid: ",
            cursor,
            "\ndata: ",
        ] {
            event.extend_from_slice(part.as_bytes());
        }
        let begin = event.len();
        serde_json::to_writer(&mut event, body)?;
        let end = event.len();
        event.extend_from_slice(b"\n\n");
        event.shrink_to_fit();
        let event = Bytes::from(event);
        // JSON of serde_json is UTF-8.
        let text = Utf8Bytes::try_from(event.slice(begin..end)).unwrap_or_default();
        Ok(Arc::new(Self {
            subject,
            place,
            at: Instant::now(),
            event,
            text,
        }))
    }

    /// The text of a WebSocket message; shares memory.
    pub(crate) fn text(&self) -> Utf8Bytes {
        self.text.clone()
    }

    /// The server-sent event; shares memory.
    pub(crate) fn event(&self) -> Bytes {
        self.event.clone()
    }

    /// What it takes in memory, roughly.
    pub(crate) fn size(&self) -> usize {
        self.event.len() + size_of::<Self>()
    }
}

/// A record that watchers are told of.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Whose it is.
    pub(crate) organisation: OrganisationId,
    /// The session.
    pub(crate) session: SessionId,
    /// Whether a judgement says "bot".
    pub(crate) is_bot: bool,
    /// What it is about.
    pub(crate) subject: Subject,
    body: LiveMessage,
}

impl Reading {
    /// Reads a record of the verdicts topic; `None` when it is of a type that is not told.
    ///
    /// # Errors
    /// When the record is not what its type says.
    pub(crate) fn of(record: &Record<'_>) -> Result<Option<Self>, serde_json::Error> {
        let headers = RecordHeaders::decode(record.headers());
        match headers.map(|headers| headers.record_type) {
            Ok(RecordType::Verdict) => Self::of_verdict(record.payload).map(Some),
            Ok(RecordType::CoordinationFinding) => Self::of_finding(record.payload).map(Some),
            // Types of later versions share the topic.
            _ => Ok(None),
        }
    }

    fn of_verdict(payload: &[u8]) -> Result<Self, serde_json::Error> {
        let line: VerdictLine = serde_json::from_slice(payload)?;
        let kind = match line.revision.phase {
            Phase::Running => Kind::SessionUpdated,
            Phase::Requested | Phase::Final => Kind::AnalysisComplete,
        };
        let verdict = line.verdict.map(|verdict| LiveVerdict {
            is_bot: verdict.is_bot,
            confidence_score: verdict.confidence_score,
            risk_level: verdict.risk_level,
            class: verdict.class,
            recommended_action: verdict.recommended_action,
            event_count: verdict.event_count,
            summary: verdict.summary,
            reason: verdict.reasons,
        });
        let update = SessionUpdate {
            cursor: String::new(),
            session_id: line.session_id,
            survey_id: line.session.survey_id,
            platform: line.session.platform,
            respondent_id: line.session.respondent_id,
            status: line.status,
            window: line.window,
            revision: line.revision,
            created_at: line.session.created_at,
            updated_at: line.session.updated_at,
            verdict,
            risk_changed: line.risk_changed,
            request_id: line.request_id,
        };
        Ok(Self {
            organisation: line.organisation,
            session: update.session_id,
            is_bot: update
                .verdict
                .as_ref()
                .is_some_and(|verdict| verdict.is_bot),
            subject: Subject {
                kind,
                survey: update.survey_id.clone(),
                risk: update.verdict.as_ref().map(|verdict| verdict.risk_level),
            },
            body: match kind {
                Kind::SessionUpdated => LiveMessage::SessionUpdated(update),
                _ => LiveMessage::AnalysisComplete(update),
            },
        })
    }

    fn of_finding(payload: &[u8]) -> Result<Self, serde_json::Error> {
        let finding: CoordinationFinding = serde_json::from_slice(payload)?;
        Ok(Self {
            organisation: finding.organisation,
            session: finding.session_id,
            is_bot: false,
            subject: Subject {
                kind: Kind::Finding,
                survey: finding.survey_id.clone(),
                risk: Some(finding.risk_level),
            },
            body: LiveMessage::Finding(LiveFinding {
                cursor: String::new(),
                session_id: finding.session_id,
                survey_id: finding.survey_id,
                kind: finding.kind,
                fingerprint: finding.fingerprint,
                sessions: finding.sessions,
                first_at: finding.first_at,
                last_at: finding.last_at,
                score: finding.score,
                risk_level: finding.risk_level,
                code: finding.code,
                text: finding.text,
            }),
        })
    }

    /// What it tells about speed; only verdicts do.
    pub(crate) fn sample(&self) -> Option<Sample> {
        let (LiveMessage::SessionUpdated(update) | LiveMessage::AnalysisComplete(update)) =
            &self.body
        else {
            return None;
        };
        let verdict = update.verdict.as_ref();
        Some(Sample {
            window: (update.session_id, update.window),
            events: verdict.map(|verdict| verdict.event_count),
            created_at: update.created_at,
            updated_at: update.updated_at,
            is_running: update.revision.phase == Phase::Running,
            is_final: update.revision.phase == Phase::Final,
        })
    }

    /// The message of this record at its place, with the cursor after it.
    ///
    /// # Errors
    /// As [`Message::write`].
    pub(crate) fn write(
        mut self,
        place: (Partition, i64),
        cursor: String,
    ) -> Result<Arc<Message>, serde_json::Error> {
        match &mut self.body {
            LiveMessage::SessionUpdated(update) | LiveMessage::AnalysisComplete(update) => {
                update.cursor.clone_from(&cursor);
            }
            LiveMessage::Finding(finding) => finding.cursor.clone_from(&cursor),
            // Not made of records.
            LiveMessage::Stats(_) | LiveMessage::Snapshot(_) => {}
        }
        Message::write(self.subject, Some(place), (&cursor, &self.body))
    }
}

/// What is told of a verdict record: most of its bytes are evidence, which is skipped.
#[derive(Deserialize)]
struct VerdictLine {
    session_id: SessionId,
    organisation: OrganisationId,
    window: i64,
    revision: Revision,
    status: WindowStatus,
    session: Facts,
    #[serde(default)]
    verdict: Option<Judged>,
    risk_changed: bool,
    #[serde(default)]
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Facts {
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(default)]
    platform: Option<String>,
    #[serde(default)]
    survey_id: Option<String>,
    #[serde(default)]
    respondent_id: Option<String>,
}

#[derive(Deserialize)]
struct Judged {
    is_bot: bool,
    confidence_score: f64,
    risk_level: RiskLevel,
    class: SessionClass,
    recommended_action: RecommendedAction,
    event_count: u64,
    summary: String,
    #[serde(deserialize_with = "first")]
    reasons: Option<LiveReason>,
}

/// The first element of a list.
fn first<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LiveReason>, D::Error> {
    struct First;
    impl<'de> Visitor<'de> for First {
        type Value = Option<LiveReason>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a list of reasons")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let first = list.next_element()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }
    deserializer.deserialize_seq(First)
}
