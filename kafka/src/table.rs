//! A compacted topic of one partition as a table: read from its beginning to its end, then followed.
//!
//! The reader needs no group and commits nothing; every process that reads sees every record. It never
//! gives up: without a broker or a topic it says why, waits and tries again, and a broker that goes away
//! later costs nothing but time. When the log under it is another one (the topic was cut, deleted or
//! re-created) it begins again from the beginning, and the handler with it: a table is what its log says
//! and nothing else.
//!
//! What this module does not see: a topic that is deleted, made again and filled beyond the old end
//! between two looks at it (two seconds) while the broker's refusals are lost as well.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};
use runtime::CancellationToken;

use crate::Partition;
use crate::config::KafkaConfig;
use crate::position::{Extent, extent, extents};
use crate::reader::{ReaderContext, TopicReader};

const POLL: Duration = Duration::from_millis(50);
/// Longest wait for an answer of the broker; a shutdown is noticed no later than that.
const BROKER_WAIT: Duration = Duration::from_secs(3);
/// How often the ends of the partition are compared with what was read.
const LOOK: Duration = Duration::from_secs(2);
/// Pauses between attempts, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// Longest time that records wait for [`TableHandler::caught_up`] while more and more come.
const BATCH: Duration = Duration::from_millis(200);

/// One record of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its key; empty when absent.
    pub key: &'a [u8],
    /// Its value; `None` removes the key.
    pub value: Option<&'a [u8]>,
    /// Its offset.
    pub offset: i64,
}

/// What is done with a table; called on the reader's own thread only, and should not block for long.
pub trait TableHandler: Send + 'static {
    /// Reading begins at the beginning: what was read before is no part of the table any more, but
    /// should be kept in use until the next [`Self::caught_up`].
    fn begin(&mut self);

    /// One record, in the order of the log.
    fn row(&mut self, row: Row<'_>);

    /// Everything was read that stood in the log when reading began, or that has come since. Called
    /// again after more records, and every few seconds as long as the broker answers.
    fn caught_up(&mut self);

    /// The table cannot be read at the moment, and why; the same reason is not told twice in a row.
    fn unavailable(&mut self, reason: &str);
}

/// Starts to read the only partition of `topic`, until `shutdown`.
///
/// # Errors
/// When no thread can be started.
pub fn spawn(
    config: &KafkaConfig,
    topic: &str,
    handler: impl TableHandler,
    shutdown: CancellationToken,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let (config, topic) = (config.clone(), topic.to_owned());
    std::thread::Builder::new()
        .name(format!("table-{topic}"))
        .spawn(move || {
            let mut reader = Follower {
                config,
                topic,
                handler,
                shutdown,
                reported: None,
            };
            reader.run();
        })
}

/// Why reading stopped and must begin again.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error("topic {topic} does not exist at {brokers}; run `candor topics create`")]
    Missing { topic: String, brokers: String },
    #[error("topic {topic} has {count} partitions and must have one")]
    Partitions { topic: String, count: usize },
    #[error("Kafka at {brokers} does not answer: {source}")]
    Unreachable {
        brokers: String,
        #[source]
        source: KafkaError,
    },
    #[error("topic {topic} was cut, deleted or re-created; it is read again")]
    Replaced { topic: String },
    #[error("the Kafka client cannot go on: {0}")]
    Client(#[source] KafkaError),
}

struct Follower<Handler> {
    config: KafkaConfig,
    topic: String,
    handler: Handler,
    shutdown: CancellationToken,
    reported: Option<String>,
}

/// How far one pass through the log has come.
struct Progress {
    partition: Partition,
    /// The end that stood when the pass began.
    goal: i64,
    /// The offset after the last record read.
    next: i64,
    reached: bool,
    /// Records were read that [`TableHandler::caught_up`] has not closed.
    pending_since: Option<Instant>,
    looked: Instant,
}

