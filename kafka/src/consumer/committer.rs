//! Commits on a thread of their own, one at a time, each with its outcome.
//!
//! librdkafka's asynchronous commit reports its outcome to a callback that rdkafka never installs, and
//! the synchronous one blocks for up to a session timeout while no coordinator answers. Here the
//! consumer's thread goes on polling, learns of every failure, and commits never overtake each other.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::context::LoopContext;
use super::{CommitPoint, HandlerError, MAX_METADATA};
use crate::Partition;

/// What is committed of which partition.
pub(super) type Points = Vec<(Partition, CommitPoint)>;

/// How a commit went.
pub(super) struct Outcome {
    pub(super) points: Points,
    pub(super) took: Duration,
    pub(super) result: Result<(), KafkaError>,
}

pub(super) struct Committer {
    /// `None` once it is to end.
    requests: Option<SyncSender<Points>>,
    outcomes: Receiver<Outcome>,
    is_busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(
        consumer: Arc<BaseConsumer<LoopContext>>,
        topic: String,
    ) -> std::io::Result<Self> {
        let (requests, received) = sync_channel::<Points>(1);
        let (sender, outcomes) = sync_channel(1);
        let thread = std::thread::Builder::new().name("kafka-commit".to_owned());
        let thread = thread.spawn(move || {
            for points in received {
                let begun = Instant::now();
                let result = commit(&consumer, &topic, &points);
                let took = begun.elapsed();
                let outcome = Outcome {
                    points,
                    took,
                    result,
                };
                if sender.send(outcome).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            requests: Some(requests),
            outcomes,
            is_busy: false,
            thread: Some(thread),
        })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Begins a commit; only while [`Self::is_busy`] says no.
    pub(super) fn begin(&mut self, points: Points) {
        let sent = self
            .requests
            .as_ref()
            .map(|requests| requests.try_send(points));
        self.is_busy = matches!(sent, Some(Ok(())));
    }

    /// The outcome of the commit that was begun, once there is one.
    pub(super) fn take_outcome(&mut self) -> Option<Outcome> {
        match self.outcomes.try_recv() {
            Ok(outcome) => {
                self.is_busy = false;
                Some(outcome)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

impl Drop for Committer {
    /// Waits: while the thread lives the consumer cannot be closed.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that commits has panicked");
        }
    }
}

/// The broker refuses too much metadata every time, and the partition would never be committed.
pub(super) fn check_metadata(points: &Points) -> Result<(), HandlerError> {
    for (partition, point) in points {
        let bytes = point.metadata.len();
        if bytes > MAX_METADATA {
            let reason = format!(
                "commit metadata of partition {partition} has {bytes} bytes, more than {MAX_METADATA}"
            );
            return Err(HandlerError { reason });
        }
    }
    Ok(())
}

fn commit(
    consumer: &BaseConsumer<LoopContext>,
    topic: &str,
    points: &Points,
) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for (partition, point) in points {
        let mut element = list.add_partition(topic, *partition);
        element.set_metadata(&point.metadata);
        element.set_offset(Offset::Offset(point.next_offset))?;
    }
    consumer.commit(&list, CommitMode::Sync)
}
