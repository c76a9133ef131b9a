//! What is answered of the pipeline.

use chrono::{DateTime, Utc};
use kafka::groups::GroupState;
use serde::Serialize;
use utoipa::ToSchema;

use super::Known;
use super::history::Age;
use super::look::{GroupLook, Look, PartitionLook, TopicLook};

/// How far the pipeline is behind, and who works on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PipelineReport {
    /// When the cluster was last looked at with success; absent when it never was.
    looked_at: Option<DateTime<Utc>>,
    /// Seconds since then.
    age_seconds: Option<f64>,
    /// Why the figures are old: `unreachable`, `missing_topic` or `refused`; absent when they are not.
    problem: Option<&'static str>,
    /// Whether PostgreSQL can be read.
    database_reachable: bool,
    /// Consumer groups, each with its topic.
    groups: Vec<GroupReport>,
    /// Topics and how fast they grow.
    topics: Vec<TopicReport>,
}

/// Whether a group has its members.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateReport {
    /// The broker knows no such group: the part has never run, or is switched off.
    Absent,
    /// It has no member.
    Empty,
    /// Partitions are being handed out.
    Rebalancing,
    /// Every partition has its owner.
    Stable,
}

/// One consumer group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupReport {
    /// What it does: `detector`, `coordination`, `sink`, `raw` or `deliveries`.
    role: &'static str,
    /// Its name in the cluster.
    group: String,
    /// The topic it reads.
    topic: String,
    /// Whether it has its members.
    state: StateReport,
    /// How many members: processes that share the work.
    workers: usize,
    /// Records not yet committed, of all partitions with a commit.
    lag: i64,
    /// How long the oldest of them waits; absent when that is not known of any.
    lag_seconds: Option<f64>,
    /// The members.
    members: Vec<MemberReport>,
    /// The topic's partitions.
    partitions: Vec<PartitionReport>,
}

/// One member of a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberReport {
    /// The broker's name of it.
    member_id: String,
    /// What the client calls itself.
    client_id: String,
    /// Partitions of the topic that it owns.
    partitions: Vec<i32>,
}

/// One partition of a group's topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartitionReport {
    partition: i32,
    /// Next offset to be read after a restart; absent when nothing was committed.
    committed: Option<i64>,
    /// Offset after the newest record.
    end: i64,
    /// Records not yet committed; absent when nothing was committed.
    lag: Option<i64>,
    /// How long ago the next record to commit was written, from the looks since somebody has been asking.
    lag_seconds: Option<f64>,
    /// Whether it is older than the first of these looks, so that `lag_seconds` is the least it can be.
    lag_seconds_at_least: bool,
    /// `member_id` of the owner.
    owner: Option<String>,
}

/// One topic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopicReport {
    /// What it holds: `events` (batches), `verdicts`, `fingerprints`, `webhooks` or `dead_letters`.
    role: &'static str,
    /// Its name in the cluster.
    topic: String,
    /// How many partitions it has.
    partitions: usize,
    /// Records that came to it a second, over the last ten seconds; absent before the second look.
    records_per_second: Option<f64>,
}

impl PipelineReport {
    /// What is known, at `now`.
    pub(crate) fn of(known: &Known, database_reachable: bool, now: DateTime<Utc>) -> Self {
        let look = known.look.as_deref();
        #[expect(clippy::cast_precision_loss, reason = "an age is shown in seconds")]
        let age = |look: &Look| (now - look.at).num_milliseconds().max(0) as f64 / 1000.0;
        Self {
            looked_at: look.map(|look| look.at),
            age_seconds: look.map(age),
            problem: known.problem.or(look.is_none().then_some("unreachable")),
            database_reachable,
            groups: look.map_or_else(Vec::new, |look| {
                look.groups.iter().map(GroupReport::of).collect()
            }),
            topics: look.map_or_else(Vec::new, |look| {
                look.topics.iter().map(TopicReport::of).collect()
            }),
        }
    }
}

impl GroupReport {
    fn of(look: &GroupLook) -> Self {
        let members = look.group.members.iter();
        let members: Vec<MemberReport> = members
            .map(|member| {
                let owns = member.owns.iter().filter(|(topic, _)| *topic == look.topic);
                MemberReport {
                    member_id: member.id.clone(),
                    client_id: member.client_id.clone(),
                    partitions: owns.map(|(_, partition)| *partition).collect(),
                }
            })
            .collect();
        let partitions = look.partitions.iter();
        let partitions: Vec<PartitionReport> = partitions
            .map(|partition| PartitionReport::of(partition, &members))
            .collect();
        let waits = partitions.iter().filter_map(|found| found.lag_seconds);
        Self {
            role: look.role,
            group: look.name.clone(),
            topic: look.topic.clone(),
            state: match look.group.state {
                GroupState::Absent => StateReport::Absent,
                GroupState::Empty => StateReport::Empty,
                GroupState::Rebalancing => StateReport::Rebalancing,
                GroupState::Stable => StateReport::Stable,
            },
            workers: members.len(),
            lag: partitions.iter().filter_map(|found| found.lag).sum(),
            lag_seconds: waits.reduce(f64::max),
            members,
            partitions,
        }
    }
}

impl PartitionReport {
    fn of(look: &PartitionLook, members: &[MemberReport]) -> Self {
        let mut members = members.iter();
        let owner = members.find(|member| member.partitions.contains(&look.partition));
        let (lag_seconds, lag_seconds_at_least) = match look.age {
            None => (None, false),
            Some(Age::Seconds(seconds)) => (Some(seconds), false),
            Some(Age::AtLeast(seconds)) => (Some(seconds), true),
        };
        Self {
            partition: look.partition,
            committed: look.committed,
            end: look.end,
            lag: look
                .committed
                .map(|committed| (look.end - committed).max(0)),
            lag_seconds,
            lag_seconds_at_least,
            owner: owner.map(|owner| owner.member_id.clone()),
        }
    }
}

impl TopicReport {
    fn of(look: &TopicLook) -> Self {
        Self {
            role: look.role,
            topic: look.name.clone(),
            partitions: look.ends.len(),
            records_per_second: look.rate,
        }
    }
}
