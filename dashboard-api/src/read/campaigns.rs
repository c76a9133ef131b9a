//! What several sessions have in common: a list, and the sessions of one.

use chrono::{DateTime, Utc};
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sessions::SessionItem;
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{CampaignPlace, CampaignQuery, IdPage, close_cursor};
use crate::verdict::{RiskLevel, score};

/// Campaigns that are looked at for one page: with a filter not all of them are shown.
const LOOKED_AT: i64 = 2000;

/// Something that several sessions have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Campaign {
    /// What is the same: `device`, `trajectory`, `rhythm`.
    pub(crate) kind: String,
    /// The fingerprint that they share, a hash.
    pub(crate) fingerprint: String,
    /// Their survey, if they have one.
    pub(crate) survey_id: Option<String>,
    /// How many sessions shared it when it was last said.
    pub(crate) sessions: i64,
    /// Broker time of the first of them.
    pub(crate) first_at: DateTime<Utc>,
    /// Broker time of the last of them.
    pub(crate) last_at: DateTime<Utc>,
    /// Highest probability of automation that it alone justifies, 0 to 1.
    pub(crate) score: f64,
    /// The score as a level.
    pub(crate) risk_level: RiskLevel,
    /// Stable name of the test.
    #[schema(example = "coordination.same_device")]
    pub(crate) code: String,
}

/// One page of campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CampaignPage {
    /// The campaigns, that with the latest session first.
    pub(crate) campaigns: Vec<Campaign>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
    /// The search stopped before the page was full: go on with `next_cursor`.
    pub(crate) partial: bool,
}

/// A campaign with a page of its sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CampaignDetails {
    /// The campaign.
    pub(crate) campaign: Campaign,
    /// Its sessions, newest first.
    pub(crate) sessions: Vec<SessionItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// A page of sessions that have something in common with one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SimilarSessions {
    /// The sessions, newest first.
    pub(crate) sessions: Vec<SimilarSession>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// A session that has something in common with another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SimilarSession {
    /// What is the same: `device`, `trajectory`, `rhythm`.
    pub(crate) kinds: Vec<String>,
    /// The session.
    pub(crate) session: SessionItem,
}

const COLUMNS: &str = "kind, fingerprint, survey_id, sessions, first_at, last_at, score_thousandths, risk_level, code";

/// From the place `$1` to `$3` on, of those looked at (`$4`) the ones of the survey `$5` and the kind `$6`; and the last
/// one looked at.
fn page_sql() -> String {
    format!(
        "SELECT {COLUMNS}, place, is_last, matches FROM (SELECT c.*, row_number() OVER w AS place, \
             lead(c.last_at) OVER w IS NULL AS is_last, \
             (($5::text IS NULL OR c.survey_id = $5) AND ($6::text IS NULL OR c.kind = $6)) IS TRUE AS matches \
         FROM (SELECT * FROM campaigns WHERE $1::timestamptz IS NULL OR (last_at <= $1 \
                 AND (last_at < $1 OR kind > $2 OR (kind = $2 AND fingerprint > $3))) \
             ORDER BY last_at DESC, kind, fingerprint LIMIT $4) c \
         WINDOW w AS (ORDER BY c.last_at DESC, c.kind, c.fingerprint)) d \
         WHERE matches OR is_last ORDER BY last_at DESC, kind, fingerprint LIMIT $7"
    )
}

impl CampaignPage {
    /// Reads a page.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        query: &CampaignQuery,
    ) -> Result<Self, ApiError> {
        let wanted = i64::try_from(query.limit + 1).unwrap_or(i64::MAX);
        let place = query.after.as_ref();
        let (at, kind, fingerprint) = (
            place.map(|place| place.at),
            place.map(|place| place.kind.as_str()),
            place.map(|place| place.fingerprint.as_str()),
        );
        let values: [&(dyn ToSql + Sync); 7] = [
            &at,
            &kind,
            &fingerprint,
            &LOOKED_AT,
            &query.survey,
            &query.kind,
            &wanted,
        ];
        let ask = Ask {
            sql: &page_sql(),
            values: &values,
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        Self::of_rows(&rows, query.limit)
    }

    fn of_rows(rows: &[Row], limit: usize) -> Result<Self, ApiError> {
        let mut campaigns = Vec::with_capacity(rows.len());
        let mut stopped_at = None;
        for row in rows {
            let campaign = Campaign::of_row(row)?;
            if row.try_get("is_last")? && row.try_get::<_, i64>("place")? == LOOKED_AT {
                stopped_at = Some(campaign.place());
            }
            if row.try_get("matches")? {
                campaigns.push(campaign);
            }
        }
        let has_more = campaigns.len() > limit;
        campaigns.truncate(limit);
        let next = if has_more {
            campaigns.last().map(Campaign::place)
        } else {
            stopped_at.clone()
        };
        Ok(Self {
            partial: !has_more && stopped_at.is_some(),
            campaigns,
            next_cursor: next.map(|place| place.close()),
        })
    }
}

