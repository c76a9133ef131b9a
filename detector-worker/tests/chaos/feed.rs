//! Sessions as they come: starts, batches, repetitions, pauses longer than a gap, completions, late
//! records, requests, and poison of every kind among them.

use std::time::{Duration, Instant};

use chrono::Utc;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use testkit::TestTopics;

/// Sessions that go on at the same time.
const AT_ONCE: usize = 60;
const PAUSE: Duration = Duration::from_millis(4);

/// What was written.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) records: u64,
    /// Records that are poison whenever they are read.
    pub(crate) poison: u64,
    pub(crate) sessions: usize,
}

struct Session {
    id: SessionId,
    sequence: u64,
    last_batch: Option<String>,
    rests_until: Option<Instant>,
}

pub(crate) struct Feed {
    producer: Producer,
    topic: String,
    random: StdRng,
    secret: SessionSecret,
    organisation: OrganisationId,
    sessions: Vec<Session>,
    sent: Sent,
}

impl Feed {
    pub(crate) fn new(topics: &TestTopics, seed: u64) -> Self {
        let kafka = KafkaConfig {
            brokers: topics.brokers().to_owned(),
            prefix: topics.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        let options = ProducerOptions {
            delivery_timeout: Duration::from_secs(120),
            ..ProducerOptions::default()
        };
        Self {
            producer: Producer::new(&kafka, &options, metrics).unwrap(),
            topic: topics.topics().events.clone(),
            random: StdRng::seed_from_u64(seed),
            secret: SessionSecret::new([7; 32]).unwrap(),
            organisation: "acme".parse().unwrap(),
            sessions: Vec::new(),
            sent: Sent::default(),
        }
    }

    /// Writes until `time` is over; every record is acknowledged when this returns.
    pub(crate) async fn run(mut self, time: Duration) -> Sent {
        let end = Instant::now() + time;
        let mut waiting = Vec::new();
        while Instant::now() < end {
            if self.sessions.len() < AT_ONCE {
                waiting.extend(self.begin());
            }
            let index = self.random.random_range(0..self.sessions.len());
            waiting.extend(self.step(index));
            tokio::time::sleep(PAUSE).await;
        }
        self.sent.records = waiting.len() as u64;
        for delivery in waiting {
            delivery.await.unwrap();
        }
        self.sent
    }

    fn begin(&mut self) -> Vec<Delivery> {
        let id = self
            .secret
            .mint(&self.organisation, Utc::now(), self.random.random());
        self.sessions.push(Session {
            id,
            sequence: 0,
            last_batch: None,
            rests_until: None,
        });
        self.sent.sessions += 1;
        // One in ten sessions is a platform's own, whose first record is a batch.
        if self.random.random_bool(0.1) {
            return vec![self.batch(self.sessions.len() - 1)];
        }
        vec![self.send(RecordType::SessionStarted, id, &started(id))]
    }

    fn step(&mut self, index: usize) -> Vec<Delivery> {
        let session = &mut self.sessions[index];
        if session
            .rests_until
            .is_some_and(|until| Instant::now() < until)
        {
            return Vec::new();
        }
        let id = session.id;
        match self.random.random_range(0..1000) {
            0..12 => {
                // Longer than gap and grace: what follows is a new window.
                session.rests_until = Some(Instant::now() + Duration::from_millis(4500));
                Vec::new()
            }
            12..30 => {
                session.rests_until = Some(Instant::now() + Duration::from_millis(3300));
                Vec::new()
            }
            30..80 => self.again(index),
            80..130 => vec![self.send(RecordType::AnalysisRequested, id, &requested(id))],
            130..150 => vec![self.complete(index)],
            150..160 => {
                // What comes a moment after the end still belongs to the window.
                let end = self.complete_kept(index);
                vec![end, self.batch(index)]
            }
            160..200 => vec![self.poison(id)],
            200..205 => vec![self.send(RecordType::SessionStarted, id, &started(id))],
            205..220 => {
                // Left without a word.
                self.sessions.swap_remove(index);
                Vec::new()
            }
            _ => vec![self.batch(index)],
        }
    }

    fn batch(&mut self, index: usize) -> Delivery {
        let events = self.random.random_range(1..12);
        let hold = self.random.random_range(1..120);
        let session = &mut self.sessions[index];
        session.sequence += 1;
        let text = batch(session.sequence, events, hold);
        session.last_batch = Some(text.clone());
        let id = session.id;
        self.send(RecordType::EventBatch, id, &text)
    }

    /// The same batch once more, as after an answer that was lost.
    fn again(&mut self, index: usize) -> Vec<Delivery> {
        let session = &self.sessions[index];
        let (id, last) = (session.id, session.last_batch.clone());
        last.map(|text| self.send(RecordType::EventBatch, id, &text))
            .into_iter()
            .collect()
    }

    fn complete_kept(&mut self, index: usize) -> Delivery {
        let id = self.sessions[index].id;
        let text = format!(r#"{{"session_id":"{id}","completed_at":"2026-09-21T14:13:20Z"}}"#);
        self.send(RecordType::SessionCompleted, id, &text)
    }

    fn complete(&mut self, index: usize) -> Delivery {
        let end = self.complete_kept(index);
        self.sessions.swap_remove(index);
        end
    }

    fn poison(&mut self, id: SessionId) -> Delivery {
        let good = batch(1, 1, 50);
        let kind = self.random.random_range(0..5);
        // A stranger's batch is poison only while the session has a window of its own.
        self.sent.poison += u64::from(kind < 4);
        match kind {
            0 => self.send(RecordType::EventBatch, id, "{\"events\":["),
            1 => self.send(RecordType::SessionCompleted, id, "[]"),
            2 => self.send(RecordType::Verdict, id, "{}"),
            3 => self.send(
                RecordType::EventBatch,
                id,
                &good.replace("\"x\"", "\"text\""),
            ),
            _ => self.send_as("intruder", RecordType::EventBatch, id, &good),
        }
    }

    fn send(&mut self, kind: RecordType, id: SessionId, value: &str) -> Delivery {
        self.send_as("acme", kind, id, value)
    }

    fn send_as(
        &mut self,
        organisation: &str,
        kind: RecordType,
        id: SessionId,
        value: &str,
    ) -> Delivery {
        let headers = RecordHeaders {
            record_type: kind,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            organisation: organisation.parse().unwrap(),
            traceparent: None,
        };
        let key = id.to_string();
        let delivery = self
            .producer
            .send(&self.topic, key.as_bytes(), value.as_bytes(), &headers)
            .unwrap();
        Box::pin(async move { delivery.await.map(|_| ()) })
    }
}

type Delivery =
    std::pin::Pin<Box<dyn Future<Output = Result<(), kafka::producer::DeliveryError>> + Send>>;

fn started(id: SessionId) -> String {
    format!(
        r#"{{"session_id":"{id}","created_at":"2026-09-21T14:13:20Z","expires_at":"2026-09-22T14:13:20Z","survey_id":"S1","versions":{{"ruleset":"builtin-1","model":"none","experiment":"colours:b"}}}}"#
    )
}

fn requested(id: SessionId) -> String {
    format!(r#"{{"session_id":"{id}","request_id":"r1","requested_at":"2026-09-21T14:13:20Z"}}"#)
}

fn batch(sequence: u64, events: u64, hold: u64) -> String {
    let list: Vec<String> = (0..events)
        .map(|index| {
            let at = 1_790_000_000_000 + sequence * 1000 + index * 37;
            let x = (sequence * 131 + index * 150) % 1900;
            format!(r#"{{"event_type":"click","timestamp":{at},"data":{{"x":{x},"y":5,"hold":{hold}}}}}"#)
        })
        .collect();
    format!(
        r#"{{"batch_id":"b{sequence}","count":{events},"writer":"w","sequence":{sequence},"events":[{}]}}"#,
        list.join(",")
    )
}
