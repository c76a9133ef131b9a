//! Verdicts and findings. A verdict becomes the latest state of its window, perhaps a stored result, and the session's
//! headline; a finding stands beside them, and the session's effective risk is the higher of both.
//!
//! A record that is not what it says (its key, its header and its value must name the same session and organisation) is
//! a dead letter; so is one that PostgreSQL refuses, which the writer finds out.

use deadpool_postgres::Transaction;
use kafka::OwnedRecord;
use schemas::header::{HeaderError, RecordHeaders, RecordType};
use schemas::verdict::{RecommendedAction, Verdict, VerdictRecord};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

use crate::destination::{Decoded, Destination, Staged};
use crate::findings::{self, FindingRow};
use crate::verdict_sql;

/// Stores verdicts and findings.
#[derive(Debug)]
pub(crate) struct Verdicts;

/// A row of either kind.
#[derive(Debug, PartialEq)]
pub(crate) enum Row {
    Verdict(Box<VerdictRow>),
    Finding(Box<FindingRow>),
}

impl Row {
    fn session(&self) -> Uuid {
        match self {
            Self::Verdict(row) => row.record.session_id.uuid(),
            Self::Finding(row) => row.session(),
        }
    }
}

/// A verdict record whose numbers fit their columns.
#[derive(Debug, PartialEq)]
pub(crate) struct VerdictRow {
    record: VerdictRecord,
    generation: i32,
    event_count: Option<i64>,
}

/// The row of a record of the verdicts topic.
///
/// # Errors
/// The reason of its dead letter.
fn read_verdict(headers: &RecordHeaders, source: &OwnedRecord) -> Result<VerdictRow, &'static str> {
    let record: VerdictRecord =
        serde_json::from_slice(&source.payload).map_err(|_| "malformed_verdict")?;
    if record.organisation != headers.organisation {
        return Err("organisation_differs");
    }
    if record.session_id.to_string().as_bytes() != source.key {
        return Err("key_differs");
    }
    let counted = record
        .verdict
        .as_ref()
        .map(|verdict| i64::try_from(verdict.event_count));
    let row = VerdictRow {
        generation: i32::try_from(record.revision.generation).map_err(|_| "number_too_large")?,
        event_count: counted.transpose().map_err(|_| "number_too_large")?,
        record,
    };
    Ok(row)
}

impl Destination for Verdicts {
    type Row = Row;

    const NAME: &'static str = "verdicts";

    fn decode(&self, record: &OwnedRecord) -> Decoded<Row> {
        let headers = record.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_slice()));
        match RecordHeaders::decode(headers) {
            // A type of a later version of Candor is not this sink's.
            Err(HeaderError::Unknown { name: "ce_type" }) => Decoded::Skip("other_type"),
            Err(error) => Decoded::Poison(error.kind()),
            Ok(headers) => {
                let row = match headers.record_type {
                    RecordType::Verdict => {
                        read_verdict(&headers, record).map(|row| Row::Verdict(Box::new(row)))
                    }
                    RecordType::CoordinationFinding => {
                        findings::read(&headers, record).map(|row| Row::Finding(Box::new(row)))
                    }
                    _ => return Decoded::Skip("other_type"),
                };
                row.map_or_else(Decoded::Poison, Decoded::Row)
            }
        }
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        rows: &[Staged<Row>],
    ) -> Result<(), tokio_postgres::Error> {
        let (mut verdicts, mut findings) = (Vec::new(), Vec::new());
        for Staged { item, row } in rows {
            match row {
                Row::Verdict(row) => verdicts.push((item.record.offset, &**row)),
                Row::Finding(row) => findings.push((item.record.offset, &**row)),
            }
        }
        if !verdicts.is_empty() {
            copy_rows(transaction, &verdicts).await?;
            execute(transaction, verdict_sql::UPSERT_WINDOWS).await?;
            execute(transaction, verdict_sql::INSERT_RESULTS).await?;
        }
        if !findings.is_empty() {
            findings::copy_rows(transaction, &findings).await?;
            execute(transaction, verdict_sql::UPSERT_FINDINGS).await?;
        }
        let mut ids: Vec<Uuid> = rows.iter().map(|staged| staged.row.session()).collect();
        ids.sort_unstable();
        ids.dedup();
        write_sessions(transaction, &ids).await
    }
}

async fn execute(
    transaction: &Transaction<'_>,
    statement: &str,
) -> Result<(), tokio_postgres::Error> {
    let statement = transaction.prepare_cached(statement).await?;
    transaction.execute(&statement, &[]).await.map(drop)
}

/// Brings the sessions of those ids, which are sorted, to what their windows and findings say.
async fn write_sessions(
    transaction: &Transaction<'_>,
    ids: &[Uuid],
) -> Result<(), tokio_postgres::Error> {
    let (Some(lowest), Some(highest)) = (ids.first(), ids.last()) else {
        return Ok(());
    };
    let parameters: [&(dyn ToSql + Sync); 3] = [&ids, lowest, highest];
    let lock = transaction
        .prepare_cached(verdict_sql::LOCK_SESSIONS)
        .await?;
    let existing: i64 = transaction.query_one(&lock, &parameters).await?.get(0);
    let existing = u64::try_from(existing).unwrap_or_default();
    let missing = ids.len() as u64 - existing;
    let mut raced = false;
    if missing > 0 {
        let insert = transaction
            .prepare_cached(&verdict_sql::insert_sessions())
            .await?;
        raced = transaction.execute(&insert, &parameters).await? < missing;
    }
    if raced {
        // Another sink inserted some of them meanwhile, from the rows that it saw.
        transaction.query_one(&lock, &parameters).await?;
    }
    if existing > 0 || raced {
        let update = transaction
            .prepare_cached(&verdict_sql::update_sessions())
            .await?;
        transaction.execute(&update, &parameters).await?;
    }
    Ok(())
}

