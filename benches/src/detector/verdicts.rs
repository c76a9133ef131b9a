//! Reading verdict topics: how far they are while they grow, and what they hold in the end.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, scan};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde::Deserialize;
use serde_json::Value;

use crate::place::Place;

const WAIT: Duration = Duration::from_secs(20);

/// Every verdict of a topic by session, window and revision, without the time that scoring took.
pub(crate) type Verdicts = HashMap<String, String>;

/// Reads a whole topic. `finals` of it are those that close a window.
pub(crate) fn read(place: &Place, topic: &str) -> anyhow::Result<(Verdicts, u64)> {
    let config = KafkaConfig {
        brokers: place.brokers.clone(),
        ..KafkaConfig::default()
    };
    let options = ScanOptions {
        topic,
        since_ms: None,
        patience: WAIT,
    };
    let (mut verdicts, mut finals, mut unreadable) = (Verdicts::new(), 0, 0);
    scan(&config, options, |record| {
        match serde_json::from_slice::<Value>(record.payload) {
            Ok(mut value) => {
                if let Some(verdict) = value.get_mut("verdict").and_then(Value::as_object_mut) {
                    verdict.remove("processing_time_ms");
                }
                let name = format!(
                    "{} {} {}",
                    value["session_id"], value["window"], value["revision"]
                );
                let is_new = verdicts.insert(name, value.to_string()).is_none();
                finals += u64::from(is_new && value["revision"]["phase"] == "final");
            }
            Err(_) => unreadable += 1,
        }
        ControlFlow::Continue(())
    })?;
    anyhow::ensure!(unreadable == 0, "{unreadable} verdicts are no JSON");
    Ok((verdicts, finals))
}

/// What has come on a verdicts topic, by partition.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Verdicts.
    pub(crate) count: AtomicU64,
    /// Highest offset that a verdict accounts for, and one.
    pub(crate) next: AtomicI64,
}

/// Follows a verdicts topic from now on.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) seen: Arc<Vec<Seen>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<()>>,
}

#[derive(Deserialize)]
struct Head {
    revision: Revision,
}

#[derive(Deserialize)]
struct Revision {
    offset: i64,
}

impl Watch {
    /// Begins at the end of `topic`.
    pub(crate) fn begin(brokers: &str, topic: &str, partitions: i32) -> anyhow::Result<Self> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", "bench-watch")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "10")
            .create()?;
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            let (_, end) = consumer.fetch_watermarks(topic, partition, WAIT)?;
            list.add_partition_offset(topic, partition, Offset::Offset(end))?;
        }
        consumer.assign(&list)?;
        let seen: Arc<Vec<Seen>> = Arc::new((0..partitions).map(|_| Seen::default()).collect());
        let stop = Arc::new(AtomicBool::new(false));
        let (of_thread, stopped) = (seen.clone(), stop.clone());
        let thread = std::thread::spawn(move || follow(&consumer, &of_thread, &stopped));
        Ok(Self { seen, stop, thread })
    }

    /// Ends it.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.map_err(|_| anyhow::anyhow!("the watch panicked"))?
    }
}

fn follow(consumer: &BaseConsumer, seen: &[Seen], stop: &AtomicBool) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let Some(message) = consumer.poll(Duration::from_millis(20)) else {
            continue;
        };
        let message = message?;
        let head: Head = serde_json::from_slice(message.payload().unwrap_or_default())
            .context("a verdict has a revision")?;
        if let Some(seen) = seen.get(usize::try_from(message.partition())?) {
            seen.count.fetch_add(1, Ordering::Relaxed);
            seen.next
                .fetch_max(head.revision.offset + 1, Ordering::Relaxed);
        }
    }
    Ok(())
}
