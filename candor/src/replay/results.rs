//! The topic that a replay writes, and what is kept of each verdict.

use anyhow::{Context, bail, ensure};
use kafka::Partition;
use kafka::admin::{TopicOutcome, TopicSizes, create_specs};
use kafka::config::KafkaConfig;
use kafka::producer::Outgoing;
use kafka::sending::Sending;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::SessionId;
use schemas::topic::{PartitionCount, TopicSpec};
use schemas::verdict::{Revision, RiskLevel, SessionClass, Verdict, VerdictRecord};

/// How long results are kept: seven days.
const RETENTION_MS: &str = "604800000";
/// Records that are under way at most before they are waited for.
const UNDER_WAY: usize = 5000;

/// A window: its session, and the offset of its first record.
pub(super) type Key = (SessionId, i64);

/// What is compared of a final verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub(super) revision: Revision,
    pub(super) is_bot: bool,
    pub(super) score: f64,
    pub(super) risk: RiskLevel,
    pub(super) class: SessionClass,
}

impl Side {
    pub(super) fn of(verdict: &Verdict, revision: Revision) -> Self {
        Self {
            revision,
            is_bot: verdict.is_bot,
            score: verdict.confidence_score,
            risk: verdict.risk_level,
            class: verdict.class,
        }
    }
}

/// Makes the topic of the results, with the partitions of the events topic.
pub(super) async fn create_topic(
    config: &KafkaConfig,
    topic: &str,
    partitions: usize,
) -> anyhow::Result<()> {
    let spec = TopicSpec {
        name: topic.to_owned(),
        partitions: PartitionCount::PerSession,
        config: vec![("retention.ms", RETENTION_MS)],
    };
    let sizes = TopicSizes {
        partitions: i32::try_from(partitions).context("too many partitions")?,
        replication: -1,
    };
    let made = create_specs(config, &[spec], sizes).await?;
    let is_new = made.iter().all(|(_, made)| *made == TopicOutcome::Created);
    ensure!(
        is_new,
        "the topic {topic} exists; name another one with --into, so that results do not mix"
    );
    Ok(())
}

/// Writes verdicts, each partition's into the partition of the same number, in order.
pub(super) struct Results {
    sending: Sending,
    topic: String,
    under_way: usize,
}

impl Results {
    pub(super) fn new(config: &KafkaConfig, topic: &str) -> anyhow::Result<Self> {
        Ok(Self {
            sending: Sending::new(config)?,
            topic: topic.to_owned(),
            under_way: 0,
        })
    }

    pub(super) fn write(
        &mut self,
        partition: Partition,
        record: &VerdictRecord,
    ) -> anyhow::Result<()> {
        let revision = record.revision;
        let headers = RecordHeaders {
            record_type: RecordType::Verdict,
            id: format!(
                "{}-{}-{}",
                revision.generation, revision.offset, revision.phase as u8
            ),
            source: "/candor/replay".to_owned(),
            organisation: record.organisation.clone(),
            traceparent: None,
        };
        let encoded = headers.encode();
        let headers: Vec<(&str, &[u8])> = encoded
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let key = record.session_id.to_string();
        let outgoing = Outgoing {
            topic: &self.topic,
            partition: Some(partition),
            key: key.as_bytes(),
            payload: &serde_json::to_vec(record)?,
            headers: &headers,
        };
        self.sending
            .send(0, outgoing)
            .with_context(|| format!("{} does not take a verdict", self.topic))?;
        self.under_way += 1;
        if self.under_way >= UNDER_WAY {
            self.finish()?;
        }
        Ok(())
    }

    /// Waits until everything that was written is durable.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        self.under_way = 0;
        for (_, outcome) in self.sending.finish()? {
            if let Err(error) = outcome {
                bail!("{} may lack a verdict: {error}", self.topic);
            }
        }
        Ok(())
    }
}
