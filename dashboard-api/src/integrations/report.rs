//! What the test console tells: the request as it was sent, the answer, and whether the notice was stored.

use platform_webhooks::{Body, Delivery, generic};
use serde::Serialize;
use utoipa::ToSchema;

/// Characters of a signature or credential that are shown.
const SHOWN: usize = 12;

/// A header of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentHeader {
    name: &'static str,
    /// Its value; of a signature the beginning.
    value: String,
}

/// The request as the platform would send it. Of signatures and credentials the beginning is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentRequest {
    /// `GET` or `POST`.
    method: &'static str,
    /// Path and query at the gateway.
    path: String,
    headers: Vec<SentHeader>,
    body: String,
}

/// What the gateway answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GatewayAnswer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body, the first 16 KiB of it.
    pub(super) body: String,
    /// Whether there was more.
    pub(super) is_cut: bool,
    /// Time from sending to the answer, in milliseconds.
    pub(super) duration_ms: u64,
}

/// Whether the notice is in the delivery log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogStep {
    /// It is there.
    Stored,
    /// Not within five seconds: the sink is behind or does not run.
    NotYet,
    /// The gateway took nothing, so there is nothing to store.
    NothingTaken,
}

/// What happened, step by step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestReport {
    /// The integration that was tried.
    pub(super) integration: String,
    /// Who was played: `qualtrics`, `decipher` or `generic`.
    pub(super) platform: &'static str,
    /// 1: what was sent.
    pub(super) request: SentRequest,
    /// 2: what the gateway answered; absent when it did not.
    pub(super) answer: Option<GatewayAnswer>,
    /// Why there is no answer: `not_reached`, `timed_out` or `broke_off`.
    pub(super) problem: Option<&'static str>,
    /// The notice's id, if the gateway took it.
    pub(super) notice_id: Option<String>,
    /// What became of it: `session_completed`, `noted` or `unmatched`.
    pub(super) outcome: Option<String>,
    /// 3: whether it is in the delivery log.
    pub(super) log: LogStep,
}

impl SentRequest {
    /// `path` is that of the address, with the integration in its query.
    pub(super) fn of(delivery: &Delivery, path: &str) -> Self {
        let mut shown = delivery.clone();
        for (name, value) in &mut shown.query {
            if *name == "token" {
                *value = begin(value);
            }
        }
        if let Body::Form(fields) = &mut shown.body {
            for (name, value) in fields {
                if *name == "HMAC" {
                    *value = begin(value);
                }
            }
        }
        let headers = shown.headers().into_iter().map(|(name, value)| {
            let is_proof = matches!(name, "authorization" | generic::SIGNATURE_HEADER);
            let value = if is_proof { begin(&value) } else { value };
            SentHeader { name, value }
        });
        let query = shown.query_text();
        let path = match (query.is_empty(), path.contains('?')) {
            (true, _) => path.to_owned(),
            (false, true) => format!("{path}&{query}"),
            (false, false) => format!("{path}?{query}"),
        };
        Self {
            method: shown.method(),
            path,
            headers: headers.collect(),
            body: shown.body_text(),
        }
    }
}

/// The beginning of a proof: enough to recognise it by.
fn begin(proof: &str) -> String {
    let shown: String = proof.chars().take(SHOWN).collect();
    format!("{shown}...")
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform_webhooks::{Saying, Sender};
    use schemas::control::IntegrationPlatform;

    #[test]
    fn of_every_proof_only_the_beginning_is_shown() {
        let saying = Saying {
            event: None,
            session: None,
            survey: "S".to_owned(),
            response: "R".to_owned(),
        };
        for (platform, secret) in [
            (IntegrationPlatform::Qualtrics, "a-shared-key"),
            (
                IntegrationPlatform::Generic,
                "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            (
                IntegrationPlatform::Decipher,
                "it_abcdefghijklmnopqrstuvwxyz",
            ),
            (
                IntegrationPlatform::Decipher,
                "sk_live_abcdefghijklmnopqrst",
            ),
        ] {
            let sender = Sender {
                platform,
                secret,
                now: "2026-11-20T10:00:00Z".parse().unwrap(),
                tamper: false,
            };
            let delivery = sender.compose(&saying, "msg_1").unwrap();
            let proofs = delivery.query.iter().chain(&delivery.headers);
            let proofs = proofs.filter(|(name, _)| {
                ["token", "authorization", generic::SIGNATURE_HEADER].contains(name)
            });
            let mut proofs: Vec<String> = proofs.map(|(_, value)| value.clone()).collect();
            if let Body::Form(fields) = &delivery.body {
                proofs.push(fields[1].1.clone());
            }
            assert_eq!(proofs.len(), 1);
            let sent = SentRequest::of(&delivery, "/path?integration=int_1");
            let shown = serde_json::to_string(&sent).unwrap();
            assert!(!shown.contains(&proofs[0]), "{shown}");
            assert!(shown.contains(&proofs[0][..7]), "{shown}");
            assert!(sent.path.starts_with("/path?integration=int_1"), "{shown}");
        }
    }
}
