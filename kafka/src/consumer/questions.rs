//! What a member asks the cluster beside polling, and tells it: commits, starts, ends. Everything here
//! blocks and runs on a thread of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::aside::Aside;
use super::context::LoopContext;
use super::partitions::AssignmentEpoch;
use super::{CommitPoint, HandlerError, MAX_METADATA, StartPosition};
use crate::Partition;

/// Longest wait for one answer of the group coordinator or a partition leader.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// What is committed of which partition.
pub(super) type Points = Vec<(Partition, CommitPoint)>;
/// Commits, one at a time.
pub(super) type Committer = Aside<Points, Committed>;
/// Questions, one at a time.
pub(super) type Inquirer = Aside<Question, Answer>;

/// How a commit went.
pub(super) struct Committed {
    pub(super) points: Points,
    pub(super) took: Duration,
    pub(super) result: Result<(), KafkaError>,
}

/// What is asked.
pub(super) enum Question {
    /// Where partitions are to be read from.
    Starts(Vec<(Partition, AssignmentEpoch)>),
    /// Where their records end, asked at that time of the wall clock, milliseconds since 1970.
    Ends(Vec<Partition>, i64),
}

/// What is answered.
pub(super) enum Answer {
    Starts(Result<Vec<Start>, KafkaError>),
    /// With the time at which it was asked.
    Ends(Result<Vec<(Partition, i64)>, KafkaError>, i64),
}

/// Where one partition is to be read from, for the assignment that asked.
pub(super) struct Start {
    pub(super) partition: Partition,
    pub(super) epoch: AssignmentEpoch,
    pub(super) position: StartPosition,
}

pub(super) struct Asker {
    pub(super) consumer: Arc<BaseConsumer<LoopContext>>,
    pub(super) topic: String,
}

impl Asker {
    pub(super) fn commit(&self, points: Points) -> Committed {
        let begun = Instant::now();
        let result = self.commit_points(&points);
        Committed {
            points,
            took: begun.elapsed(),
            result,
        }
    }

    fn commit_points(&self, points: &Points) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, point) in points {
            let mut element = list.add_partition(&self.topic, *partition);
            element.set_metadata(&point.metadata);
            element.set_offset(Offset::Offset(point.next_offset))?;
        }
        self.consumer.commit(&list, CommitMode::Sync)
    }

    pub(super) fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Starts(partitions) => Answer::Starts(self.starts(partitions)),
            Question::Ends(partitions, asked_ms) => Answer::Ends(self.ends(partitions), asked_ms),
        }
    }

    /// Where each partition is to be read from: its commit, else its beginning.
    fn starts(
        &self,
        partitions: Vec<(Partition, AssignmentEpoch)>,
    ) -> Result<Vec<Start>, KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, _) in &partitions {
            list.add_partition(&self.topic, *partition);
        }
        let committed = self.consumer.committed_offsets(list, ANSWER_WAIT)?;
        let mut starts = Vec::with_capacity(partitions.len());
        for (partition, epoch) in partitions {
            let element = committed.find_partition(&self.topic, partition);
            let offset = element.as_ref().map(|element| {
                // An error is not "nothing committed": that would replay the whole partition.
                element.error()?;
                Ok::<_, KafkaError>(element.offset())
            });
            let position = match (offset.transpose()?, element) {
                (Some(Offset::Offset(offset)), Some(element)) => StartPosition {
                    offset,
                    metadata: element.metadata().to_owned(),
                },
                _ => StartPosition {
                    offset: self.marks(partition)?.0,
                    metadata: String::new(),
                },
            };
            starts.push(Start {
                partition,
                epoch,
                position,
            });
        }
        Ok(starts)
    }

    /// Where the records end that this consumer may read: before an open transaction.
    fn ends(&self, partitions: Vec<Partition>) -> Result<Vec<(Partition, i64)>, KafkaError> {
        let end = |partition| Ok((partition, self.marks(partition)?.1));
        partitions.into_iter().map(end).collect()
    }

    fn marks(&self, partition: Partition) -> Result<(i64, i64), KafkaError> {
        self.consumer
            .fetch_watermarks(&self.topic, partition, ANSWER_WAIT)
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
