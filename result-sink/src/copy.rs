//! Rows on their way into a table, in PostgreSQL's binary form.
//!
//! Rows are written into large pieces and each piece is handed over whole: handing over every row by itself wakes the
//! connection's task for each.

use std::pin::Pin;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use futures::SinkExt;
use tokio_postgres::{CopyInSink, Error};
use uuid::Uuid;

/// Bytes of a piece; a row that is larger makes one of its own.
const PIECE: usize = 128 << 10;
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// A `COPY .. FROM STDIN (FORMAT binary)` in progress.
pub(crate) struct Copy {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    piece: BytesMut,
    columns: i16,
}

impl Copy {
    /// Begins `statement`, whose rows have that many columns.
    pub(crate) async fn begin(
        transaction: &Transaction<'_>,
        statement: &str,
        columns: i16,
    ) -> Result<Self, Error> {
        let statement = transaction.prepare_cached(statement).await?;
        let sink = Box::pin(transaction.copy_in(&statement).await?);
        let mut piece = BytesMut::with_capacity(PIECE + (PIECE >> 2));
        piece.put_slice(HEADER);
        Ok(Self {
            sink,
            piece,
            columns,
        })
    }

    /// Begins the next row; its values follow, in the order of the columns.
    pub(crate) async fn row(&mut self) -> Result<Row<'_>, Error> {
        if self.piece.len() >= PIECE {
            let piece = self.piece.split().freeze();
            self.sink.send(piece).await?;
            self.piece.reserve(PIECE + (PIECE >> 2));
        }
        self.piece.put_i16(self.columns);
        Ok(Row(&mut self.piece))
    }

    /// Sends the rest; returns when PostgreSQL has taken all rows.
    pub(crate) async fn finish(mut self) -> Result<u64, Error> {
        self.piece.put_i16(-1);
        self.sink.send(self.piece.freeze()).await?;
        self.sink.as_mut().finish().await
    }
}

/// The row that is being written.
pub(crate) struct Row<'a>(&'a mut BytesMut);

impl<'a> Row<'a> {
    /// Values that are written now and sent later, by [`Row::encoded`].
    pub(crate) fn of(values: &'a mut BytesMut) -> Self {
        Self(values)
    }
}

impl Row<'_> {
    /// Values that were written before.
    pub(crate) fn encoded(&mut self, values: &[u8]) -> &mut Self {
        self.0.put_slice(values);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.put_i32(-1);
        self
    }

    /// A value, or null.
    pub(crate) fn maybe<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.bytes(&[u8::from(value)])
    }

    pub(crate) fn int2(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn float8(&mut self, value: f64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A `numeric(3,2)` of hundredths, of which there are less than a thousand.
    pub(crate) fn hundredths(&mut self, value: i16) -> &mut Self {
        // Digits are of base 10,000: one before the point and one behind it, as far as they are not zero.
        let (before, behind) = (value / 100, value % 100 * 100);
        let (digits, weight): (&[i16], i16) = match (before, behind) {
            (0, 0) => (&[], 0),
            (0, _) => (&[behind], -1),
            (_, 0) => (&[before], 0),
            _ => (&[before, behind], 0),
        };
        let count = if before != 0 && behind != 0 {
            2
        } else {
            i16::from(!digits.is_empty())
        };
        self.0.put_i32(8 + 2 * i32::from(count));
        for number in [count, weight, 0, 2].iter().chain(digits) {
            self.0.put_i16(*number);
        }
        self
    }

    pub(crate) fn instant(&mut self, value: DateTime<Utc>) -> &mut Self {
        self.int8(value.timestamp_micros().saturating_sub(POSTGRES_EPOCH))
    }

    /// A `jsonb` of its text.
    pub(crate) fn jsonb(&mut self, text: &[u8]) -> &mut Self {
        // The form's version stands before the text.
        let length = i32::try_from(text.len() + 1).unwrap_or(i32::MAX);
        self.0.put_i32(length);
        self.0.put_u8(1);
        self.0.put_slice(text);
        self
    }

    /// A value as it is: text, or JSON.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        // No value comes near: a record has 2 MiB at most.
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.0.put_i32(length);
        self.0.put_slice(bytes);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn int4(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn int8(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A `timestamptz` of milliseconds since 1970.
    pub(crate) fn millis(&mut self, value: i64) -> &mut Self {
        let micros = value.saturating_mul(1000).saturating_sub(POSTGRES_EPOCH);
        self.int8(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_their_length_before_them() {
        let mut piece = BytesMut::new();
        let mut row = Row(&mut piece);
        row.text("ab").int4(-2).millis(946_684_800_001);
        let expected = b"\0\0\0\x02ab\0\0\0\x04\xff\xff\xff\xfe\0\0\0\x08\0\0\0\0\0\0\x03\xe8";
        assert_eq!(&piece[..], expected);
    }

    #[test]
    fn hundredths_are_numerics() {
        for (value, expected) in [
            (0, &b"\0\0\0\x08\0\0\0\0\0\0\0\x02"[..]),
            (7, b"\0\0\0\x0a\0\x01\xff\xff\0\0\0\x02\x02\xbc"),
            (100, b"\0\0\0\x0a\0\x01\0\0\0\0\0\x02\0\x01"),
            (250, b"\0\0\0\x0c\0\x02\0\0\0\0\0\x02\0\x02\x13\x88"),
        ] {
            let mut piece = BytesMut::new();
            Row(&mut piece).hundredths(value);
            assert_eq!(&piece[..], expected, "{value}");
        }
    }
}
