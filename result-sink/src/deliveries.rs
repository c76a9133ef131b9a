//! Deliveries: what survey platforms have told the gateway, one row per record of the webhooks topic.

use deadpool_postgres::Transaction;
use kafka::PackedRecord;
use schemas::header::ORGANISATION_HEADER;
use schemas::ids::OrganisationId;
use schemas::webhook::WebhookNotice;
use serde::Serialize;
use uuid::Uuid;

use crate::destination::{Decoded, Destination, Staged};

/// A statement for the whole batch: notices are few, so their columns travel as arrays.
const INSERT: &str = "INSERT INTO integration_deliveries (generation, organisation, log_partition, log_offset, \
    received_at, notice_id, integration, platform, kind, outcome, event, survey_id, response_id, session_id, fields, \
    dropped_fields) \
    SELECT $1, organisation, log_partition, log_offset, received_at, notice_id, integration, platform, kind, outcome, \
    event, survey_id, response_id, session_id, fields::jsonb, dropped_fields \
    FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], \
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::integer[]) \
    AS staged (organisation, log_partition, log_offset, received_at, notice_id, integration, platform, kind, outcome, \
    event, survey_id, response_id, session_id, fields, dropped_fields) \
    ORDER BY log_partition, log_offset ON CONFLICT (log_partition, log_offset, generation) DO NOTHING";

/// Stores deliveries.
#[derive(Debug, Clone)]
pub(crate) struct Deliveries {
    pub(crate) generation: i32,
}

/// A notice, ready to be stored.
#[derive(Debug, PartialEq)]
pub(crate) struct DeliveryRow {
    organisation: OrganisationId,
    notice: WebhookNotice,
    kind: String,
    outcome: String,
    fields: String,
}

impl DeliveryRow {
    fn read(record: &PackedRecord) -> Result<Self, &'static str> {
        let headers = record.headers();
        let organisation = headers.filter(|(name, _)| *name == ORGANISATION_HEADER);
        let organisation = organisation.last();
        let organisation = organisation.and_then(|(_, name)| std::str::from_utf8(name).ok());
        let organisation = organisation.and_then(|name| name.parse().ok());
        let notice: Option<WebhookNotice> = serde_json::from_slice(record.payload()).ok();
        let notice = notice.ok_or("bad_notice")?;
        Ok(Self {
            organisation: organisation.ok_or("bad_headers")?,
            kind: name_of(&notice.kind).ok_or("bad_notice")?,
            outcome: name_of(&notice.outcome).ok_or("bad_notice")?,
            fields: serde_json::to_string(&notice.fields).map_err(|_| "bad_notice")?,
            notice,
        })
    }
}

/// The name of a unit variant, as in the record.
fn name_of(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Some(name),
        _ => None,
    }
}

impl Destination for Deliveries {
    type Row = DeliveryRow;

    const NAME: &'static str = "deliveries";

    fn decode(&self, record: &PackedRecord) -> Decoded<DeliveryRow> {
        match DeliveryRow::read(record) {
            Ok(row) => Decoded::Row(row),
            Err(reason) => Decoded::Poison(reason),
        }
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        rows: &[Staged<DeliveryRow>],
    ) -> Result<(), tokio_postgres::Error> {
        fn column<'a, T>(
            rows: &'a [Staged<DeliveryRow>],
            value: impl Fn(&'a DeliveryRow) -> T,
        ) -> Vec<T> {
            rows.iter().map(|staged| value(&staged.row)).collect()
        }
        let places = rows.iter().map(|staged| &staged.item.record);
        let partitions: Vec<i32> = places.clone().map(|record| record.partition).collect();
        let offsets: Vec<i64> = places.map(|record| record.offset).collect();
        let sessions: Vec<Option<Uuid>> =
            column(rows, |row| row.notice.session_id.map(|id| id.uuid()));
        let dropped = column(rows, |row| {
            i32::try_from(row.notice.dropped_fields).unwrap_or(i32::MAX)
        });
        let insert = transaction.prepare_cached(INSERT).await?;
        transaction
            .execute(
                &insert,
                &[
                    &self.generation,
                    &column(rows, |row| row.organisation.as_str()),
                    &partitions,
                    &offsets,
                    &column(rows, |row| row.notice.received_at),
                    &column(rows, |row| row.notice.notice_id.as_str()),
                    &column(rows, |row| row.notice.integration.as_str()),
                    &column(rows, |row| row.notice.platform.as_str()),
                    &column(rows, |row| row.kind.as_str()),
                    &column(rows, |row| row.outcome.as_str()),
                    &column(rows, |row| row.notice.event.as_str()),
                    &column(rows, |row| row.notice.survey_id.as_deref()),
                    &column(rows, |row| row.notice.response_id.as_deref()),
                    &sessions,
                    &column(rows, |row| row.fields.as_str()),
                    &dropped,
                ],
            )
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka::OwnedRecord;

    fn record(organisation: &str, payload: &str) -> PackedRecord {
        let record = OwnedRecord {
            topic: "webhooks".to_owned(),
            partition: 0,
            offset: 1,
            timestamp_ms: 2,
            key: vec![],
            payload: payload.as_bytes().to_vec(),
            headers: vec![(ORGANISATION_HEADER.to_owned(), organisation.into())],
        };
        PackedRecord::of(&record.as_record())
    }

    #[test]
    fn what_is_no_notice_or_of_nobody_is_set_aside() {
        let notice = r#"{"notice_id":"n","integration":"int_abcdefghij234567","platform":"generic","kind":"other",
            "outcome":"noted","received_at":"2026-11-20T10:00:00Z","event":"other"}"#;
        let decode = |organisation, payload| {
            let deliveries = Deliveries { generation: 1 };
            deliveries.decode(&record(organisation, payload))
        };
        let Decoded::Row(row) = decode("acme", notice) else {
            panic!("a notice is a row")
        };
        assert_eq!(
            (row.kind.as_str(), row.outcome.as_str()),
            ("other", "noted")
        );
        assert_eq!(decode("", notice), Decoded::Poison("bad_headers"));
        assert_eq!(decode("acme", "{"), Decoded::Poison("bad_notice"));
    }
}