const TYPES: [Type; 29] = [
    Type::INT8,
    Type::UUID,
    Type::TEXT,
    Type::INT4,
    Type::INT8,
    Type::INT8,
    Type::INT2,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::BOOL,
    Type::BOOL,
    Type::FLOAT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::FLOAT8,
    Type::INT8,
    Type::TEXT,
    Type::JSONB,
    Type::JSONB,
    Type::JSONB,
    Type::TEXT,
    Type::TEXT,
];

async fn copy_rows(
    transaction: &Transaction<'_>,
    rows: &[(i64, &VerdictRow)],
) -> Result<(), tokio_postgres::Error> {
    let sink = transaction.copy_in(verdict_sql::COPY).await?;
    let copy = BinaryCopyInWriter::new(sink, &TYPES);
    let mut copy = std::pin::pin!(copy);
    for (log_offset, row) in rows {
        let record = &row.record;
        let (session, verdict) = (&record.session, record.verdict.as_ref());
        let versions = verdict.map(|verdict| &verdict.versions);
        let fields: [&(dyn ToSql + Sync); TYPES.len()] = [
            log_offset,
            &record.session_id.uuid(),
            &record.organisation.as_str(),
            &row.generation,
            &record.window,
            &record.revision.offset,
            &(record.revision.phase as i16),
            &record.status.as_str(),
            &session.created_at,
            &session.updated_at,
            &session.expires_at,
            &session.platform,
            &session.survey_id,
            &session.respondent_id,
            &record.request_id,
            &record.risk_changed,
            &verdict.map(|verdict| verdict.is_bot),
            &verdict.map(|verdict| verdict.confidence_score),
            &verdict.map(|verdict| verdict.risk_level.as_str()),
            &verdict.map(|verdict| verdict.class.as_str()),
            &verdict.map(action_of),
            &verdict.map(|verdict| verdict.processing_time_ms),
            &row.event_count,
            &verdict.map(|verdict| verdict.summary.as_str()),
            &verdict.map(|verdict| Json(&verdict.method_scores)),
            &verdict.map(|verdict| Json(&verdict.reasons)),
            &verdict.map(|verdict| Json(&verdict.data_sufficiency)),
            &versions.map(|versions| versions.ruleset.as_str()),
            &versions.map(|versions| versions.model.as_str()),
        ];
        copy.as_mut().write(&fields).await?;
    }
    copy.as_mut().finish().await?;
    Ok(())
}

fn action_of(verdict: &Verdict) -> &'static str {
    match verdict.recommended_action {
        RecommendedAction::Accept => "accept",
        RecommendedAction::Review => "review",
        RecommendedAction::Exclude => "exclude",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../schemas/golden/candor.verdict.v1.json");
    const KEY: &str = "019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d";

    fn record(key: &str, organisation: &str, record_type: &str, payload: &str) -> OwnedRecord {
        let headers = [("ce_type", record_type), ("candor_org", organisation)];
        OwnedRecord {
            topic: "t".to_owned(),
            partition: 0,
            offset: 1,
            timestamp_ms: 0,
            key: key.into(),
            payload: payload.into(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.into()))
                .to_vec(),
        }
    }

    #[test]
    fn the_golden_verdict_becomes_a_row() {
        let decoded = Verdicts.decode(&record(KEY, "acme", "candor.verdict.v1", GOLDEN));
        let Decoded::Row(Row::Verdict(row)) = decoded else {
            panic!("{decoded:?}");
        };
        assert_eq!((row.generation, row.event_count), (1, Some(431)));
    }

    #[test]
    fn a_record_that_is_not_what_it_says_is_poison() {
        let kind = "candor.verdict.v1";
        let other = "019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3e";
        let too_large = GOLDEN.replace("\"generation\":1", "\"generation\":4294967295");
        for (source, expected) in [
            (
                record(KEY, "acme", kind, "{"),
                Decoded::Poison("malformed_verdict"),
            ),
            (
                record(other, "acme", kind, GOLDEN),
                Decoded::Poison("key_differs"),
            ),
            (
                record(KEY, "other", kind, GOLDEN),
                Decoded::Poison("organisation_differs"),
            ),
            (
                record(KEY, "Bad Name", kind, GOLDEN),
                Decoded::Poison("header_unknown"),
            ),
            (
                record(KEY, "acme", kind, &too_large),
                Decoded::Poison("number_too_large"),
            ),
            (
                record(KEY, "acme", "candor.fingerprint.v1", "{}"),
                Decoded::Skip("other_type"),
            ),
        ] {
            assert_eq!(Verdicts.decode(&source), expected);
        }
    }
}
