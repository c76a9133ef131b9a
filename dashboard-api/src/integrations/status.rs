//! How the integrations of an organisation stand: what the control topic says of them, and what last came.

use chrono::{DateTime, Utc};
use control::ControlState;
use deadpool_postgres::Transaction;
use schemas::control::{ApiKeyRecord, Integration, KeyKind, KeyMode};
use schemas::ids::OrganisationId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Most integrations and most keys that are shown.
const MOST: usize = 200;

/// The last notice of each outcome, of each integration that is asked for.
const LAST: &str = "SELECT wanted.id, outcomes.name, found.received_at, found.kind, found.event \
    FROM unnest($1::text[]) AS wanted (id) \
    CROSS JOIN (VALUES ('session_completed'), ('noted'), ('unmatched')) AS outcomes (name) \
    CROSS JOIN LATERAL (SELECT received_at, kind, event FROM integration_deliveries \
        WHERE integration = wanted.id AND outcome = outcomes.name \
        ORDER BY received_at DESC, log_partition DESC, log_offset DESC LIMIT 1) AS found";

/// The last notice of its outcome.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LastNotice {
    /// When the gateway took it.
    received_at: DateTime<Utc>,
    /// What it says.
    kind: String,
    /// The platform's own name of the event.
    event: String,
}

/// One integration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationStatus {
    /// Its public name, part of the address that the platform calls.
    id: String,
    /// `qualtrics`, `decipher` or `generic`.
    platform: &'static str,
    /// What people call it.
    name: Option<String>,
    /// Whether its webhooks are taken.
    is_active: bool,
    /// How many secrets it has: none for Decipher, two while they are exchanged.
    secrets: usize,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// When any notice of it was last taken.
    last_received_at: Option<DateTime<Utc>>,
    /// The last that ended a session.
    last_matched: Option<LastNotice>,
    /// The last that told the end of a response and named no session of the organisation.
    last_unmatched: Option<LastNotice>,
    /// The last of any other kind.
    last_noted: Option<LastNotice>,
}

/// A publishable key, which pages begin sessions with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyHint {
    /// Its public name.
    id: String,
    /// What people call it.
    name: Option<String>,
    /// Whether its sessions are trials.
    is_test: bool,
    /// Its last four characters.
    hint: String,
}

/// How the integrations stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationsStatus {
    /// Whether the test console knows a gateway.
    can_test: bool,
    /// The integrations, revoked ones included.
    integrations: Vec<IntegrationStatus>,
    /// Publishable keys that are accepted now.
    publishable_keys: Vec<KeyHint>,
}

impl IntegrationsStatus {
    /// What the control topic says; what last came is read after it.
    pub(crate) fn configured(
        state: &ControlState,
        organisation: &OrganisationId,
        (can_test, now): (bool, DateTime<Utc>),
    ) -> Self {
        let ours = state
            .all_integrations()
            .filter(|found| found.organisation == *organisation);
        Self {
            can_test,
            integrations: ours
                .take(MOST)
                .map(|found| IntegrationStatus::of(found))
                .collect(),
            publishable_keys: KeyHint::publishable(state, organisation, now),
        }
    }

    /// Reads what last came; the transaction sees one organisation's rows.
    pub(crate) async fn read_last(
        mut self,
        transaction: &Transaction<'_>,
    ) -> Result<Self, ApiError> {
        let ids: Vec<&str> = self
            .integrations
            .iter()
            .map(|found| found.id.as_str())
            .collect();
        let statement = transaction.prepare_cached(LAST).await?;
        let rows = transaction.query(&statement, &[&ids]).await?;
        for row in rows {
            let (id, outcome): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let last = LastNotice {
                received_at: row.try_get(2)?,
                kind: row.try_get(3)?,
                event: row.try_get(4)?,
            };
            if let Some(found) = self.integrations.iter_mut().find(|found| found.id == id) {
                found.take(&outcome, last);
            }
        }
        Ok(self)
    }
}

impl IntegrationStatus {
    fn of(record: &Integration) -> Self {
        Self {
            id: record.id.to_string(),
            platform: record.platform.as_str(),
            name: record.name.clone(),
            is_active: record.is_active(),
            secrets: record.secrets.len(),
            created_at: record.created_at,
            revoked_at: record.revoked_at,
            last_received_at: None,
            last_matched: None,
            last_unmatched: None,
            last_noted: None,
        }
    }

    fn take(&mut self, outcome: &str, last: LastNotice) {
        self.last_received_at = self.last_received_at.max(Some(last.received_at));
        match outcome {
            "session_completed" => self.last_matched = Some(last),
            "unmatched" => self.last_unmatched = Some(last),
            _ => self.last_noted = Some(last),
        }
    }
}

impl KeyHint {
    /// The publishable keys of an organisation that are accepted at `now`.
    pub(crate) fn publishable(
        state: &ControlState,
        organisation: &OrganisationId,
        now: DateTime<Utc>,
    ) -> Vec<Self> {
        let is_shown = |key: &&std::sync::Arc<ApiKeyRecord>| {
            let is_ours = key.organisation == *organisation;
            is_ours && key.kind == KeyKind::Publishable && key.is_active(now)
        };
        let keys = state.keys().filter(is_shown).take(MOST);
        keys.map(|key| Self::of(key)).collect()
    }

    fn of(record: &ApiKeyRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name.clone(),
            is_test: record.mode == KeyMode::Test,
            hint: record.hint.clone(),
        }
    }
}
