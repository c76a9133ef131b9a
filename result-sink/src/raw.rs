//! Raw events: one row per accepted batch, the events in the canonical form.
//!
//! A canonical batch is stored as it was accepted, byte for byte. A compact one is expanded, so that SQL sees one kind of
//! event, whatever the client sent.
//!
//! Only event batches are stored. A batch that the detector cannot read is skipped here and counted: the detector sets
//! it aside (one dead letter for one record). It is still read in full, so that nothing enters the table that the
//! allow-list does not know (INV-6), and the view over it can always be read.

use deadpool_postgres::Transaction;
use kafka::OwnedRecord;
use schemas::batch::BatchRecord;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use serde_json::value::RawValue;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{Json, Type};
use uuid::Uuid;

use crate::destination::{Decoded, Destination, Staged};

/// Statements for each new connection. A temporary table belongs to its connection, so it is made once.
pub(crate) const STAGING: &str = "
CREATE TEMPORARY TABLE candor_staged_batches (
    organisation text, session_id uuid, log_offset bigint, log_partition integer, batch_id text, event_count integer,
    received_ms bigint, events json COMPRESSION lz4
) ON COMMIT DELETE ROWS;
GRANT SELECT, INSERT ON candor_staged_batches TO candor_sink;
";

const COPY: &str = "COPY candor_staged_batches FROM STDIN (FORMAT binary)";

const INSERT: &str = "INSERT INTO behavior_batches (organisation, session_id, generation, log_offset, log_partition, \
    batch_id, event_count, received_at, events) \
    SELECT organisation, session_id, $1, log_offset, log_partition, batch_id, event_count, \
    to_timestamp(received_ms / 1000.0), events FROM candor_staged_batches ORDER BY session_id, log_offset \
    ON CONFLICT (session_id, generation, log_offset) DO NOTHING";

/// Stores raw events.
#[derive(Debug)]
pub(crate) struct RawEvents {
    pub(crate) generation: i32,
}

/// A batch of events, ready to be stored.
#[derive(Debug)]
pub(crate) struct RawRow {
    organisation: OrganisationId,
    session_id: Uuid,
    batch_id: String,
    event_count: i32,
    /// The array of canonical events.
    events: Box<RawValue>,
}

/// The row of a batch record's key and value.
fn read_batch(organisation: OrganisationId, record: &OwnedRecord) -> Option<RawRow> {
    let key = std::str::from_utf8(&record.key).ok()?;
    let session_id: SessionId = key.parse().ok()?;
    let batch = BatchRecord::decode(&record.payload).ok()?;
    let events = batch.canonical_events().ok()?.into_owned();
    Some(RawRow {
        organisation,
        session_id: session_id.uuid(),
        batch_id: batch.batch_id.to_owned(),
        event_count: i32::try_from(batch.len()).ok()?,
        events: RawValue::from_string(events).ok()?,
    })
}

impl Destination for RawEvents {
    type Row = RawRow;

    const NAME: &'static str = "raw";

    fn decode(&self, record: &OwnedRecord) -> Decoded<RawRow> {
        let headers = record.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_slice()));
        match RecordHeaders::decode(headers) {
            Err(error) => Decoded::Skip(error.kind()),
            Ok(headers) if headers.record_type != RecordType::EventBatch => {
                Decoded::Skip("other_type")
            }
            Ok(headers) => read_batch(headers.organisation, record)
                .map_or(Decoded::Skip("undecodable"), Decoded::Row),
        }
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        rows: &[Staged<RawRow>],
    ) -> Result<(), tokio_postgres::Error> {
        const TYPES: [Type; 8] = [
            Type::TEXT,
            Type::UUID,
            Type::INT8,
            Type::INT4,
            Type::TEXT,
            Type::INT4,
            Type::INT8,
            Type::JSON,
        ];
        let sink = transaction.copy_in(COPY).await?;
        let copy = BinaryCopyInWriter::new(sink, &TYPES);
        let mut copy = std::pin::pin!(copy);
        for Staged { item, row } in rows {
            let record = &item.record;
            let row: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
                &row.organisation.as_str(),
                &row.session_id,
                &record.offset,
                &record.partition,
                &row.batch_id,
                &row.event_count,
                &record.timestamp_ms,
                &Json(&row.events),
            ];
            copy.as_mut().write(&row).await?;
        }
        copy.as_mut().finish().await?;
        let insert = transaction.prepare_cached(INSERT).await?;
        transaction.execute(&insert, &[&self.generation]).await?;
        Ok(())
    }
}
