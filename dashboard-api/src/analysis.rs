//! Verdicts on request: publish, then wait until the live tail sees the answer.
//!
//! A waiter is registered before its request is published, so an answer cannot be missed. The tail
//! follows the verdicts topic from its end, without a group: every instance sees every answer and
//! takes its own. Waiters are bounded (INV-8) and leave with their request, whatever ends it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::producer::Producer;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use schemas::session::AnalysisRequested;
use schemas::verdict::VerdictRecord;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::error::{ApiError, PublishFailure};
use crate::metrics::Metrics;

const SOURCE: &str = "/candor/api";

type BySession = HashMap<SessionId, HashMap<String, oneshot::Sender<Box<VerdictRecord>>>>;

#[derive(Debug, Default)]
struct Waiting {
    by_session: BySession,
    count: usize,
}

/// The requests that wait for a verdict.
#[derive(Debug, Clone)]
pub(crate) struct Waiters {
    waiting: Arc<Mutex<Waiting>>,
    limit: usize,
    metrics: Metrics,
}

/// A registered waiter; dropping it ends the wait.
struct Waiter {
    waiters: Waiters,
    session: SessionId,
    request_id: String,
    answer: oneshot::Receiver<Box<VerdictRecord>>,
}

impl Waiters {
    fn new(limit: usize, metrics: Metrics) -> Self {
        metrics
            .waiters_limit
            .set(i64::try_from(limit).unwrap_or(i64::MAX));
        Self {
            waiting: Arc::default(),
            limit,
            metrics,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, session: SessionId, request_id: String) -> Result<Waiter, ApiError> {
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.count >= self.limit {
            return Err(ApiError::TooManyWaiting);
        }
        waiting
            .by_session
            .entry(session)
            .or_default()
            .insert(request_id.clone(), sender);
        waiting.count += 1;
        self.metrics.waiters.inc();
        Ok(Waiter {
            waiters: self.clone(),
            session,
            request_id,
            answer,
        })
    }

    /// Hands a record to the request it answers. Called for every verdict of the cluster, so the key is
    /// looked up before anything is decoded.
    pub(crate) fn offer(&self, record: &Record<'_>) {
        self.metrics.tail_records.inc();
        let key = std::str::from_utf8(record.key).ok();
        let Some(session) = key.and_then(|key| key.parse::<SessionId>().ok()) else {
            return;
        };
        if !self.lock().by_session.contains_key(&session) {
            return;
        }
        // Findings and future record types share the topic; what is not a verdict answers nobody.
        let Ok(verdict) = serde_json::from_slice::<VerdictRecord>(record.payload) else {
            return;
        };
        let Some(request_id) = verdict.request_id.clone() else {
            return;
        };
        let sender = self.take(session, &request_id);
        if let Some(sender) = sender
            && verdict.session_id == session
        {
            // The receiver may have gone at this moment; then the verdict is read from the store.
            drop(sender.send(Box::new(verdict)));
        }
    }

    fn take(
        &self,
        session: SessionId,
        request_id: &str,
    ) -> Option<oneshot::Sender<Box<VerdictRecord>>> {
        let mut waiting = self.lock();
        let requests = waiting.by_session.get_mut(&session)?;
        let sender = requests.remove(request_id)?;
        if requests.is_empty() {
            waiting.by_session.remove(&session);
        }
        waiting.count -= 1;
        self.metrics.waiters.dec();
        Some(sender)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        drop(self.waiters.take(self.session, &self.request_id));
    }
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Requested {
    /// The detector has answered.
    Answered {
        /// The request's id.
        request_id: String,
        /// The answer.
        record: Box<VerdictRecord>,
    },
    /// It has not, yet; the verdict will be stored.
    Published {
        /// The request's id.
        request_id: String,
    },
}

/// Requests verdicts.
#[derive(Debug, Clone)]
pub(crate) struct Analysis {
    producer: Producer,
    topic: String,
    waiters: Waiters,
    wait: Duration,
    metrics: Metrics,
}

impl Analysis {
    pub(crate) fn new(
        producer: Producer,
        kafka: &KafkaConfig,
        wait: Duration,
        limit: usize,
        metrics: Metrics,
    ) -> Self {
        Self {
            producer,
            topic: kafka.topics().events,
            waiters: Waiters::new(limit, metrics.clone()),
            wait,
            metrics,
        }
    }

    /// Publishes a request and waits for its verdict.
    pub(crate) async fn request(
        &self,
        organisation: &OrganisationId,
        session: SessionId,
    ) -> Result<Requested, ApiError> {
        let outcome = self.publish_and_wait(organisation, session).await;
        let label = match &outcome {
            Ok(Requested::Answered { .. }) => "answered",
            Ok(Requested::Published { .. }) => "timed_out",
            Err(ApiError::TooManyWaiting) => "too_many",
            Err(_) => "not_published",
        };
        self.metrics.analyses.with_label_values(&[label]).inc();
        outcome
    }

    /// Counts a request that the store has answered.
    pub(crate) fn count_stored(&self) {
        self.metrics.analyses.with_label_values(&["stored"]).inc();
    }

    async fn publish_and_wait(
        &self,
        organisation: &OrganisationId,
        session: SessionId,
    ) -> Result<Requested, ApiError> {
        let begun = Instant::now();
        let request_id = uuid::Builder::from_random_bytes(rand::random())
            .into_uuid()
            .to_string();
        let mut waiter = self.waiters.register(session, request_id.clone())?;
        self.publish(organisation, session, &request_id).await?;
        match timeout_at(begun + self.wait, &mut waiter.answer).await {
            Ok(Ok(record)) if record.organisation == *organisation => {
                let elapsed = begun.elapsed().as_secs_f64();
                self.metrics.analysis_seconds.observe(elapsed);
                Ok(Requested::Answered { request_id, record })
            }
            _ => Ok(Requested::Published { request_id }),
        }
    }

    async fn publish(
        &self,
        organisation: &OrganisationId,
        session: SessionId,
        request_id: &str,
    ) -> Result<(), ApiError> {
        let request = AnalysisRequested {
            session_id: session,
            request_id: request_id.to_owned(),
            requested_at: Utc::now(),
        };
        let payload =
            serde_json::to_vec(&request).map_err(|error| ApiError::StoredRow(error.into()))?;
        let headers = RecordHeaders {
            record_type: RecordType::AnalysisRequested,
            id: request_id.to_owned(),
            source: SOURCE.to_owned(),
            organisation: organisation.clone(),
            traceparent: None,
        };
        let key = session.to_string();
        let delivery = self
            .producer
            .send(&self.topic, key.as_bytes(), &payload, &headers)
            .map_err(|error| ApiError::KafkaUnavailable(PublishFailure::Send(error)))?;
        delivery
            .await
            .map(drop)
            .map_err(|error| ApiError::KafkaUnavailable(PublishFailure::Delivery(error)))
    }

    /// Those who wait, for the tail to hand them their answers.
    pub(crate) fn waiters(&self) -> Waiters {
        self.waiters.clone()
    }
}
