//! A verdict's record as a row.
//!
//! The record is read without copies and written at once in the form in which PostgreSQL takes it; what is kept beside
//! are the few facts by which rows are ordered and folded. Lists and maps go on as the text that they came in, after they
//! have been read in full: nothing enters a table that is not a verdict. They are most of a row, so they are not copied but
//! found in the record, which is kept anyway until the row is durable.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use kafka::PackedRecord;
use schemas::control::Shadow;
use schemas::header::RecordHeaders;
use schemas::ids::{OrganisationId, SessionId};
use schemas::verdict::{
    Method, Phase, RecommendedAction, Revision, RiskLevel, SessionClass, ShadowVerdict,
    WindowStatus,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::copy::Row;
use crate::shape::{Entries, Items, Speaking};

/// Why a record is a dead letter that is not a verdict.
const MALFORMED: &str = "malformed_verdict";

/// A text that is part of the record, unless it holds an escape.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// [`schemas::verdict::VerdictRecord`], borrowed from its text.
#[derive(Debug, Deserialize)]
struct Record<'a> {
    session_id: SessionId,
    organisation: OrganisationId,
    window: i64,
    revision: Revision,
    status: WindowStatus,
    #[serde(borrow)]
    session: Facts<'a>,
    #[serde(borrow)]
    verdict: Option<Judgement<'a>>,
    risk_changed: bool,
    #[serde(borrow)]
    request_id: Option<Text<'a>>,
}

/// [`schemas::verdict::SessionFacts`].
#[derive(Debug, Deserialize)]
struct Facts<'a> {
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    #[serde(borrow)]
    platform: Option<Text<'a>>,
    #[serde(borrow)]
    survey_id: Option<Text<'a>>,
    #[serde(borrow)]
    respondent_id: Option<Text<'a>>,
}

/// [`schemas::verdict::Verdict`].
#[derive(Debug, Deserialize)]
struct Judgement<'a> {
    is_bot: bool,
    confidence_score: f64,
    risk_level: RiskLevel,
    class: SessionClass,
    #[serde(borrow)]
    method_scores: &'a RawValue,
    #[serde(borrow)]
    reasons: &'a RawValue,
    recommended_action: RecommendedAction,
    event_count: u64,
    processing_time_ms: f64,
    #[serde(borrow)]
    versions: Versions<'a>,
    #[serde(borrow)]
    data_sufficiency: &'a RawValue,
    #[serde(borrow)]
    summary: Text<'a>,
    #[serde(rename = "shadow")]
    _shadow: Option<ShadowVerdict>,
}

/// [`schemas::session::StampedVersions`].
#[derive(Debug, Deserialize)]
struct Versions<'a> {
    #[serde(borrow)]
    ruleset: Text<'a>,
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow, rename = "experiment")]
    _experiment: Option<Text<'a>>,
    #[serde(rename = "shadow")]
    _shadow: Option<Shadow>,
}

/// [`schemas::verdict::Reason`]; read only to know that it is one.
#[derive(Debug, Deserialize)]
struct ReasonShape<'a> {
    #[serde(borrow, rename = "code")]
    _code: Text<'a>,
    #[serde(rename = "method")]
    _method: Method,
    #[serde(rename = "weight")]
    _weight: f64,
    #[serde(borrow, rename = "evidence")]
    _evidence: Entries<Text<'a>, f64>,
    #[serde(borrow, rename = "text")]
    _text: Text<'a>,
}

/// [`schemas::verdict::DataSufficiency`]; read only to know that it is one.
#[derive(Debug, Deserialize)]
struct SufficiencyShape {
    #[serde(rename = "sufficient")]
    _sufficient: bool,
    #[serde(rename = "judged")]
    _judged: Items<Method>,
    #[serde(rename = "too_little")]
    _too_little: Items<Method>,
    #[serde(rename = "absent")]
    _absent: Items<Method>,
}

/// A verdict's record whose numbers fit their columns.
#[derive(Debug, PartialEq)]
pub(crate) struct VerdictRow {
    pub(crate) session: Uuid,
    generation: i32,
    window: i64,
    /// Offset and phase of the revision.
    revision: (i64, i16),
    /// Whether it is a result worth keeping: requested, final, or of another risk than before.
    pub(crate) kept: bool,
    /// The columns of the staging table behind the first two and before those of [`Self::documents`].
    values: Bytes,
    /// Where the record's value has the last columns; `None` without a verdict.
    documents: Option<[Range<u32>; DOCUMENT_COLUMNS]>,
}

/// A window of a session.
pub(crate) type WindowKey = (Uuid, i32, i64);

/// Revision, and of equal ones the first of the log.
pub(crate) type Rank = ((i64, i16), Reverse<i64>);

impl VerdictRow {
    pub(crate) fn window(&self) -> WindowKey {
        (self.session, self.generation, self.window)
    }

    /// What is compared with others of its window: the highest counts. It stands at `offset` of the log.
    pub(crate) fn rank(&self, offset: i64) -> Rank {
        (self.revision, Reverse(offset))
    }

