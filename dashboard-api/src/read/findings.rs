//! What a session has in common with others.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::verdict::{RiskLevel, score};

/// Most other sessions that are named, the newest.
const MAX_OTHERS: i64 = 20;

/// Something that the session has in common with others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Finding {
    /// What is the same: `device`.
    pub(crate) kind: String,
    /// The fingerprint that they share, a hash.
    pub(crate) fingerprint: String,
    /// How many sessions shared it, this one among them, when it was last said; perhaps more by now.
    pub(crate) sessions: i64,
    /// Broker time of the first of them.
    pub(crate) first_at: DateTime<Utc>,
    /// Broker time of the last of them.
    pub(crate) last_at: DateTime<Utc>,
    /// Probability of automation that it alone justifies, 0 to 1.
    pub(crate) score: f64,
    /// The score as a level.
    pub(crate) risk_level: RiskLevel,
    /// Stable name of the test.
    #[schema(example = "coordination.same_device")]
    pub(crate) code: String,
    /// A sentence for the analyst.
    pub(crate) text: String,
    /// The measured numbers behind it.
    pub(crate) evidence: BTreeMap<String, f64>,
    /// Other sessions that share it, newest first; at most 20.
    pub(crate) other_sessions: Vec<Uuid>,
}

/// The findings of the session `$1`, strongest first.
pub(crate) const SQL: &str = "SELECT f.kind, f.fingerprint, f.survey_id, f.sessions, f.first_at, f.last_at, \
        f.score_thousandths, f.risk_level, f.code, f.description, f.evidence \
    FROM coordination_findings f WHERE f.session_id = $1 /*within f.session_id*/ \
    ORDER BY f.score_thousandths DESC, f.kind, f.fingerprint";

/// Who else shares them, `$5` at most of each: a row for each kind of `$2`, fingerprint of `$3` and survey of `$4`, in their
/// order, without the session `$1`. They are of any day, so that opening this statement takes longer than all others of a
/// session together; most sessions have no finding, and need not ask.
pub(crate) const OTHERS: &str = "SELECT ARRAY(SELECT o.session_id FROM coordination_findings o \
        WHERE o.kind = f.kind AND o.fingerprint = f.fingerprint AND o.session_id <> $1 \
            AND o.survey_id IS NOT DISTINCT FROM f.survey_id \
        ORDER BY o.session_id DESC LIMIT $5) AS others \
    FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY f(kind, fingerprint, survey_id, place) \
    ORDER BY f.place";

impl Finding {
    /// The findings of a session, of the rows of [`SQL`].
    pub(crate) async fn of_rows(
        database: &Database,
        organisation: &OrganisationId,
        session: Uuid,
        rows: &[Row],
    ) -> Result<Vec<Self>, ApiError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let column = |name: &str| -> Result<Vec<Option<&str>>, tokio_postgres::Error> {
            rows.iter().map(|row| row.try_get(name)).collect()
        };
        let [kinds, fingerprints, surveys] = [
            column("kind")?,
            column("fingerprint")?,
            column("survey_id")?,
        ];
        let ask = Ask {
            sql: OTHERS,
            values: &[&session, &kinds, &fingerprints, &surveys, &MAX_OTHERS],
        };
        let [others] = database.fetch(organisation, [ask]).await?;
        let pairs = rows.iter().zip(&others);
        pairs
            .map(|(row, others)| Self::of_row(row, others.try_get("others")?))
            .collect()
    }

    fn of_row(row: &Row, other_sessions: Vec<Uuid>) -> Result<Self, ApiError> {
        Ok(Self {
            kind: row.try_get("kind")?,
            fingerprint: row.try_get("fingerprint")?,
            sessions: row.try_get::<_, i32>("sessions")?.into(),
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
            score: score(row.try_get("score_thousandths")?),
            risk_level: RiskLevel::stored(row.try_get("risk_level")?)?,
            code: row.try_get("code")?,
            text: row.try_get("description")?,
            evidence: row.try_get::<_, Json<_>>("evidence")?.0,
            other_sessions,
        })
    }
}
