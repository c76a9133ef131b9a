//! One session on its way: created, its batches in order, completed.
//!
//! Invariant: a batch is sent only after the one before it was acknowledged or given up, with the next
//! sequence number of a writer that no other session shares. No event has a time in the future: a
//! session starts as long before now as its replay is shorter than the recording.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::CancellationToken;
use schemas::recording::{RecordedEvent, Recording};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use super::client::{Call, Client};
use super::options::{Authorisation, Form, Options};
use super::stats::{Stats, What};

/// Longest token of metadata (`schemas::event::field::MAX_TOKEN`).
const MAX_TOKEN: usize = schemas::event::field::MAX_TOKEN;

/// What every sending task shares.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) gate: Gate,
    pub(super) stats: Arc<Stats>,
    pub(super) sessions_out: Option<SessionsOut>,
    pub(super) shutdown: CancellationToken,
    pub(super) options: Options,
}

#[derive(Deserialize)]
struct Created {
    session_id: String,
    ingest_token: Option<String>,
}

#[derive(Deserialize)]
struct Accepted {
    accepted: u64,
    #[serde(default)]
    rejected: Vec<RejectedEvent>,
}

#[derive(Deserialize)]
struct RejectedEvent {
    code: String,
}

impl Sender {
    /// Sends one session.
    pub(super) async fn send(&self, recording: Recording) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let dropped: usize = recording.dropped.values().sum();
        self.stats.dropped(count(dropped));
        let writer = format!("{:032x}", rand::random::<u128>());
        let begun = Instant::now();
        let Some(created) = self.create(&recording, &writer).await else {
            self.stats.session_failed();
            return;
        };
        let bearer = match (self.options.auth, &created.ingest_token) {
            (Authorisation::Token, Some(token)) => token,
            _ => &self.options.key,
        };
        let start_ms = start_of_session(&recording, self.options.pace());
        let mut accepted = 0;
        for (sequence, range) in self.batches(&recording.events).into_iter().enumerate() {
            let events = &recording.events[range];
            if !self.wait_for_turn(begun, events).await {
                break;
            }
            let call = Call {
                what: What::Batch,
                path: &format!("/api/v1/detection/sessions/{}/events", created.session_id),
                bearer,
                idempotency_key: &format!("{writer}-{sequence}"),
                body: self.body(events, start_ms, (&writer, sequence)),
            };
            if let Some(answer) = self.client.send::<Accepted>(&call).await {
                accepted += answer.accepted;
                self.stats.accepted(answer.accepted);
                for event in &answer.rejected {
                    self.stats.rejected(&event.code);
                }
            }
        }
        // A run that was ended leaves its sessions open, as a closed browser does.
        if !self.shutdown.is_cancelled() {
            self.complete(&created.session_id, bearer, &writer).await;
        }
        self.note(&recording, &created.session_id, accepted);
    }

    fn body(&self, events: &[RecordedEvent], start_ms: i64, sequence: (&str, usize)) -> String {
        match self.options.form {
            Form::Compact => Recording::compact_json(events, start_ms, sequence),
            Form::Canonical => format!(
                "{{\"writer\":\"{}\",\"sequence\":{},\"events\":{}}}",
                sequence.0,
                sequence.1,
                Recording::batch_json(events, start_ms)
            ),
        }
    }

    async fn create(&self, recording: &Recording, writer: &str) -> Option<Created> {
        let mut body =
            json!({ "platform": self.options.platform, "survey_id": self.options.survey });
        if self.options.label_metadata {
            let named = [
                ("label", recording.label.as_deref()),
                ("source", recording.source.as_deref()),
                ("kind", recording.kind.as_deref()),
                ("recording", Some(recording.session_id.as_str())),
            ];
            let tokens = named
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), json!(token(text?)?))));
            body["metadata"] = tokens.collect::<serde_json::Map<_, _>>().into();
        }
        let call = Call {
            what: What::Create,
            path: "/api/v1/detection/sessions",
            bearer: &self.options.key,
            idempotency_key: writer,
            body: body.to_string(),
        };
        self.client.send(&call).await
    }

    async fn complete(&self, session_id: &str, bearer: &str, writer: &str) {
        let call = Call {
            what: What::Complete,
            path: &format!("/api/v1/detection/sessions/{session_id}/complete"),
            bearer,
            idempotency_key: &format!("{writer}-complete"),
            body: "{}".to_owned(),
        };
        let _answer: Option<serde::de::IgnoredAny> = self.client.send(&call).await;
    }

    fn note(&self, recording: &Recording, session_id: &str, events: u64) {
        let Some(out) = &self.sessions_out else {
            return;
        };
        out.write(&SessionLine {
            session_id,
            recording: &recording.session_id,
            label: recording.label.as_deref(),
            source: recording.source.as_deref(),
            kind: recording.kind.as_deref(),
            events,
        });
    }

    /// Cuts the events into batches: by number, and by time when gaps are kept.
    fn batches(&self, events: &[RecordedEvent]) -> Vec<Range<usize>> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of one batch")]
        let longest = self.options.pace().map_or(f64::INFINITY, |pace| {
            self.options.batch_interval_ms as f64 * pace
        });
        let mut batches = Vec::new();
        let mut start = 0;
        for (index, event) in events.iter().enumerate() {
            let too_long = event.offset_ms - events[start].offset_ms > longest;
            if index > start && (index - start == self.options.batch_events || too_long) {
                batches.push(start..index);
                start = index;
            }
        }
        if start < events.len() {
            batches.push(start..events.len());
        }
        batches
    }

    /// Waits until `events` have happened and the rate allows them; `false` when the run is ended.
    async fn wait_for_turn(&self, begun: Instant, events: &[RecordedEvent]) -> bool {
        let happened = self.options.pace().map(|pace| {
            let last = events.last().map_or(0.0, |event| event.offset_ms);
            begun + Duration::from_secs_f64((last / pace / 1000.0).max(0.0))
        });
        let allowed = self.gate.reserve(events.len());
        let turn = happened.into_iter().chain(allowed).max();
        if let Some(turn) = turn {
            tokio::select! {
                () = tokio::time::sleep_until(turn) => {}
                () = self.shutdown.cancelled() => {}
            }
        }
        !self.shutdown.is_cancelled()
    }
}

