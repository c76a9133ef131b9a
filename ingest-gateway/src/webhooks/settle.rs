//! What a proved notice leads to: the end of its session, then the notice, each acknowledged (INV-1).

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, SubsecRound, Utc};
use schemas::control::Integration;
use schemas::ids::SessionId;
use schemas::webhook::{NoticeKind, NoticeOutcome, WebhookNotice};
use tokio::time::timeout_at;
use uuid::Uuid;

use super::dedup::{Claim, Digest, Digester, SeenNotices, Work};
use super::metrics::{WebhookMetrics, outcome_name};
use super::notice::Notice;
use super::routes::Taken;
use crate::config::GatewayConfig;
use crate::error::{BrokerFailure, IngestError};
use crate::publish::NoticeRecord;
use crate::routes::complete::completion;
use crate::state::Gateway;

use control::seal::Sealer;
use zeroize::Zeroizing;

/// What webhooks need beyond the other routes.
#[derive(Debug)]
pub(crate) struct Webhooks {
    sealer: Sealer,
    digester: Digester,
    seen: SeenNotices,
}

impl Webhooks {
    pub(crate) fn new(config: &GatewayConfig, metrics: WebhookMetrics) -> Self {
        let capacity = config.limits.webhooks_remembered;
        metrics.remembered_limit.set(capacity as i64);
        Self {
            sealer: Sealer::new(&config.session_secret),
            digester: Digester::new(&config.session_secret),
            seen: SeenNotices::new(capacity, metrics.remembered),
        }
    }

    /// The secrets of an integration. Those that do not open were sealed for another deployment; when none
    /// does, no signature could ever be right, which is not the sender's fault.
    pub(super) fn open(
        &self,
        integration: &Integration,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, IngestError> {
        let mut opened = Vec::with_capacity(integration.secrets.len());
        for sealed in &integration.secrets {
            match self.sealer.open(&integration.id, sealed) {
                Ok(secret) => opened.push(secret),
                Err(error) => {
                    tracing::error!(integration = %integration.id, error = %error, "a secret of an integration does not open");
                }
            }
        }
        if opened.is_empty() && !integration.secrets.is_empty() {
            return Err(IngestError::Internal);
        }
        Ok(opened)
    }
}

/// A notice of a sender who has proved itself.
#[derive(Debug)]
pub(super) struct Proved {
    pub(super) integration: Arc<Integration>,
    pub(super) notice: Notice,
    pub(super) now: DateTime<Utc>,
    pub(super) traceparent: Option<String>,
}

/// Publishes what the notice leads to, unless that was done before.
pub(super) async fn settle(gateway: &Gateway, proved: Proved) -> Result<Taken, IngestError> {
    let identity = &proved.notice.identity;
    let digester = &gateway.webhooks.digester;
    let digest = (!identity.is_empty()).then(|| digester.digest(&proved.integration.id, identity));
    let taken = |outcome, duplicate, notice_id| Taken {
        status: "accepted",
        outcome: outcome_name(outcome),
        duplicate,
        notice_id,
    };
    let Some(digest) = digest else {
        let notice_id = Uuid::now_v7().simple().to_string();
        let outcome = publish(gateway, proved, notice_id.clone()).await?;
        return Ok(taken(outcome, false, notice_id));
    };
    let notice_id = digest.to_notice_id();
    match claim(gateway, digest).await? {
        Err(outcome) => Ok(taken(outcome, true, notice_id)),
        Ok(work) => {
            let outcome = publish(gateway, proved, notice_id.clone()).await?;
            work.finish(outcome, Instant::now());
            Ok(taken(outcome, false, notice_id))
        }
    }
}

/// The work on a notice, or the outcome it had before. Waits while another request works on the same, as
/// long as two records may take to be acknowledged.
async fn claim(
    gateway: &Gateway,
    digest: Digest,
) -> Result<Result<Work, NoticeOutcome>, IngestError> {
    let waited = gateway.publisher.ack_timeout * 2;
    let deadline = tokio::time::Instant::now() + waited;
    loop {
        match gateway.webhooks.seen.claim(digest, Instant::now()) {
            Claim::New(work) => return Ok(Ok(work)),
            Claim::Seen(outcome) => return Ok(Err(outcome)),
            Claim::InWork(mut ended) => {
                // Nothing is ever sent: the end is that the sender has gone.
                let over = timeout_at(deadline, ended.changed()).await;
                drop(over.map_err(|_| IngestError::Broker(BrokerFailure::Silent { waited }))?);
            }
        }
    }
}

async fn publish(
    gateway: &Gateway,
    proved: Proved,
    notice_id: String,
) -> Result<NoticeOutcome, IngestError> {
    let Proved {
        integration,
        notice,
        now,
        traceparent,
    } = proved;
    let session = notice.find_session(&integration, &gateway.secret, now);
    let outcome = judge(notice.kind, session);
    if let (NoticeOutcome::SessionCompleted, Some(session)) = (outcome, session) {
        let of = (session, integration.organisation.clone());
        let completion = completion(of, now, traceparent.clone())?;
        gateway.publisher.publish(completion).await?;
        gateway.metrics.completions.inc();
    }
    let record = record(
        &integration,
        notice,
        (session, outcome),
        (notice_id.clone(), now),
    );
    let payload = serde_json::to_vec(&record).map_err(|_| IngestError::Internal)?;
    let record = NoticeRecord {
        integration: integration.id.clone(),
        organisation: integration.organisation.clone(),
        id: notice_id,
        traceparent,
        payload,
    };
    gateway.publisher.publish_notice(record).await?;
    Ok(outcome)
}

fn judge(kind: NoticeKind, session: Option<SessionId>) -> NoticeOutcome {
    match (kind, session) {
        (NoticeKind::ResponseCompleted, Some(_)) => NoticeOutcome::SessionCompleted,
        (NoticeKind::ResponseCompleted, None) => NoticeOutcome::Unmatched,
        (
            NoticeKind::SurveyActivated
            | NoticeKind::SurveyDeactivated
            | NoticeKind::ResponseStarted
            | NoticeKind::ResponsePartial
            | NoticeKind::Other,
            _,
        ) => NoticeOutcome::Noted,
    }
}

fn record(
    integration: &Integration,
    mut notice: Notice,
    (session_id, outcome): (Option<SessionId>, NoticeOutcome),
    (notice_id, now): (String, DateTime<Utc>),
) -> WebhookNotice {
    let (fields, dropped_fields) = notice.take_fields(session_id.is_some());
    WebhookNotice {
        notice_id,
        integration: integration.id.clone(),
        platform: integration.platform,
        kind: notice.kind,
        outcome,
        received_at: now.trunc_subsecs(3),
        event: notice.event,
        survey_id: notice.survey_id,
        response_id: notice.response_id,
        session_id,
        fields,
        dropped_fields,
    }
}
