//! Verdicts and findings. A verdict becomes the latest state of its window, perhaps a stored result, and the session's
//! headline; a finding stands beside them, and the session's effective risk is the higher of both.
//!
//! A record that is not what it says (its key, its header and its value must name the same session and organisation) is
//! a dead letter; so is one that PostgreSQL refuses, which the writer finds out.

use std::cmp::Reverse;
use std::collections::HashMap;

use deadpool_postgres::Transaction;
use kafka::PackedRecord;
use schemas::header::{HeaderError, RecordHeaders, RecordType};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::buffer::WorkItem;
use crate::copy::Copy;
use crate::destination::{Decoded, Destination, Staged};
use crate::findings::{self, FindingRow};
use crate::verdict_row::{Rank, VerdictRow, WindowKey};
use crate::verdict_sql;

/// Stores verdicts and findings.
#[derive(Debug, Clone)]
pub(crate) struct Verdicts;

/// A row of either kind.
#[derive(Debug, PartialEq)]
pub(crate) enum Row {
    Verdict(VerdictRow),
    Finding(Box<FindingRow>),
}

impl Row {
    fn session(&self) -> Uuid {
        match self {
            Self::Verdict(row) => row.session,
            Self::Finding(row) => row.session(),
        }
    }
}

impl Destination for Verdicts {
    type Row = Row;

    const NAME: &'static str = "verdicts";

    fn decode(&self, record: &PackedRecord) -> Decoded<Row> {
        match RecordHeaders::decode(record.headers()) {
            // A type of a later version of Candor is not this sink's.
            Err(HeaderError::Unknown { name: "ce_type" }) => Decoded::Skip("other_type"),
            Err(error) => Decoded::Poison(error.kind()),
            Ok(headers) => {
                let row = match headers.record_type {
                    RecordType::Verdict => VerdictRow::read(&headers, record).map(Row::Verdict),
                    RecordType::CoordinationFinding => {
                        findings::read(&headers, record).map(|row| Row::Finding(Box::new(row)))
                    }
                    _ => return Decoded::Skip("other_type"),
                };
                row.map_or_else(Decoded::Poison, Decoded::Row)
            }
        }
    }

    /// Of each window the highest revision stays (of equal ones the first of the log), and results worth keeping.
    fn fold(rows: &mut Vec<Staged<Row>>) -> Vec<WorkItem> {
        let mut latest: HashMap<WindowKey, (Rank, usize)> = HashMap::with_capacity(rows.len());
        for (index, Staged { item, row }) in rows.iter().enumerate() {
            if let Row::Verdict(row) = row {
                let rank = row.rank(item.record.offset);
                let entry = latest.entry(row.window()).or_insert((rank, index));
                if rank > entry.0 {
                    *entry = (rank, index);
                }
            }
        }
        let mut index = 0..;
        let overtaken = rows.extract_if(.., |staged| {
            let place = index.next();
            matches!(&staged.row, Row::Verdict(row)
                if !row.kept && latest.get(&row.window()).map(|(_, index)| *index) != place)
        });
        overtaken.map(|staged| staged.item).collect()
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        rows: &[Staged<Row>],
    ) -> Result<(), tokio_postgres::Error> {
        let (mut verdicts, mut findings) = (Vec::new(), Vec::new());
        for Staged { item, row } in rows {
            match row {
                Row::Verdict(row) => verdicts.push((&item.record, row)),
                Row::Finding(row) => findings.push((item.record.offset, &**row)),
            }
        }
        if !verdicts.is_empty() {
            copy_verdicts(transaction, verdicts).await?;
            execute(transaction, verdict_sql::UPSERT_WINDOWS, &[]).await?;
            execute(transaction, verdict_sql::INSERT_RESULTS, &[]).await?;
        }
        let mut ids: Vec<Uuid> = rows.iter().map(|staged| staged.row.session()).collect();
        ids.sort_unstable();
        ids.dedup();
        let turn: [&(dyn ToSql + Sync); 2] = [&one_of_each_day(&ids), &!findings.is_empty()];
        execute(transaction, verdict_sql::TAKE_TURN, &turn).await?;
        if !findings.is_empty() {
            findings::copy_rows(transaction, &findings).await?;
            execute(transaction, verdict_sql::UPSERT_FINDINGS, &[]).await?;
        }
        let (Some(lowest), Some(highest)) = (ids.first(), ids.last()) else {
            return Ok(());
        };
        let sessions = verdict_sql::upsert_sessions();
        execute(transaction, sessions, &[&ids, lowest, highest]).await
    }
}

