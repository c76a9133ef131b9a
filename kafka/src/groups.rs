//! Looking at consumer groups from outside: who is a member, what is committed, how far the topics go.
//!
//! Nothing here joins a group, commits or reads records. What a broker calls the end of a partition
//! counts records of transactions that are still open, too.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::Partition;
use crate::config::KafkaConfig;
use crate::reader::{ReaderContext, TopicReader};

/// Why the cluster could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// There is no such topic.
    #[error("topic {topic} does not exist; run `candor topics create`")]
    Missing {
        /// The topic.
        topic: String,
    },
    /// Kafka does not answer, or refuses.
    #[error("Kafka does not say {what}")]
    Kafka {
        /// What was asked.
        what: &'static str,
        /// librdkafka's error.
        #[source]
        source: KafkaError,
    },
}

impl LookError {
    fn asking(what: &'static str) -> impl FnOnce(KafkaError) -> Self {
        move |source| Self::Kafka { what, source }
    }

    /// A stable label: `missing_topic`, `unreachable` or `refused`.
    pub fn kind(&self) -> &'static str {
        let Self::Kafka { source, .. } = self else {
            return "missing_topic";
        };
        match source.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::RequestTimedOut
                | RDKafkaErrorCode::WaitingForCoordinator
                | RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::CoordinatorNotAvailable,
            ) => "unreachable",
            _ => "refused",
        }
    }
}

/// What a broker says of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupState {
    /// The broker knows no such group, or it is being removed.
    Absent,
    /// It has offsets and no member.
    Empty,
    /// Its members are about to get their partitions.
    Rebalancing,
    /// Every partition has its owner.
    Stable,
}

impl GroupState {
    fn of(name: &str) -> Self {
        match name {
            "Stable" => Self::Stable,
            "Empty" => Self::Empty,
            "" | "Dead" | "Unknown" => Self::Absent,
            // PreparingRebalance and CompletingRebalance; a state that is new to us is on its way, too.
            _ => Self::Rebalancing,
        }
    }
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The broker's name of it.
    pub id: String,
    /// What the client calls itself.
    pub client_id: String,
    /// Topics and partitions it owns.
    pub owns: Vec<(String, Partition)>,
}

/// A group as its coordinator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How it is.
    pub state: GroupState,
    /// Who is in it.
    pub members: Vec<Member>,
}

/// A partition with an offset: the end, or what is committed (next to read).
pub type Offsets = BTreeMap<Partition, i64>;

/// Asks about groups and topics. Holds connections, so it is kept while somebody asks and dropped after.
pub struct Observer {
    config: KafkaConfig,
    wait: Duration,
    reader: TopicReader,
    /// Commits are asked for by clients that bear the group's name, without joining it.
    of_group: BTreeMap<String, TopicReader>,
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Observer")
            .field("groups", &self.of_group.keys())
            .finish_non_exhaustive()
    }
}

impl Observer {
    /// An observer whose questions wait for at most `wait` each. Connects when first asked.
    ///
    /// # Errors
    /// [`LookError::Kafka`] when librdkafka refuses the settings.
    pub fn new(config: &KafkaConfig, wait: Duration) -> Result<Self, LookError> {
        Ok(Self {
            reader: client(config, &format!("{}-observer", config.prefix))?,
            config: config.clone(),
            wait,
            of_group: BTreeMap::new(),
        })
    }

    /// The ends of all partitions of `topic`, in one question to each broker. Blocks.
    ///
    /// # Errors
    /// [`LookError`].
    pub fn ends(&self, topic: &str) -> Result<Offsets, LookError> {
        let asking = LookError::asking;
        let metadata = self.reader.fetch_metadata(Some(topic), self.wait);
        let metadata = metadata.map_err(asking("which partitions there are"))?;
        let mut list = TopicPartitionList::new();
        for found in metadata
            .topics()
            .iter()
            .flat_map(|found| found.partitions())
        {
            let wanted = list.add_partition_offset(topic, found.id(), Offset::End);
            wanted.map_err(asking("where partitions end"))?;
        }
        if list.count() == 0 {
            return Err(LookError::Missing {
                topic: topic.to_owned(),
            });
        }
        // The "time" of the end is a question for the end.
        let found = self.reader.offsets_for_times(list, self.wait);
        offsets(
            &found.map_err(asking("where partitions end"))?,
            "where partitions end",
        )
    }

