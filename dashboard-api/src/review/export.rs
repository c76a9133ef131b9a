//! Every label of an organisation as JSON Lines: for training, page by page in constant memory.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use futures::Stream;
use futures::stream::try_unfold;
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::labels::Label;
use crate::database::Database;
use crate::error::ApiError;
use crate::verdict::{SessionClass, score};

/// Lines that are read at a time.
const PAGE: i64 = 1000;

const READ: &str = "SELECT r.session_id, r.label, r.note, r.actor, r.labelled_at, s.survey_id, s.platform, s.class, \
        s.score_thousandths \
    FROM (SELECT * FROM session_reviews WHERE session_id > $1 AND label <> 'cleared' \
        ORDER BY session_id LIMIT $2) r \
    LEFT JOIN sessions s ON s.id = r.session_id ORDER BY r.session_id";

/// One line of the export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct LabelLine {
    /// The session.
    pub(crate) session_id: Uuid,
    /// What it was found to be.
    pub(crate) label: Label,
    /// Why.
    pub(crate) note: Option<String>,
    /// Who said it.
    pub(crate) actor: String,
    /// When.
    pub(crate) labelled_at: DateTime<Utc>,
    /// Survey; absent when the session is not stored (any more), like what follows.
    pub(crate) survey_id: Option<String>,
    /// Survey platform.
    pub(crate) platform: Option<String>,
    /// What it looked like to the detector.
    pub(crate) class: Option<SessionClass>,
    /// The detector's score, 0 to 1.
    pub(crate) confidence_score: Option<f64>,
}

impl LabelLine {
    fn of(row: &Row) -> Result<Self, ApiError> {
        let class: Option<&str> = row.try_get("class")?;
        Ok(Self {
            session_id: row.try_get("session_id")?,
            label: Label::stored(row.try_get("label")?)?,
            note: row.try_get("note")?,
            actor: row.try_get("actor")?,
            labelled_at: row.try_get("labelled_at")?,
            survey_id: row.try_get("survey_id")?,
            platform: row.try_get("platform")?,
            class: class.map(SessionClass::stored).transpose()?,
            confidence_score: row
                .try_get::<_, Option<i16>>("score_thousandths")?
                .map(score),
        })
    }
}

/// The lines after a session, and the last of them when there may be more.
async fn page(
    transaction: &Transaction<'_>,
    after: Uuid,
) -> Result<(Vec<u8>, Option<Uuid>), ApiError> {
    let statement = transaction.prepare_cached(READ).await?;
    let rows = transaction.query(&statement, &[&after, &PAGE]).await?;
    let (mut lines, mut last) = (Vec::new(), None);
    for row in &rows {
        let line = LabelLine::of(row)?;
        let written = serde_json::to_writer(&mut lines, &line);
        written.map_err(|error| ApiError::StoredRow(error.into()))?;
        lines.push(b'\n');
        last = Some(line.session_id);
    }
    let is_full = i64::try_from(rows.len()) == Ok(PAGE);
    Ok((lines, last.filter(|_| is_full)))
}

/// Every label that holds, as pieces of text, in the order of the sessions. The first piece is read at
/// once, so that a database that is away is an answer and not an end.
pub(crate) async fn label_pages(
    database: Database,
    organisation: OrganisationId,
) -> Result<impl Stream<Item = Result<Vec<u8>, ApiError>>, ApiError> {
    let read = async |transaction: &Transaction<'_>| page(transaction, Uuid::nil()).await;
    let (first, next) = database.read_primary(&organisation, read).await?;
    let first = futures::stream::iter([Ok(first)]);
    let rest = try_unfold((database, organisation, next), async |state| {
        let (database, organisation, next) = state;
        let Some(after) = next else {
            return Ok(None);
        };
        let read = async |transaction: &Transaction<'_>| page(transaction, after).await;
        let (lines, next) = database.read_primary(&organisation, read).await?;
        Ok(Some((lines, (database, organisation, next))))
    });
    Ok(futures::StreamExt::chain(first, rest))
}
