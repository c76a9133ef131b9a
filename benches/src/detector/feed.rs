//! Records of simulated sessions on their way into an events topic, as the gateway writes them.
//!
//! One producer, so that the same calls give the same offsets. A full queue is waited for; a record that
//! is not delivered fails the feed when it is finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};
use chrono::Utc;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Delivered, DeliveryError, Outgoing, Producer, ProducerOptions, SendError};
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use schemas::session::{ClientStamp, SessionCompleted, SessionStarted, StampedVersions};

use super::pool::{Batch, Sums};
use crate::process::{ORGANISATION, SECRET};

/// What the gateway would call itself.
const SOURCE: &str = "/candor/gateway";
const FLUSH: Duration = Duration::from_secs(120);
/// How long a session's token lasts.
const TOKEN: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// What became of the records.
#[derive(Debug)]
struct Counts {
    delivered: AtomicU64,
    failed: AtomicU64,
    /// Offset behind the last record of each partition.
    ends: Vec<AtomicI64>,
}

/// How far the partitions of a feed are.
#[derive(Debug, Clone)]
pub(crate) struct Ends(Arc<Counts>);

impl Ends {
    /// Offset behind the last record that `partition` has acknowledged.
    pub(crate) fn of(&self, partition: usize) -> i64 {
        let end = self.0.ends.get(partition);
        end.map_or(0, |end| end.load(Ordering::Relaxed))
    }
}

/// A session of the feed.
#[derive(Debug)]
pub(crate) struct Session {
    id: SessionId,
    key: String,
    writer: String,
    sequence: usize,
}

/// Writes records.
#[derive(Debug)]
pub(crate) struct Feed {
    producer: Producer,
    topic: String,
    organisation: OrganisationId,
    secret: SessionSecret,
    counts: Arc<Counts>,
    sent: u64,
    /// Of all batches sent.
    pub(crate) sums: Sums,
}

impl Feed {
    /// A feed into `topic`, which has `partitions` partitions.
    pub(crate) fn new(brokers: &str, topic: &str, partitions: usize) -> anyhow::Result<Self> {
        let kafka = KafkaConfig {
            brokers: brokers.to_owned(),
            ..KafkaConfig::default()
        };
        let options = ProducerOptions {
            linger: Duration::from_millis(20),
            queue_bytes: 256 << 20,
            ..ProducerOptions::default()
        };
        Ok(Self {
            producer: Producer::new(&kafka, &options, ProducerMetrics::unregistered()?)?,
            topic: topic.to_owned(),
            organisation: ORGANISATION.parse()?,
            secret: SessionSecret::new(SECRET)?,
            counts: Arc::new(Counts {
                delivered: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                ends: (0..partitions).map(|_| AtomicI64::new(0)).collect(),
            }),
            sent: 0,
            sums: Sums::default(),
        })
    }

    /// Begins a session.
    pub(crate) fn start(&mut self) -> anyhow::Result<Session> {
        let now = Utc::now();
        let id = self.secret.mint(&self.organisation, now, rand::random());
        let started = SessionStarted {
            session_id: id,
            created_at: now,
            expires_at: now + TOKEN,
            test: false,
            external_id: None,
            platform: Some("qualtrics".to_owned()),
            survey_id: Some("SV_bench".to_owned()),
            respondent_id: Some(format!("R-{:08x}", rand::random::<u32>())),
            device: Default::default(),
            metadata: Default::default(),
            client: ClientStamp {
                address_hash: Some(format!("{:032x}", rand::random::<u128>())),
                user_agent_class: Some("browser".to_owned()),
                ..ClientStamp::default()
            },
            versions: StampedVersions {
                ruleset: "builtin-1".to_owned(),
                model: "none".to_owned(),
                experiment: None,
                shadow: None,
            },
        };
        let session = Session {
            id,
            key: id.to_string(),
            writer: format!("w-{:08x}", rand::random::<u32>()),
            sequence: 0,
        };
        let value = serde_json::to_vec(&started)?;
        self.send(
            &session.key,
            RecordType::SessionStarted,
            (&id.to_string(), &value),
        )?;
        Ok(session)
    }

    /// Sends the session's next batch.
    pub(crate) fn batch(&mut self, session: &mut Session, batch: &Batch) -> anyhow::Result<()> {
        let id = SessionId::to_string(&self.secret.mint(
            &self.organisation,
            session.id.created_at(),
            rand::random(),
        ));
        let value = batch.value(&id, &session.writer, session.sequence);
        session.sequence += 1;
        self.sums.add(batch.sums);
        self.send(&session.key, RecordType::EventBatch, (&id, &value))
    }

    /// Ends a session.
    pub(crate) fn complete(&mut self, session: &Session) -> anyhow::Result<()> {
        let completed = SessionCompleted {
            session_id: session.id,
            completed_at: Utc::now(),
        };
        let value = serde_json::to_vec(&completed)?;
        self.send(
            &session.key,
            RecordType::SessionCompleted,
            (&session.key, &value),
        )
    }

    fn send(
        &mut self,
        key: &str,
        record_type: RecordType,
        (id, value): (&str, &[u8]),
    ) -> anyhow::Result<()> {
        let headers = RecordHeaders {
            record_type,
            id: id.to_owned(),
            source: SOURCE.to_owned(),
            organisation: self.organisation.clone(),
            traceparent: None,
        };
        let encoded = headers.encode();
        let encoded: Vec<(&str, &[u8])> = encoded
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let record = Outgoing {
            topic: &self.topic,
            partition: None,
            key: key.as_bytes(),
            payload: value,
            headers: &encoded,
        };
        loop {
            let counts = self.counts.clone();
            match self
                .producer
                .send_with(record, move |outcome| counts.take(outcome))
            {
                Ok(()) => break,
                Err(SendError::QueueFull) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => bail!("a record was not taken: {error}"),
            }
        }
        self.sent += 1;
        Ok(())
    }

    /// Records sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// How far the partitions are; goes on counting when the feed belongs to somebody else.
    pub(crate) fn ends(&self) -> Ends {
        Ends(self.counts.clone())
    }

    /// Waits until everything is acknowledged.
    pub(crate) fn flush(&self) -> anyhow::Result<()> {
        let left = self.producer.flush(FLUSH);
        let (delivered, failed) = (&self.counts.delivered, &self.counts.failed);
        let (delivered, failed) = (
            delivered.load(Ordering::Relaxed),
            failed.load(Ordering::Relaxed),
        );
        ensure!(
            left == 0 && failed == 0 && delivered == self.sent,
            "{delivered} of {} records were delivered, {failed} failed",
            self.sent
        );
        Ok(())
    }
}

impl Counts {
    fn take(&self, outcome: Result<Delivered, DeliveryError>) {
        let Ok(delivered) = outcome else {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        self.delivered.fetch_add(1, Ordering::Relaxed);
        let place = usize::try_from(delivered.partition).ok();
        if let Some(end) = place.and_then(|place| self.ends.get(place)) {
            end.fetch_max(delivered.offset + 1, Ordering::Relaxed);
        }
    }
}