async fn execute(
    transaction: &Transaction<'_>,
    statement: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<(), tokio_postgres::Error> {
    let statement = transaction.prepare_cached(statement).await?;
    transaction.execute(&statement, parameters).await.map(drop)
}

/// The first of each day, of ids in order: whoever has the turn of one has that of all others of its day.
fn one_of_each_day(ids: &[Uuid]) -> Vec<Uuid> {
    const DAY_MS: u128 = 86_400_000;
    let day_of = |id: &Uuid| (id.as_u128() >> 80) / DAY_MS;
    let mut firsts = ids.to_vec();
    firsts.dedup_by_key(|id| day_of(id));
    firsts
}

/// Stages, in the order of their keys, of each window the highest revision (of equal ones the first of the log), and the
/// results worth keeping. What is neither has been overtaken within the batch.
async fn copy_verdicts(
    transaction: &Transaction<'_>,
    mut rows: Vec<(&PackedRecord, &VerdictRow)>,
) -> Result<(), tokio_postgres::Error> {
    rows.sort_unstable_by_key(|(record, row)| (row.window(), Reverse(row.rank(record.offset))));
    let mut copy = Copy::begin(transaction, verdict_sql::COPY, verdict_sql::COLUMNS).await?;
    let mut before = None;
    for (record, row) in rows {
        let is_latest = before.replace(row.window()) != Some(row.window());
        if is_latest || row.kept {
            let mut staged = copy.row().await?;
            row.write(record.payload(), staged.bool(is_latest).bool(row.kept));
        }
    }
    copy.finish().await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::OwnedRecord;
    use proptest::prelude::*;

    const GOLDEN: &str = include_str!("../../schemas/golden/candor.verdict.v1.json");
    const KEY: &str = "019fec61-7c00-7a3e-8b3a-0d9f6c1b2a3d";

    fn record(key: &str, organisation: &str, record_type: &str, payload: &str) -> PackedRecord {
        let headers = [("ce_type", record_type), ("candor_org", organisation)];
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
        PackedRecord::of(&record.as_record())
    }

    #[test]
    fn the_golden_verdict_becomes_a_row() {
        let decoded = Verdicts.decode(&record(KEY, "acme", "candor.verdict.v1", GOLDEN));
        let Decoded::Row(Row::Verdict(row)) = decoded else {
            panic!("{decoded:?}");
        };
        assert_eq!(row.session.to_string(), KEY);
        assert_eq!(row.window(), (row.session, 1, row.window().2));
    }

    /// A revision of one of several windows, at `offset` of the log.
    fn revision(window: i64, revision: i64, kept: bool, offset: i64) -> Staged<Row> {
        let text = GOLDEN
            .replace("\"window\":120", &format!("\"window\":{window}"))
            .replace("\"offset\":160", &format!("\"offset\":{revision}"))
            .replace("\"phase\":\"final\"", "\"phase\":\"running\"")
            .replace("\"risk_changed\":true", &format!("\"risk_changed\":{kept}"));
        let mut record = record(KEY, "acme", "candor.verdict.v1", &text);
        record.offset = offset;
        let Decoded::Row(row) = Verdicts.decode(&record) else {
            panic!("{text}");
        };
        let item = WorkItem::new(record, 1);
        Staged { item, row }
    }

    proptest! {
        /// What stays is what would be staged of everything, in the order of arrival; nothing is there twice or lost.
        #[test]
        fn folding_takes_out_what_would_not_be_staged(
            given in prop::collection::vec((0..3i64, 0..4i64, any::<bool>()), 0..40)
        ) {
            let mut rows: Vec<Staged<Row>> = (0i64..)
                .zip(&given)
                .map(|(offset, (window, number, kept))| revision(*window, *number, *kept, offset))
                .collect();
            let is_latest = |(place, (window, number, _)): (usize, &(i64, i64, bool))| {
                given.iter().enumerate().all(|(other_place, (other_window, other, _))| {
                    other_window != window || (*other, Reverse(other_place)) <= (*number, Reverse(place))
                })
            };
            let staying: Vec<i64> = (0i64..)
                .zip(given.iter().enumerate())
                .filter(|(_, (place, one))| one.2 || is_latest((*place, one)))
                .map(|(offset, _)| offset)
                .collect();
            let overtaken = Verdicts::fold(&mut rows);
            let left: Vec<i64> = rows.iter().map(|staged| staged.item.record.offset).collect();
            prop_assert_eq!(&left, &staying);
            prop_assert_eq!(overtaken.len() + left.len(), given.len());
        }
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
