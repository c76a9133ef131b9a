//! What a text in a search may mean: surveys and respondents that begin with it.
//!
//! Both are looked up in an index first. A text that begins so many that they are no help is compared with the rows of
//! the newest sessions instead: there it is found often.

use schemas::ids::OrganisationId;
use uuid::Uuid;

use super::driver::Driver;
use crate::database::{Ask, Database};
use crate::error::ApiError;
use crate::query::{SessionFilter, id_floor};

/// Most surveys that are walked one by one.
const MAX_SURVEYS: usize = 50;
/// Most sessions of respondents that are taken one by one.
const MAX_SESSIONS: usize = 2000;

/// Names one after the other, each by one look into the index.
const SURVEYS: &str = "WITH RECURSIVE name(survey_id, place) AS ( \
        (SELECT survey_id, 1::bigint FROM session_rollups WHERE survey_id >= $1 AND survey_id < $2 ORDER BY survey_id LIMIT 1) \
        UNION ALL \
        SELECT (SELECT r.survey_id FROM session_rollups r WHERE r.survey_id > name.survey_id AND r.survey_id < $2 \
            ORDER BY r.survey_id LIMIT 1), place + 1 \
        FROM name WHERE survey_id IS NOT NULL AND place < $3 \
    ) SELECT survey_id FROM name WHERE survey_id IS NOT NULL";

const RESPONDENTS: &str = "SELECT session_id FROM session_respondents \
    WHERE respondent_id >= $1 AND respondent_id < $2 AND session_id >= $3 AND session_id < $4 LIMIT $5";

/// Above every text that begins with `prefix`: these columns are compared by their bytes.
pub(crate) fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// How to search for the text of `filter`, if there is one and it is of help.
pub(crate) async fn look_up(
    database: &Database,
    organisation: &OrganisationId,
    filter: &SessionFilter,
) -> Result<Option<Driver>, ApiError> {
    let Some(prefix) = &filter.prefix else {
        return Ok(None);
    };
    let end = end_of(prefix);
    let surveys = i64::try_from(MAX_SURVEYS + 1).unwrap_or(i64::MAX);
    let sessions = i64::try_from(MAX_SESSIONS + 1).unwrap_or(i64::MAX);
    let first_id = filter.from.map_or(Uuid::nil(), id_floor);
    let end_id = filter.to.map_or(Uuid::max(), id_floor);
    let asks = [
        Ask {
            sql: SURVEYS,
            values: &[prefix, &end, &surveys],
        },
        Ask {
            sql: RESPONDENTS,
            values: &[prefix, &end, &first_id, &end_id, &sessions],
        },
    ];
    let [surveys, ids] = database.fetch(organisation, asks).await?;
    if surveys.len() > MAX_SURVEYS || ids.len() > MAX_SESSIONS {
        return Ok(None);
    }
    let surveys: Result<Vec<String>, _> = surveys.iter().map(|row| row.try_get(0)).collect();
    let ids: Result<Vec<Uuid>, _> = ids.iter().map(|row| row.try_get(0)).collect();
    Ok(Some(Driver::Text {
        surveys: surveys?,
        ids: ids?,
    }))
}
