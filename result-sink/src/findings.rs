//! Findings about several sessions, one record for each of them.

use deadpool_postgres::Transaction;
use kafka::PackedRecord;
use schemas::coordination::CoordinationFinding;
use schemas::header::RecordHeaders;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

use crate::verdict_sql;

/// A finding whose numbers fit their columns.
#[derive(Debug, PartialEq)]
pub(crate) struct FindingRow {
    finding: CoordinationFinding,
    sessions: i32,
}

impl FindingRow {
    pub(crate) fn session(&self) -> Uuid {
        self.finding.session_id.uuid()
    }
}

/// The row of a finding's record.
///
/// # Errors
/// The reason of its dead letter.
pub(crate) fn read(
    headers: &RecordHeaders,
    source: &PackedRecord,
) -> Result<FindingRow, &'static str> {
    let finding: CoordinationFinding =
        serde_json::from_slice(source.payload()).map_err(|_| "malformed_finding")?;
    if finding.organisation != headers.organisation {
        return Err("organisation_differs");
    }
    if finding.session_id.to_string().as_bytes() != source.key() {
        return Err("key_differs");
    }
    Ok(FindingRow {
        sessions: i32::try_from(finding.sessions).map_err(|_| "number_too_large")?,
        finding,
    })
}

const TYPES: [Type; 15] = [
    Type::INT8,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::INT4,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::FLOAT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::JSONB,
];

/// Stages rows, each with the offset of its record.
pub(crate) async fn copy_rows(
    transaction: &Transaction<'_>,
    rows: &[(i64, &FindingRow)],
) -> Result<(), tokio_postgres::Error> {
    let sink = transaction.copy_in(verdict_sql::COPY_FINDINGS).await?;
    let copy = BinaryCopyInWriter::new(sink, &TYPES);
    let mut copy = std::pin::pin!(copy);
    for (log_offset, FindingRow { finding, sessions }) in rows {
        let fields: [&(dyn ToSql + Sync); TYPES.len()] = [
            log_offset,
            &finding.session_id.uuid(),
            &finding.organisation.as_str(),
            &finding.kind.as_str(),
            &finding.fingerprint.to_string(),
            &finding.survey_id,
            &i64::from(finding.revision),
            sessions,
            &finding.first_at,
            &finding.last_at,
            &finding.score,
            &finding.risk_level.as_str(),
            &finding.code,
            &finding.text,
            &Json(&finding.evidence),
        ];
        copy.as_mut().write(&fields).await?;
    }
    copy.as_mut().finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{Decoded, Destination};
    use crate::verdicts::{Row, Verdicts};
    use kafka::OwnedRecord;

    const GOLDEN: &str = include_str!("../../schemas/golden/candor.coordination.finding.v1.json");
    const KEY: &str = "019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d";

    fn decode(key: &str, organisation: &str, payload: &str) -> Decoded<Row> {
        let kind = "candor.coordination.finding.v1";
        let headers = [("ce_type", kind), ("candor_org", organisation)];
        let record = OwnedRecord {
            topic: "t".to_owned(),
            partition: 0,
            offset: 1,
            timestamp_ms: 0,
            key: key.into(),
            payload: payload.into(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.into()))
                .to_vec(),
        };
        Verdicts.decode(&PackedRecord::of(&record.as_record()))
    }

    #[test]
    fn the_golden_finding_becomes_a_row() {
        let decoded = decode(KEY, "acme", GOLDEN);
        let Decoded::Row(Row::Finding(row)) = decoded else {
            panic!("{decoded:?}");
        };
        assert_eq!(
            (row.sessions, row.session().to_string()),
            (6, KEY.to_owned())
        );
    }

    #[test]
    fn a_finding_that_is_not_what_it_says_is_poison() {
        let other = KEY.replace("3d", "3e");
        let too_large = GOLDEN.replace("\"sessions\":6,", "\"sessions\":4294967295,");
        let bad_hash = GOLDEN.replace("6f1d0c8a", "6F1D0C8A");
        for (decoded, reason) in [
            (decode(KEY, "acme", "{"), "malformed_finding"),
            (decode(KEY, "acme", &bad_hash), "malformed_finding"),
            (decode(&other, "acme", GOLDEN), "key_differs"),
            (decode(KEY, "other", GOLDEN), "organisation_differs"),
            (decode(KEY, "acme", &too_large), "number_too_large"),
        ] {
            assert_eq!(decoded, Decoded::Poison(reason));
        }
    }
}
