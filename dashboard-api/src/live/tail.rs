//! The one tail of the verdicts topic: it feeds who waits for a verdict and who watches.

use chrono::Utc;
use kafka::config::KafkaConfig;
use kafka::tail::{TailHandler, TailPartition, TailStart};
use kafka::{Partition, Record};
use runtime::CancellationToken;
use runtime::health::Component;

use crate::analysis::Waiters;
use crate::error::chain;
use crate::live::hub::{Counted, Hub};
use crate::live::message::Reading;

/// Turns records into messages.
#[derive(Debug)]
pub(crate) struct Teller {
    hub: Hub,
    topic: String,
    start: Option<TailStart>,
}

impl Teller {
    /// Tells those who watch at `hub` of the records of `topic`.
    pub(crate) fn new(hub: Hub, topic: &str) -> Self {
        Self {
            hub,
            topic: topic.to_owned(),
            start: None,
        }
    }

    /// Reading begins.
    pub(crate) fn begin(&mut self, start: &TailStart) {
        self.hub.begin(&self.topic, start);
        self.start = Some(start.clone());
    }

    /// Tells of the next record of a partition.
    pub(crate) fn tell(&mut self, record: &Record<'_>) {
        let place = (record.partition, record.offset);
        let reading = match Reading::of(record) {
            Ok(Some(reading)) => reading,
            Ok(None) => return self.hub.pass(place),
            Err(error) => {
                self.hub.metrics().unreadable.inc();
                tracing::debug!(error = %error, kafka.partition = place.0, kafka.offset = place.1,
                    "record cannot be told");
                return self.hub.pass(place);
            }
        };
        let Some(cursor) = self.cursor_after(place) else {
            return;
        };
        let organisation = reading.organisation.clone();
        if let Some(sample) = reading.sample() {
            let times = (record.timestamp_ms, Utc::now());
            self.hub.rates().note(&organisation, &sample, times);
        }
        let counted = Counted {
            session: reading.session,
            is_bot: reading.is_bot,
        };
        match reading.write(place, cursor) {
            Ok(message) => self.hub.publish(&organisation, counted, &message),
            Err(_) => self.hub.metrics().unreadable.inc(),
        }
    }

    /// The cursor after a place. Where offsets go back the topic was made anew, and so is everything here.
    fn cursor_after(&mut self, place: (Partition, i64)) -> Option<String> {
        if let Some(cursor) = self.hub.cursor_after(place) {
            return Some(cursor);
        }
        tracing::warn!(
            kafka.partition = place.0,
            kafka.offset = place.1,
            "offsets of the verdicts go back; watchers begin anew"
        );
        let start = self.start.as_mut()?;
        for TailPartition {
            partition,
            begin,
            end,
        } in &mut start.partitions
        {
            let at = if *partition == place.0 { place.1 } else { 0 };
            (*begin, *end) = (at, at);
        }
        self.hub.begin(&self.topic, start);
        self.hub.cursor_after(place)
    }
}

struct Feed {
    waiters: Waiters,
    teller: Teller,
}

impl TailHandler for Feed {
    fn started(&mut self, start: &TailStart) {
        self.teller.begin(start);
    }

    fn record(&mut self, record: &Record<'_>) {
        // Who asked waits; who watches comes second.
        self.waiters.offer(record);
        self.teller.tell(record);
    }
}

/// Follows the verdicts topic until the shutdown.
///
/// # Errors
/// In a sentence, when the tail cannot start or ends by itself.
pub(crate) async fn follow(
    kafka: KafkaConfig,
    waiters: Waiters,
    hub: Hub,
    component: Component,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let topic = kafka.topics().verdicts;
    let back = hub.config().replay_back;
    let teller = Teller::new(hub, &topic);
    let feed = Feed { waiters, teller };
    let tail = kafka::tail::spawn_with(&kafka, &topic, back, feed, shutdown)
        .map_err(|error| format!("the verdicts cannot be followed: {error}"))?;
    if tail.ready.await.is_ok() {
        tracing::info!("verdicts are followed");
        component.up();
    }
    match tail.ended.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("the verdicts' tail ended: {}", chain(&error))),
        Err(_) => Err("the verdicts' tail is gone".to_owned()),
    }
}
