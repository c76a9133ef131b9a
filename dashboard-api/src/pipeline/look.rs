//! One look at the cluster: the groups of this deployment and the topics they read.

use chrono::{DateTime, Utc};
use kafka::Partition;
use kafka::config::KafkaConfig;
use kafka::groups::{Group, GroupState, LookError, Observer, Offsets};

use super::history::{Age, History};

/// A consumer group of this deployment, and the topic it reads.
#[derive(Debug)]
struct WatchedGroup {
    role: &'static str,
    name: String,
    topic: String,
}

/// What is looked at.
#[derive(Debug)]
pub(super) struct Watched {
    groups: Vec<WatchedGroup>,
    topics: Vec<(&'static str, String)>,
}

impl Watched {
    /// The groups and topics of a prefix.
    pub(super) fn of(kafka: &KafkaConfig) -> Self {
        let topics = kafka.topics();
        let group = |role: &'static str, topic: &str| WatchedGroup {
            role,
            name: format!("{}-{role}", kafka.prefix),
            topic: topic.to_owned(),
        };
        Self {
            groups: vec![
                group("detector", &topics.events),
                group("coordination", &topics.fingerprints),
                group("sink", &topics.verdicts),
                group("raw", &topics.events),
                group("deliveries", &topics.webhooks),
            ],
            topics: vec![
                ("events", topics.events),
                ("verdicts", topics.verdicts),
                ("fingerprints", topics.fingerprints),
                ("webhooks", topics.webhooks),
                ("dead_letters", topics.dead_letters),
            ],
        }
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) at: DateTime<Utc>,
    pub(crate) groups: Vec<GroupLook>,
    pub(crate) topics: Vec<TopicLook>,
}

/// One group.
#[derive(Debug)]
pub(crate) struct GroupLook {
    pub(crate) role: &'static str,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) group: Group,
    pub(crate) partitions: Vec<PartitionLook>,
}

/// One partition of a group's topic.
#[derive(Debug)]
pub(crate) struct PartitionLook {
    pub(crate) partition: Partition,
    pub(crate) committed: Option<i64>,
    pub(crate) end: i64,
    pub(crate) age: Option<Age>,
}

/// One topic.
#[derive(Debug)]
pub(crate) struct TopicLook {
    pub(crate) role: &'static str,
    pub(crate) name: String,
    pub(crate) ends: Offsets,
    pub(crate) rate: Option<f64>,
}

impl Look {
    /// Asks the cluster. Blocks.
    pub(super) fn take(
        watched: &Watched,
        observer: &mut Observer,
        history: &mut History,
    ) -> Result<Self, LookError> {
        let mut topics = Vec::with_capacity(watched.topics.len());
        // Commits are asked for after the ends, so that a group may seem ahead, but never behind for
        // what was written in between.
        for (role, name) in &watched.topics {
            let ends = observer.ends(name)?;
            history.note(name, Utc::now().timestamp_millis(), ends.clone());
            topics.push(TopicLook {
                role,
                name: name.clone(),
                rate: history.rate(name),
                ends,
            });
        }
        let mut groups = Vec::with_capacity(watched.groups.len());
        for group in &watched.groups {
            let topic = topics.iter().find(|topic| topic.name == group.topic);
            let ends = topic.map(|topic| topic.ends.clone()).unwrap_or_default();
            groups.push(look_at(group, &ends, observer, history)?);
        }
        Ok(Self {
            at: Utc::now(),
            groups,
            topics,
        })
    }
}

fn look_at(
    watched: &WatchedGroup,
    ends: &Offsets,
    observer: &mut Observer,
    history: &History,
) -> Result<GroupLook, LookError> {
    let (name, topic) = (&watched.name, &watched.topic);
    let group = observer.group(name)?;
    // A group that is not there has committed nothing; one without members has.
    let committed = match group.state {
        GroupState::Absent => Offsets::new(),
        _ => observer.committed(name, topic, ends.keys().copied())?,
    };
    let partitions = ends.iter().map(|(partition, end)| {
        let committed = committed.get(partition).copied();
        PartitionLook {
            partition: *partition,
            committed,
            end: *end,
            age: committed.and_then(|offset| history.age(topic, *partition, offset)),
        }
    });
    Ok(GroupLook {
        role: watched.role,
        name: name.clone(),
        topic: topic.clone(),
        partitions: partitions.collect(),
        group,
    })
}
