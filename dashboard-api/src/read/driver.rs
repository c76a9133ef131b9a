//! Which index a search of sessions walks along, and the statement that does.
//!
//! Each statement gives the ids of a range that match, newest first. The index is read alone, without its table, as far
//! as it holds what the filter asks for; a row is looked at only for the rest. The texts are few and fixed, so that every
//! connection keeps their plans; a filter that is not given is a null.

use uuid::Uuid;

use crate::query::{NO_LABEL, SessionFilter};

/// What is walked along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Driver {
    /// All sessions: the index holds state, risk, class, platform, the score's bucket and whether there are findings.
    Newest,
    /// Those of one survey: its index holds the same.
    Survey,
    /// Those of one respondent, which has a table of its own.
    Respondent,
    /// Those whose latest review says one thing.
    Label,
    /// Those that share a fingerprint.
    Fingerprint,
    /// Those that a text may mean: of these surveys, these ids, or the range of ids that begin so.
    Text {
        /// Surveys that begin so.
        surveys: Vec<String>,
        /// Sessions of respondents that begin so.
        ids: Vec<Uuid>,
    },
}

impl Driver {
    /// One fingerprint or respondent is a handful of sessions, what people have labelled is little, one survey is a share of
    /// them all.
    pub(crate) fn of(filter: &SessionFilter) -> Self {
        if filter.fingerprint.is_some() {
            Self::Fingerprint
        } else if filter.respondent.is_some() {
            Self::Respondent
        } else if filter.label.is_some_and(|label| label != NO_LABEL) {
            Self::Label
        } else if filter.survey.is_some() {
            Self::Survey
        } else {
            Self::Newest
        }
    }

    /// Whether its index says all that `filter` asks, so that no row has to be looked at.
    pub(crate) fn is_exact(&self, filter: &SessionFilter) -> bool {
        // The index knows twentieths of the score; the last one has both borders.
        let is_border =
            |score: Option<i16>| score.is_none_or(|score| score % BUCKET == 0 && score < 1000);
        let mut rest = SessionFilter {
            from: None,
            to: None,
            ..filter.clone()
        };
        match self {
            Self::Newest => {}
            Self::Survey => rest.survey = None,
            Self::Respondent => {
                rest.respondent = None;
                return rest == SessionFilter::default();
            }
            Self::Label | Self::Fingerprint | Self::Text { .. } => return false,
        }
        (rest.status, rest.risk, rest.class, rest.platform) = (None, None, None, None);
        rest.finding = None;
        if is_border(rest.min_score) {
            rest.min_score = None;
        }
        if rest.max_score == Some(1000) {
            rest.max_score = None;
        }
        rest == SessionFilter::default()
    }

    /// Hours of history to look at first. Looking at little more often costs less than looking at too much once; of one
    /// respondent, or of what a text means, there is little in all of it.
    pub(crate) fn first_hours(&self) -> i64 {
        match self {
            Self::Newest => 6,
            Self::Survey => 24,
            Self::Text { surveys, .. } if !surveys.is_empty() => 24,
            Self::Label | Self::Fingerprint => 720,
            Self::Respondent | Self::Text { .. } => i64::MAX,
        }
    }

    /// The statement. Places: `$1` and `$2` are the range of ids, `$3` how many are wanted; see [`super::scan`] for the
    /// others.
    pub(crate) fn sql(&self, exact: bool) -> String {
        if exact {
            return match self {
                Self::Newest => list(FACETS, "LIMIT $3"),
                Self::Survey => list(&of_survey(), "LIMIT $3"),
                _ => others("session_respondents WHERE respondent_id = $4", "LIMIT $3"),
            };
        }
        // A limit keeps the two apart: the index is walked in its order, and rows are looked at one by one until enough
        // were found. It is never reached, but makes PostgreSQL expect to read a part only.
        let ids = match self {
            Self::Newest => list(FACETS, NO_LIMIT),
            Self::Survey => list(&of_survey(), NO_LIMIT),
            Self::Respondent => others("session_respondents WHERE respondent_id = $12", NO_LIMIT),
            Self::Label => others("session_reviews WHERE label = $20", NO_LIMIT),
            Self::Fingerprint => others(
                "coordination_findings WHERE kind = $22 AND fingerprint = $23",
                NO_LIMIT,
            ),
            Self::Text { .. } => text_ids(),
        };
        format!(
            "SELECT d.id FROM ({ids}) d CROSS JOIN LATERAL (SELECT {FACETS} AND {REST} AS matches \
                 FROM sessions WHERE id = d.id AND id >= $1 AND id < $2 /*within id*/ LIMIT 1) s \
             WHERE s.matches ORDER BY d.id DESC LIMIT $3"
        )
    }
}

/// Thousandths of one bucket of the score.
pub(crate) const BUCKET: i16 = 50;

const NO_LIMIT: &str = "LIMIT $3::bigint + 1000000000";

/// Filters that the indexes of the newest sessions and of a survey answer. A place kept for a session whose findings came
/// first is no session yet.
const FACETS: &str = "window_count > 0 \
    AND ($4::text[] IS NULL OR status = ANY($4)) \
    AND ($5::text[] IS NULL OR effective_risk = ANY($5)) \
    AND ($6::text[] IS NULL OR class = ANY($6)) \
    AND ($7::text IS NULL OR platform = $7) \
    AND ($8::smallint IS NULL OR score_bucket >= $8) \
    AND ($9::smallint IS NULL OR score_bucket <= $9) \
    AND ($10::boolean IS NULL OR (finding_count > 0) = $10)";

/// The other filters: they are answered by the row.
const REST: &str = "($11::text IS NULL OR survey_id = $11) \
    AND ($12::text IS NULL OR respondent_id = $12) \
    AND ($13::smallint IS NULL OR effective_score_thousandths >= $13) \
    AND ($14::smallint IS NULL OR effective_score_thousandths <= $14) \
    AND ($15::integer IS NULL OR methods & $15 <> 0) \
    AND ($16::text IS NULL OR (survey_id >= $16 AND survey_id < $17) \
        OR (respondent_id >= $16 AND respondent_id < $17) OR (id >= $18::uuid AND id < $19::uuid)) \
    AND ($20::text IS NULL OR $20 = coalesce((SELECT r.label FROM session_reviews r \
        WHERE r.session_id = sessions.id AND r.label <> 'cleared'), 'none')) \
    AND ($21::boolean IS NULL OR is_bot = $21)";

fn list(condition: &str, end: &str) -> String {
    format!(
        "SELECT id FROM sessions WHERE {condition} AND id >= $1 AND id < $2 /*within id*/ ORDER BY id DESC {end}"
    )
}

fn of_survey() -> String {
    format!("survey_id = $11 AND {FACETS}")
}

/// Sessions that stand in another table.
fn others(source: &str, end: &str) -> String {
    format!(
        "SELECT session_id AS id FROM {source} AND session_id >= $1 AND session_id < $2 \
             ORDER BY session_id DESC {end}"
    )
}

/// Ids of `$22`, surveys, of `$23`, ids, and of the range that begins so.
fn text_ids() -> String {
    let of_survey = list("survey_id = v", "");
    let of_range = list("id >= $18 AND id < $19", "");
    format!(
        "SELECT x.id FROM (SELECT r.id FROM unnest($22::text[]) v CROSS JOIN LATERAL ({of_survey}) r \
             UNION SELECT c.id FROM unnest($23::uuid[]) c(id) WHERE c.id >= $1 AND c.id < $2 \
             UNION ({of_range})) x ORDER BY x.id DESC OFFSET 0"
    )
}