impl Campaign {
    /// The latest campaigns of a survey: `values` are its name and how many.
    pub(crate) fn latest_of_survey<'a>(values: &'a [&'a (dyn ToSql + Sync)]) -> Ask<'a> {
        Ask {
            sql: "SELECT * FROM (SELECT * FROM campaigns ORDER BY last_at DESC, kind, fingerprint LIMIT 2000) c \
                 WHERE survey_id = $1 ORDER BY last_at DESC, kind, fingerprint LIMIT $2",
            values,
        }
    }

    /// The campaign of a row of `campaigns`.
    pub(crate) fn of_row(row: &Row) -> Result<Self, ApiError> {
        Ok(Self {
            kind: row.try_get("kind")?,
            fingerprint: row.try_get("fingerprint")?,
            survey_id: row.try_get("survey_id")?,
            sessions: row.try_get::<_, i32>("sessions")?.into(),
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
            score: score(row.try_get("score_thousandths")?),
            risk_level: RiskLevel::stored(row.try_get("risk_level")?)?,
            code: row.try_get("code")?,
        })
    }

    fn place(&self) -> CampaignPlace {
        CampaignPlace {
            at: self.last_at,
            kind: self.kind.clone(),
            fingerprint: self.fingerprint.clone(),
        }
    }
}

/// Cuts ids to the page and says where the next one begins.
fn cut(ids: &mut Vec<Uuid>, limit: usize) -> Option<String> {
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    ids.last()
        .filter(|_| has_more)
        .map(|last| close_cursor(*last))
}

impl CampaignDetails {
    /// Reads a campaign and a page of its sessions.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        (kind, fingerprint): (&str, &str),
        page: &IdPage,
    ) -> Result<Self, ApiError> {
        let wanted = i64::try_from(page.limit + 1).unwrap_or(i64::MAX);
        let before = page.before.unwrap_or(Uuid::max());
        let one = format!("SELECT {COLUMNS} FROM campaigns WHERE kind = $1 AND fingerprint = $2");
        let asks = [
            Ask {
                sql: &one,
                values: &[&kind, &fingerprint],
            },
            Ask {
                sql: "SELECT session_id FROM coordination_findings WHERE kind = $1 AND fingerprint = $2 \
                    AND session_id < $3 ORDER BY session_id DESC LIMIT $4",
                values: &[&kind, &fingerprint, &before, &wanted],
            },
        ];
        let [campaign, ids] = database.fetch(organisation, asks).await?;
        let campaign = campaign.first().ok_or(ApiError::UnknownCampaign)?;
        let ids: Result<Vec<Uuid>, _> = ids.iter().map(|row| row.try_get(0)).collect();
        let mut ids = ids?;
        let next_cursor = cut(&mut ids, page.limit);
        Ok(Self {
            campaign: Campaign::of_row(campaign)?,
            sessions: SessionItem::of_ids(database, organisation, &ids).await?,
            next_cursor,
        })
    }
}

/// Of each fingerprint of the session `$1` the newest `$3` others below `$2`.
pub(crate) const SIMILAR: &str = "SELECT o.session_id, array_agg(DISTINCT f.kind ORDER BY f.kind) AS kinds FROM ( \
        SELECT kind, fingerprint, survey_id FROM coordination_findings WHERE session_id = $1 \
        ORDER BY score_thousandths DESC, kind, fingerprint LIMIT 20) f \
    CROSS JOIN LATERAL (SELECT session_id FROM coordination_findings WHERE kind = f.kind \
        AND fingerprint = f.fingerprint AND session_id < $2 AND session_id <> $1 \
        AND survey_id IS NOT DISTINCT FROM f.survey_id ORDER BY session_id DESC LIMIT $3) o \
    GROUP BY 1 ORDER BY 1 DESC LIMIT $3";

impl SimilarSessions {
    /// Reads a page.
    pub(crate) async fn read(
        database: &Database,
        organisation: &OrganisationId,
        id: SessionId,
        page: &IdPage,
    ) -> Result<Self, ApiError> {
        let wanted = i64::try_from(page.limit + 1).unwrap_or(i64::MAX);
        let before = page.before.unwrap_or(Uuid::max());
        let ask = Ask {
            sql: SIMILAR,
            values: &[&id.uuid(), &before, &wanted],
        };
        let [rows] = database.fetch(organisation, [ask]).await?;
        let mut ids = Vec::with_capacity(rows.len());
        let mut kinds = std::collections::HashMap::new();
        for row in &rows {
            let other: Uuid = row.try_get("session_id")?;
            ids.push(other);
            kinds.insert(other, row.try_get::<_, Vec<String>>("kinds")?);
        }
        let next_cursor = cut(&mut ids, page.limit);
        let sessions = SessionItem::of_ids(database, organisation, &ids).await?;
        let sessions = sessions.into_iter().map(|session| SimilarSession {
            kinds: kinds.remove(&session.session_id).unwrap_or_default(),
            session,
        });
        Ok(Self {
            sessions: sessions.collect(),
            next_cursor,
        })
    }
}
