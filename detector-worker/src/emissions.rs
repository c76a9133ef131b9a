//! What windows emit, as records to publish: verdicts, and fingerprints of windows that have ended.

use std::sync::Arc;

use detection::Window;
use schemas::coordination::FingerprintRecord;
use schemas::header::{RecordHeaders, RecordType};
use schemas::verdict::VerdictRecord;

use crate::config::WorkerConfig;
use crate::coordination;
use crate::outbox::Message;
use crate::windows::Emit;

/// Collects what is emitted while a record is handled or time passes.
#[derive(Debug, Default)]
pub(crate) struct Emissions {
    pub(crate) verdicts: Vec<VerdictRecord>,
    fingerprints: Vec<FingerprintRecord>,
}

impl Emit for Emissions {
    fn emit(&mut self, record: VerdictRecord, features: &Window) {
        let fingerprints = coordination::fingerprints_of(&record, features);
        self.fingerprints.extend(fingerprints);
        self.verdicts.push(record);
    }
}

/// Where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Destinations {
    verdicts: Arc<str>,
    fingerprints: Arc<str>,
}

impl Destinations {
    pub(crate) fn of(config: &WorkerConfig) -> Self {
        Self {
            verdicts: config.verdicts_topic.as_str().into(),
            fingerprints: config.fingerprints_topic.as_str().into(),
        }
    }

    /// Takes everything out of `emissions`, as records that carry the trace they are due to.
    ///
    /// # Errors
    /// When something cannot be encoded, which nothing of ours should cause.
    pub(crate) fn take(
        &self,
        emissions: &mut Emissions,
        traceparent: Option<&str>,
    ) -> Result<Vec<Message>, serde_json::Error> {
        let verdicts = emissions.verdicts.drain(..).map(|verdict| {
            Ok(Message {
                topic: Arc::clone(&self.verdicts),
                key: verdict.session_id.to_string(),
                value: serde_json::to_vec(&verdict)?,
                headers: headers_of(&verdict, traceparent),
            })
        });
        let fingerprints = emissions.fingerprints.drain(..).map(|record| {
            Ok(Message {
                topic: Arc::clone(&self.fingerprints),
                key: record.key(),
                value: serde_json::to_vec(&record)?,
                headers: coordination::headers_of(&record, traceparent),
            })
        });
        verdicts.chain(fingerprints).collect()
    }
}

fn headers_of(verdict: &VerdictRecord, traceparent: Option<&str>) -> RecordHeaders {
    let revision = verdict.revision;
    RecordHeaders {
        record_type: RecordType::Verdict,
        id: format!(
            "{}-{}-{}",
            revision.generation, revision.offset, revision.phase as u8
        ),
        source: "/candor/detector".to_owned(),
        organisation: verdict.organisation.clone(),
        traceparent: traceparent.map(str::to_owned),
    }
}
