//! The floor under every stream processor: a consumer that parses batches and sums them by session.
//!
//! librdkafka's consumer in a group, tuned as the worker's; the batch decoder of `schemas`; a map from
//! session to its sums. No windows, no duplicates, no verdicts, nothing written: what a real worker costs above this
//! is its work. Says on standard output when the first batch came and when all events were summed.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use clap::Parser;
use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Headers;
use schemas::batch::BatchRecord;
use schemas::event::{EventTime, Field};
use schemas::header::RecordType;

/// Sums events by session until it has seen enough.
#[derive(Debug, Parser)]
struct Options {
    /// Kafka bootstrap servers
    #[arg(long)]
    brokers: String,
    /// Topic to read
    #[arg(long)]
    topic: String,
    /// Consumer group
    #[arg(long)]
    group: String,
    /// Events after which it says that it is done
    #[arg(long)]
    events: u64,
}

/// What is summed of a session.
#[derive(Debug, Clone, Copy)]
struct Sums {
    events: u64,
    held: f64,
    earliest: EventTime,
    latest: EventTime,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            events: 0,
            held: 0.0,
            earliest: EventTime(i64::MAX),
            latest: EventTime(i64::MIN),
        }
    }
}

impl Sums {
    fn add(&mut self, batch: &BatchRecord<'_>) {
        for event in batch.events() {
            self.events += 1;
            let number = |field| event.number(field).unwrap_or_default();
            self.held += number(Field::Dwell) + number(Field::Hold);
            self.earliest = self.earliest.min(event.at);
            self.latest = self.latest.max(event.at);
        }
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &options.brokers)
        .set("group.id", &options.group)
        .set("auto.offset.reset", "earliest")
        .set("fetch.queue.backoff.ms", "100")
        .set("queued.min.messages", "100000")
        .set("queued.max.messages.kbytes", "65536")
        .create()?;
    consumer.subscribe(&[&options.topic])?;
    let mut sessions: HashMap<Vec<u8>, Sums> = HashMap::new();
    let mut seen = 0;
    while seen < options.events {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        let message = message?;
        if !is_batch(&message) {
            continue;
        }
        let batch = BatchRecord::decode(message.payload().unwrap_or_default())?;
        if seen == 0 {
            say("bench-first")?;
        }
        let key = message.key().unwrap_or_default();
        match sessions.get_mut(key) {
            Some(sums) => sums.add(&batch),
            None => sessions.entry(key.to_vec()).or_default().add(&batch),
        }
        seen += batch.len() as u64;
    }
    let held: f64 = sessions.values().map(|sums| sums.held).sum();
    say(&format!("bench-done {seen} {}", held.round()))?;
    // The memory of a running process can be read, that of an ended one cannot.
    std::thread::sleep(Duration::from_secs(600));
    Ok(())
}

fn is_batch(message: &impl Message) -> bool {
    let batch = RecordType::EventBatch.as_str().as_bytes();
    message.headers().is_some_and(|headers| {
        headers
            .iter()
            .any(|header| header.key == "ce_type" && header.value == Some(batch))
    })
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
