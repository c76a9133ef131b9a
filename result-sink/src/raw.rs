//! Raw events: one row per accepted batch, the events in the canonical form.
//!
//! A canonical batch is stored as it was accepted, byte for byte. A compact one is expanded, so that SQL sees one kind of
//! event, whatever the client sent.
//!
//! Only event batches are stored. A batch that the detector cannot read is skipped here and counted: the detector sets
//! it aside (one dead letter for one record). It is still read in full, so that nothing enters the table that the
//! allow-list does not know (INV-6), and the view over it can always be read.

use std::borrow::Cow;
use std::ops::Range;

use deadpool_postgres::Transaction;
use kafka::PackedRecord;
use schemas::batch::BatchRecord;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use uuid::Uuid;

use crate::copy::Copy;
use crate::destination::{Decoded, Destination, Staged};

/// Statements for each new connection. A temporary table belongs to its connection, so it is made once.
pub(crate) const STAGING: &str = "
CREATE TEMPORARY TABLE candor_staged_batches (
    organisation text, session_id uuid, log_offset bigint, log_partition integer, batch_id text, event_count integer,
    received_at timestamptz, events json COMPRESSION lz4
) ON COMMIT DELETE ROWS;
GRANT SELECT, INSERT ON candor_staged_batches TO candor_sink;
";

const COPY: &str = "COPY candor_staged_batches FROM STDIN (FORMAT binary)";
const COLUMNS: i16 = 8;

/// In the order in which the rows were staged, which is that of the key: two sinks that bring the same rows wait for each
/// other, never in a circle.
const INSERT: &str = "INSERT INTO behavior_batches (organisation, session_id, generation, log_offset, log_partition, \
    batch_id, event_count, received_at, events) \
    SELECT organisation, session_id, $1, log_offset, log_partition, batch_id, event_count, received_at, events \
    FROM candor_staged_batches ON CONFLICT (session_id, generation, log_offset) DO NOTHING";

/// Stores raw events.
#[derive(Debug, Clone)]
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
    events: Events,
}

/// The array of canonical events.
#[derive(Debug)]
enum Events {
    /// A part of the record's value.
    Within(Range<usize>),
    /// Expanded from the compact form.
    Expanded(String),
}

impl RawRow {
    fn events<'a>(&'a self, record: &'a PackedRecord) -> &'a [u8] {
        match &self.events {
            Events::Within(range) => record.payload().get(range.clone()).unwrap_or_default(),
            Events::Expanded(text) => text.as_bytes(),
        }
    }
}

/// Where `part`, a piece of `whole`, is in it.
fn place_of(part: &str, whole: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let place = start..start + part.len();
    whole.get(place.clone())?;
    Some(place)
}

/// The row of a batch record's key and value.
fn read_batch(organisation: OrganisationId, record: &PackedRecord) -> Option<RawRow> {
    let key = std::str::from_utf8(record.key()).ok()?;
    let session_id: SessionId = key.parse().ok()?;
    let batch = BatchRecord::decode(record.payload()).ok()?;
    let events = match batch.canonical_events().ok()? {
        Cow::Borrowed(text) => Events::Within(place_of(text, record.payload())?),
        Cow::Owned(text) => Events::Expanded(text),
    };
    Some(RawRow {
        organisation,
        session_id: session_id.uuid(),
        batch_id: batch.batch_id.to_owned(),
        event_count: i32::try_from(batch.len()).ok()?,
        events,
    })
}

impl Destination for RawEvents {
    type Row = RawRow;

    const NAME: &'static str = "raw";

    fn decode(&self, record: &PackedRecord) -> Decoded<RawRow> {
        match RecordHeaders::decode(record.headers()) {
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
        let mut ordered: Vec<&Staged<RawRow>> = rows.iter().collect();
        ordered.sort_unstable_by_key(|staged| (staged.row.session_id, staged.item.record.offset));
        let mut copy = Copy::begin(transaction, COPY, COLUMNS).await?;
        for Staged { item, row } in ordered {
            let record = &item.record;
            copy.row()
                .await?
                .text(row.organisation.as_str())
                .uuid(row.session_id)
                .int8(record.offset)
                .int4(record.partition)
                .text(&row.batch_id)
                .int4(row.event_count)
                .millis(record.timestamp_ms)
                .bytes(row.events(record));
        }
        copy.finish().await?;
        let insert = transaction.prepare_cached(INSERT).await?;
        transaction.execute(&insert, &[&self.generation]).await?;
        Ok(())
    }
}