    /// State and members of `group`. Blocks.
    ///
    /// # Errors
    /// [`LookError::Kafka`].
    pub fn group(&self, group: &str) -> Result<Group, LookError> {
        let listed = self.reader.fetch_group_list(Some(group), self.wait);
        let listed = listed.map_err(LookError::asking("who is in a group"))?;
        let found = listed.groups().iter().find(|found| found.name() == group);
        let Some(found) = found else {
            return Ok(Group {
                state: GroupState::Absent,
                members: Vec::new(),
            });
        };
        let members = found.members().iter().map(|member| Member {
            id: member.id().to_owned(),
            client_id: member.client_id().to_owned(),
            owns: read_assignment(member.assignment().unwrap_or_default()).unwrap_or_default(),
        });
        Ok(Group {
            state: GroupState::of(found.state()),
            members: members.collect(),
        })
    }

    /// What `group` has committed of these partitions of `topic`; those without a commit are left out. Blocks.
    ///
    /// # Errors
    /// [`LookError::Kafka`].
    pub fn committed(
        &mut self,
        group: &str,
        topic: &str,
        partitions: impl IntoIterator<Item = Partition>,
    ) -> Result<Offsets, LookError> {
        if !self.of_group.contains_key(group) {
            let of_group = client(&self.config, group)?;
            self.of_group.insert(group.to_owned(), of_group);
        }
        let Some(of_group) = self.of_group.get(group) else {
            return Ok(Offsets::new());
        };
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(topic, partition);
        }
        let found = of_group.committed_offsets(list, self.wait);
        let what = "what a group has committed";
        offsets(&found.map_err(LookError::asking(what))?, what)
    }
}

fn client(config: &KafkaConfig, group: &str) -> Result<TopicReader, LookError> {
    let mut client = config.client();
    client
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        // What is committed now, even while a transaction that moves it on is open.
        .set("isolation.level", "read_uncommitted");
    let created = client.create_with_context(ReaderContext);
    created.map_err(LookError::asking("anything: the client cannot be made"))
}

fn offsets(list: &TopicPartitionList, what: &'static str) -> Result<Offsets, LookError> {
    let mut offsets = Offsets::new();
    for found in list.elements() {
        found.error().map_err(LookError::asking(what))?;
        if let Offset::Offset(offset) = found.offset() {
            offsets.insert(found.partition(), offset);
        }
    }
    Ok(offsets)
}

/// Reads what the consumer protocol says a member owns: version, topics with their partitions, and bytes
/// of the member's own. `None` when it is something else.
fn read_assignment(bytes: &[u8]) -> Option<Vec<(String, Partition)>> {
    let mut rest = bytes;
    take::<2>(&mut rest)?;
    let mut owns = Vec::new();
    for _ in 0..i32::from_be_bytes(take(&mut rest)?) {
        let length = usize::try_from(i16::from_be_bytes(take(&mut rest)?)).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        rest = after;
        let topic = std::str::from_utf8(name).ok()?;
        for _ in 0..i32::from_be_bytes(take(&mut rest)?) {
            owns.push((topic.to_owned(), i32::from_be_bytes(take(&mut rest)?)));
        }
    }
    Some(owns)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the protocol writes it.
    fn written(owns: &[(String, Vec<Partition>)]) -> Vec<u8> {
        let mut bytes = vec![0, 1];
        bytes.extend((owns.len() as i32).to_be_bytes());
        for (topic, partitions) in owns {
            bytes.extend((topic.len() as i16).to_be_bytes());
            bytes.extend(topic.as_bytes());
            bytes.extend((partitions.len() as i32).to_be_bytes());
            bytes.extend(partitions.iter().flat_map(|number| number.to_be_bytes()));
        }
        bytes.extend((-1_i32).to_be_bytes());
        bytes
    }

    proptest! {
        #[test]
        fn an_assignment_is_read_as_it_was_written(owns in prop::collection::vec(("[a-z.]{1,20}", prop::collection::vec(0..99_i32, 0..5)), 0..4)) {
            let expected: Vec<(String, Partition)> = owns
                .iter()
                .flat_map(|(topic, partitions)| partitions.iter().map(|number| (topic.clone(), *number)))
                .collect();
            prop_assert_eq!(read_assignment(&written(&owns)), Some(expected));
        }

        #[test]
        fn no_bytes_make_the_reading_panic_or_grow(bytes: Vec<u8>) {
            let owns = read_assignment(&bytes).unwrap_or_default();
            prop_assert!(owns.len() <= bytes.len());
        }
    }

    #[test]
    fn states_are_told_by_the_brokers_names() {
        let names = [
            "Stable",
            "Empty",
            "PreparingRebalance",
            "CompletingRebalance",
            "Dead",
            "",
        ];
        use GroupState::{Absent, Empty, Rebalancing, Stable};
        let states = [Stable, Empty, Rebalancing, Rebalancing, Absent, Absent];
        assert_eq!(names.map(GroupState::of), states);
    }
}