impl<Handler: TableHandler> Follower<Handler> {
    fn run(&mut self) {
        let mut pause = FIRST_PAUSE;
        while !self.shutdown.is_cancelled() {
            let begun = Instant::now();
            let Err(interrupted) = self.read() else {
                return;
            };
            self.report(&interrupted.to_string());
            if begun.elapsed() > LAST_PAUSE * 2 {
                pause = FIRST_PAUSE;
            }
            self.sleep(pause);
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// One pass: from the beginning until the shutdown (`Ok`) or until the log is not the same any more.
    /// Each pass has a client of its own, which knows nothing of a log that is gone.
    fn read(&mut self) -> Result<(), Interrupted> {
        let consumer = self.consumer().map_err(Interrupted::Client)?;
        let extent = self.only_partition(&consumer)?;
        let mut start = TopicPartitionList::new();
        let assigned = start
            .add_partition_offset(&self.topic, extent.partition, Offset::Offset(extent.begin))
            .and_then(|()| consumer.assign(&start));
        assigned.map_err(Interrupted::Client)?;
        self.handler.begin();
        let mut progress = Progress {
            partition: extent.partition,
            goal: extent.end,
            next: extent.begin,
            reached: false,
            pending_since: None,
            looked: Instant::now(),
        };
        if progress.next >= progress.goal {
            self.close(&mut progress);
        }
        while !self.shutdown.is_cancelled() {
            self.step(&consumer, &mut progress)?;
        }
        Ok(())
    }

    fn step(&mut self, consumer: &TopicReader, progress: &mut Progress) -> Result<(), Interrupted> {
        match consumer.poll(POLL) {
            Some(Ok(message)) => {
                progress.next = message.offset() + 1;
                progress.pending_since.get_or_insert_with(Instant::now);
                self.handler.row(Row {
                    key: message.key().unwrap_or_default(),
                    value: message.payload(),
                    offset: message.offset(),
                });
                let waited = progress
                    .pending_since
                    .is_some_and(|at| at.elapsed() > BATCH);
                let at_goal = !progress.reached && progress.next >= progress.goal;
                if at_goal || (progress.reached && waited) {
                    self.close(progress);
                }
            }
            // Offsets may be missing before the end, so the end itself has to be told.
            Some(Err(KafkaError::PartitionEOF(_))) => self.close(progress),
            None if progress.reached && progress.pending_since.is_some() => self.close(progress),
            None => {}
            Some(Err(error)) => self.judge(error)?,
        }
        if progress.looked.elapsed() >= LOOK {
            self.look(consumer, progress)?;
            progress.looked = Instant::now();
        }
        Ok(())
    }

    fn close(&mut self, progress: &mut Progress) {
        progress.reached = true;
        progress.pending_since = None;
        self.reported = None;
        self.handler.caught_up();
    }

    /// Compares the partition's ends with what was read: another log has another end.
    fn look(&mut self, consumer: &TopicReader, progress: &mut Progress) -> Result<(), Interrupted> {
        match extent(consumer, &self.topic, progress.partition, BROKER_WAIT) {
            Ok(found) if found.end < progress.next => Err(self.replaced()),
            Ok(_) if progress.reached => {
                self.close(progress);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => self.judge(error),
        }
    }

    /// Whether reading can go on after `error`.
    fn judge(&mut self, error: KafkaError) -> Result<(), Interrupted> {
        use RDKafkaErrorCode as Code;
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Err(Interrupted::Client(error));
        }
        match error.rdkafka_error_code() {
            Some(
                Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::OffsetOutOfRange
                | Code::AutoOffsetReset
                | Code::LogTruncation,
            ) => Err(self.replaced()),
            _ => {
                // Without the error: it changes with every attempt, and the reason does not.
                let reason = format!("Kafka at {} does not answer", self.config.brokers);
                self.report(&reason);
                Ok(())
            }
        }
    }

    fn replaced(&self) -> Interrupted {
        Interrupted::Replaced {
            topic: self.topic.clone(),
        }
    }

    fn consumer(&self) -> Result<TopicReader, KafkaError> {
        let mut client = self.config.client();
        client
            .set("group.id", format!("{}-table", self.config.prefix))
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "50")
            .set("fetch.queue.backoff.ms", "50")
            // Never a silent jump: an offset that is not there means that the log is another one.
            .set("auto.offset.reset", "error")
            .create_with_context(ReaderContext)
    }

    fn only_partition(&self, consumer: &TopicReader) -> Result<Extent, Interrupted> {
        let found = extents(consumer, &self.topic, BROKER_WAIT);
        let found = found.map_err(|source| match source.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition,
            ) => Interrupted::Missing {
                topic: self.topic.clone(),
                brokers: self.config.brokers.clone(),
            },
            _ => Interrupted::Unreachable {
                brokers: self.config.brokers.clone(),
                source,
            },
        })?;
        match found.as_slice() {
            [only] => Ok(*only),
            several => Err(Interrupted::Partitions {
                topic: self.topic.clone(),
                count: several.len(),
            }),
        }
    }

    fn report(&mut self, reason: &str) {
        if self.reported.as_deref() != Some(reason) {
            self.reported = Some(reason.to_owned());
            self.handler.unavailable(reason);
        }
    }

    fn sleep(&self, pause: Duration) {
        let end = Instant::now() + pause;
        while Instant::now() < end && !self.shutdown.is_cancelled() {
            std::thread::sleep(POLL.min(end.saturating_duration_since(Instant::now())));
        }
    }
}
