//! Settings in PostgreSQL, and how a change is made.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use schemas::control::{ControlRecord, SurveySettings};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;

use super::{Derived, SettingsDocument};
use crate::auth::Caller;
use crate::error::ApiError;

const READ: &str = "SELECT s.version, s.settings, s.ruleset, s.updated_at, s.updated_by, \
        o.pending, o.published_at, o.attempts \
    FROM survey_settings s CROSS JOIN LATERAL ( \
        SELECT count(*) FILTER (WHERE o.published_at IS NULL) AS pending, max(o.published_at) AS published_at, \
            coalesce(max(o.attempts) FILTER (WHERE o.published_at IS NULL), 0) AS attempts \
        FROM settings_outbox o WHERE o.organisation = s.organisation AND o.survey_id = s.survey_id \
    ) o WHERE s.survey_id = $1";

/// Whoever changes the same survey waits here until the change before is committed.
const LOCK: &str =
    "SELECT version, settings, updated_by FROM survey_settings WHERE survey_id = $1 FOR UPDATE";

const WRITE: &str = "INSERT INTO survey_settings AS s \
        (organisation, survey_id, version, settings, ruleset, updated_at, updated_by) \
    VALUES ($1, $2, 1, $3, $4, $5, $6) \
    ON CONFLICT (organisation, survey_id) DO UPDATE SET version = s.version + 1, settings = excluded.settings, \
        ruleset = excluded.ruleset, updated_at = excluded.updated_at, updated_by = excluded.updated_by \
    WHERE $7::bigint IS NULL OR s.version = $7 \
    RETURNING version";

const REMEMBER: &str = "INSERT INTO survey_settings_history \
        (organisation, survey_id, version, settings, ruleset, changed_at, changed_by) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const TELL: &str = "INSERT INTO settings_outbox (organisation, survey_id, record_key, record_value) \
    VALUES ($1, $2, $3, $4)";

/// Settings as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) version: i64,
    pub(crate) settings: SettingsDocument,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) updated_by: String,
    pub(crate) publication: Publication,
}

/// Whether the gateways have been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PublicationState {
    /// There is nothing to tell.
    None,
    /// The control topic does not have the latest change yet.
    Pending,
    /// The control topic has it.
    Published,
}

/// What has become of the latest change on its way to the gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Publication {
    /// Whether the control topic has it.
    pub(crate) state: PublicationState,
    /// When the control topic last acknowledged a change of this survey.
    pub(crate) published_at: Option<DateTime<Utc>>,
    /// How often publishing has failed so far.
    pub(crate) failed_attempts: i32,
}

impl Publication {
    /// Of a survey without settings.
    pub(crate) const NONE: Self = Self {
        state: PublicationState::None,
        published_at: None,
        failed_attempts: 0,
    };
}

/// Which version is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whatever is there.
    Any,
    /// This one; 0 where there are no settings yet.
    Version(i64),
}

impl Expected {
    fn number(self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

impl Stored {
    /// The settings of a survey, if there are any.
    pub(crate) async fn read(
        transaction: &Transaction<'_>,
        survey: &str,
    ) -> Result<Option<Self>, ApiError> {
        let statement = transaction.prepare_cached(READ).await?;
        let row = transaction.query_opt(&statement, &[&survey]).await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    fn of_row(row: &Row) -> Result<Self, ApiError> {
        let Json(settings) = row.try_get("settings")?;
        let pending: i64 = row.try_get("pending")?;
        let published_at: Option<DateTime<Utc>> = row.try_get("published_at")?;
        // Rows that were published long ago are cleared away.
        let state = if pending > 0 {
            PublicationState::Pending
        } else {
            PublicationState::Published
        };
        Ok(Self {
            version: row.try_get("version")?,
            settings,
            updated_at: row.try_get("updated_at")?,
            updated_by: row.try_get("updated_by")?,
            publication: Publication {
                state,
                published_at,
                failed_attempts: row.try_get("attempts")?,
            },
        })
    }
}

/// A change of one survey's settings.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) survey: &'a str,
    pub(crate) expected: Expected,
    pub(crate) settings: &'a SettingsDocument,
    pub(crate) derived: &'a Derived,
    pub(crate) at: DateTime<Utc>,
}

impl Change<'_> {
    /// Makes the change, unless another one came before. The same change made again by the same caller,
    /// because its answer was lost, changes nothing.
    pub(crate) async fn make(&self, transaction: &Transaction<'_>) -> Result<(), ApiError> {
        if self.was_made(transaction).await? {
            return Ok(());
        }
        let organisation = self.caller.organisation.as_str();
        let ruleset = self.derived.versions.as_ref();
        let ruleset = ruleset.map(|versions| versions.ruleset.as_str());
        let settings = Json(self.settings);
        let write = transaction.prepare_cached(WRITE).await?;
        let written = transaction
            .query_opt(
                &write,
                &[
                    &organisation,
                    &self.survey,
                    &settings,
                    &ruleset,
                    &self.at,
                    &self.caller.actor,
                    &self.expected.number(),
                ],
            )
            .await?;
        let version: i64 = written.ok_or(ApiError::PreconditionFailed)?.try_get(0)?;
        let remember = transaction.prepare_cached(REMEMBER).await?;
        transaction
            .execute(
                &remember,
                &[
                    &organisation,
                    &self.survey,
                    &version,
                    &settings,
                    &ruleset,
                    &self.at,
                    &self.caller.actor,
                ],
            )
            .await?;
        self.tell(transaction).await
    }

    /// Whether this very change is what the settings became after the expected version.
    async fn was_made(&self, transaction: &Transaction<'_>) -> Result<bool, ApiError> {
        let lock = transaction.prepare_cached(LOCK).await?;
        let held = transaction.query_opt(&lock, &[&self.survey]).await?;
        let Expected::Version(expected) = self.expected else {
            return Ok(false);
        };
        let Some(row) = held else {
            let is_first = expected == 0;
            return if is_first {
                Ok(false)
            } else {
                Err(ApiError::PreconditionFailed)
            };
        };
        let version: i64 = row.try_get("version")?;
        let Json(settings): Json<SettingsDocument> = row.try_get("settings")?;
        let actor: &str = row.try_get("updated_by")?;
        let is_repeated = version == expected + 1
            && settings == *self.settings
            && actor == self.caller.actor.as_str();
        if version == expected || is_repeated {
            Ok(is_repeated)
        } else {
            Err(ApiError::PreconditionFailed)
        }
    }

    /// Puts what the gateways and detectors must know into the outbox: the ruleset before its name.
    async fn tell(&self, transaction: &Transaction<'_>) -> Result<(), ApiError> {
        let survey = SurveySettings {
            organisation: self.caller.organisation.clone(),
            survey_id: self.survey.to_owned(),
            versions: self.derived.versions.clone(),
        };
        let ruleset = self.derived.record(self.at).map(ControlRecord::Ruleset);
        let records = ruleset.into_iter().chain([ControlRecord::Survey(survey)]);
        let tell = transaction.prepare_cached(TELL).await?;
        let organisation = self.caller.organisation.as_str();
        for record in records {
            let value = record.encode();
            let value = value.map_err(|error| ApiError::StoredRow(error.into()))?;
            let value =
                String::from_utf8(value).map_err(|error| ApiError::StoredRow(error.into()))?;
            let key = record.key().to_string();
            transaction
                .execute(&tell, &[&organisation, &self.survey, &key, &value])
                .await?;
        }
        Ok(())
    }
}