/// Epoch milliseconds of the session's first moment. Replayed `pace` times faster, its last event is
/// sent duration / pace from now; without gaps, at once.
fn start_of_session(recording: &Recording, pace: Option<f64>) -> i64 {
    let saved = pace.map_or(1.0, |pace| (1.0 - 1.0 / pace).max(0.0));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds of one session"
    )]
    let before = (recording.duration_ms() * saved).ceil() as i64;
    chrono::Utc::now().timestamp_millis() - before
}

/// `text` as a token of metadata: other characters become `_`, the rest is cut; `None` if nothing is left.
fn token(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    let token: String = text
        .chars()
        .take(MAX_TOKEN)
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    (!token.is_empty()).then_some(token)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Lets events through at a fixed rate, whoever sends them.
#[derive(Debug)]
pub(super) struct Gate {
    /// Time one event takes at the rate.
    per_event: Option<Duration>,
    next: Mutex<Instant>,
}

impl Gate {
    /// `rate` events a second; without one everything passes at once.
    pub(super) fn new(rate: Option<f64>) -> Self {
        Self {
            per_event: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::new(Instant::now()),
        }
    }

    /// When `events` may be sent; the time they take is taken.
    fn reserve(&self, events: usize) -> Option<Instant> {
        let per_event = self.per_event?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // Time that was not used is gone: a gateway that was away gets no burst afterwards.
        let turn = (*next).max(Instant::now());
        *next = turn + per_event * u32::try_from(events).unwrap_or(u32::MAX);
        Some(turn)
    }
}

#[derive(Serialize)]
struct SessionLine<'a> {
    session_id: &'a str,
    recording: &'a str,
    label: Option<&'a str>,
    source: Option<&'a str>,
    kind: Option<&'a str>,
    events: u64,
}

/// The file of created sessions.
#[derive(Debug)]
pub(super) struct SessionsOut(Mutex<(BufWriter<File>, io::Result<()>)>);

impl SessionsOut {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Self(Mutex::new((file, Ok(())))))
    }

    /// Appends a line; the first failure is kept for [`Self::finish`].
    fn write(&self, line: &SessionLine<'_>) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, outcome) = &mut *guard;
        if outcome.is_ok() {
            let written = serde_json::to_writer(&mut *file, line).map_err(io::Error::from);
            *outcome = written.and_then(|()| file.write_all(b"\n"));
        }
    }

    /// Writes what is buffered.
    pub(super) fn finish(&self) -> io::Result<()> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut guard.1, Ok(()))?;
        guard.0.flush()
    }
}
