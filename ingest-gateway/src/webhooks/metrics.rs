//! Metrics of webhooks; their names are pinned with those of the gateway.

use axum::http::StatusCode;
use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use schemas::control::IntegrationPlatform;
use schemas::webhook::NoticeOutcome;

use super::routes::Taken;
use crate::error::IngestError;

/// Webhooks by platform and what became of them.
pub const WEBHOOKS: &str = "ingest_webhooks_total";
/// Webhooks that would be recognised as repetitions.
pub const REMEMBERED: &str = "ingest_webhooks_remembered";
/// Most of them.
pub const REMEMBERED_LIMIT: &str = "ingest_webhooks_remembered_limit";

/// The metrics of webhooks; clones share them.
#[derive(Debug, Clone)]
pub struct WebhookMetrics {
    webhooks: IntCounterVec,
    pub(super) remembered: IntGauge,
    pub(super) remembered_limit: IntGauge,
}

/// The name of an outcome, as in metrics and answers.
pub(super) fn outcome_name(outcome: NoticeOutcome) -> &'static str {
    match outcome {
        NoticeOutcome::SessionCompleted => "session_completed",
        NoticeOutcome::Noted => "noted",
        NoticeOutcome::Unmatched => "unmatched",
    }
}

impl WebhookMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let labels = &["platform", "outcome"];
        let metrics = Self {
            webhooks: IntCounterVec::new(Opts::new(WEBHOOKS, "Webhooks of platforms"), labels)?,
            remembered: IntGauge::new(REMEMBERED, "Webhooks known to have been taken")?,
            remembered_limit: IntGauge::new(REMEMBERED_LIMIT, "Most webhooks remembered")?,
        };
        registry.register(Box::new(metrics.webhooks.clone()))?;
        registry.register(Box::new(metrics.remembered.clone()))?;
        registry.register(Box::new(metrics.remembered_limit.clone()))?;
        // A rate of what never happened is 0, not absent: alerts on wrong signatures need that.
        for platform in IntegrationPlatform::ALL {
            for outcome in ["unmatched", "unproved", "failed"] {
                metrics
                    .webhooks
                    .with_label_values(&[platform.as_str(), outcome]);
            }
        }
        Ok(metrics)
    }

    /// Counts what became of a webhook.
    pub(super) fn count(&self, platform: IntegrationPlatform, taken: &Result<Taken, IngestError>) {
        let outcome = match taken {
            Ok(taken) if taken.duplicate => "duplicate",
            Ok(taken) => taken.outcome,
            Err(error) => match error.code().status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "unproved",
                status if status.is_server_error() => "failed",
                _ => "refused",
            },
        };
        let labels = [platform.as_str(), outcome];
        self.webhooks.with_label_values(&labels).inc();
    }
}