    /// The row of a record of the verdicts topic.
    ///
    /// # Errors
    /// The reason of its dead letter.
    pub(crate) fn read(
        headers: &RecordHeaders,
        source: &PackedRecord,
    ) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(source.payload()).map_err(|_| MALFORMED)?;
        let record: Record<'_> = serde_json::from_str(text).map_err(|_| MALFORMED)?;
        if record.organisation != headers.organisation {
            return Err("organisation_differs");
        }
        let session = record.session_id.uuid();
        let mut key = Uuid::encode_buffer();
        if session.hyphenated().encode_lower(&mut key).as_bytes() != source.key() {
            return Err("key_differs");
        }
        let generation =
            i32::try_from(record.revision.generation).map_err(|_| "number_too_large")?;
        let mut values = BytesMut::with_capacity(USUAL_BYTES);
        record.write(generation, &mut Row::of(&mut values))?;
        let verdict = record.verdict.as_ref();
        let worth_keeping = record.revision.phase > Phase::Running || record.risk_changed;
        Ok(Self {
            session,
            generation,
            window: record.window,
            revision: (record.revision.offset, record.revision.phase as i16),
            kept: worth_keeping && record.verdict.is_some(),
            documents: verdict.map(|verdict| verdict.documents(text)),
            values: values.freeze(),
        })
    }

    /// Writes the columns behind the first two; `payload` is the value of the record that it was read from.
    pub(crate) fn write(&self, payload: &[u8], row: &mut Row<'_>) {
        row.encoded(&self.values);
        match &self.documents {
            Some(documents) => {
                for Range { start, end } in documents {
                    let text = payload.get(*start as usize..*end as usize);
                    row.jsonb(text.unwrap_or_default());
                }
            }
            None => {
                for _ in 0..DOCUMENT_COLUMNS {
                    row.null();
                }
            }
        }
    }
}

impl Record<'_> {
    /// Writes the values in the order of the staging table's columns.
    fn write(&self, generation: i32, row: &mut Row<'_>) -> Result<(), &'static str> {
        let facts = &self.session;
        let text = |text: &Option<Text<'_>>, row: &mut Row<'_>| {
            row.maybe(text.as_ref(), |row, text| row.text(&text.0));
        };
        row.uuid(self.session_id.uuid())
            .text(self.organisation.as_str())
            .int4(generation)
            .int8(self.window)
            .int8(self.revision.offset)
            .int2(self.revision.phase as i16)
            .text(self.status.as_str())
            .instant(facts.created_at)
            .instant(facts.updated_at)
            .maybe(facts.expires_at, Row::instant);
        text(&facts.platform, row);
        text(&facts.survey_id, row);
        text(&facts.respondent_id, row);
        text(&self.request_id, row);
        row.bool(self.risk_changed);
        match &self.verdict {
            Some(verdict) => verdict.write(row),
            None => {
                for _ in 0..JUDGEMENT_COLUMNS {
                    row.null();
                }
                row.int4(0);
                Ok(())
            }
        }
    }
}

/// Columns that [`Judgement::write`] fills, but for the last, which is never null.
const JUDGEMENT_COLUMNS: usize = 11;
/// Columns that hold a list or a map: the last ones.
const DOCUMENT_COLUMNS: usize = 3;
/// Room for the other columns of nearly every row.
const USUAL_BYTES: usize = 448;
/// What a score outside of 0 to 1 is written as: PostgreSQL refuses it.
const NO_SCORE: i16 = 999;

/// Hundredths and thousandths of a score, as PostgreSQL would round them: the one by its decimal digits, the other by the
/// number.
#[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
fn rounded(score: f64) -> [i16; 2] {
    if !(0.0..=1.0).contains(&score) {
        return [NO_SCORE; 2];
    }
    // A half that has no exact binary form lies below or above itself by less than this.
    const HALF: f64 = 0.5 + 1e-12;
    [
        (score * 100.0 + HALF).floor() as i16,
        (score * 1000.0).round_ties_even() as i16,
    ]
}

impl Judgement<'_> {
    fn write(&self, row: &mut Row<'_>) -> Result<(), &'static str> {
        fn shape<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Result<T, &'static str> {
            serde_json::from_str(value.get()).map_err(|_| MALFORMED)
        }
        let Speaking(methods) = shape(self.method_scores)?;
        shape::<Items<ReasonShape<'_>>>(self.reasons)?;
        shape::<SufficiencyShape>(self.data_sufficiency)?;
        let event_count = i64::try_from(self.event_count).map_err(|_| "number_too_large")?;
        let [hundredths, thousandths] = rounded(self.confidence_score);
        row.bool(self.is_bot)
            .hundredths(hundredths)
            .int2(thousandths)
            .text(self.risk_level.as_str())
            .text(self.class.as_str())
            .text(action(self.recommended_action))
            .float8(self.processing_time_ms)
            .int8(event_count)
            .text(&self.summary.0)
            .text(&self.versions.ruleset.0)
            .text(&self.versions.model.0)
            .int4(methods);
        Ok(())
    }

    /// Where its lists and maps stand in `text`, of which it is a part.
    fn documents(&self, text: &str) -> [Range<u32>; DOCUMENT_COLUMNS] {
        let place = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        [self.method_scores, self.reasons, self.data_sufficiency].map(|document| {
            let part = document.get();
            let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            place(start)..place(start + part.len())
        })
    }
}

fn action(action: RecommendedAction) -> &'static str {
    match action {
        RecommendedAction::Accept => "accept",
        RecommendedAction::Review => "review",
        RecommendedAction::Exclude => "exclude",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_rounded_as_postgresql_rounds_them() {
        for (score, expected) in [
            (0.0, [0, 0]),
            (0.934, [93, 934]),
            (0.9549, [95, 955]),
            (0.285, [29, 285]),
            (0.284_999, [28, 285]),
            (0.0045, [0, 4]),
            (1.0, [100, 1000]),
            (1.5, [NO_SCORE; 2]),
            (-0.1, [NO_SCORE; 2]),
            (f64::NAN, [NO_SCORE; 2]),
        ] {
            assert_eq!(rounded(score), expected, "{score}");
        }
    }
}
