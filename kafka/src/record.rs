//! Records as services see them.

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers};

use crate::Partition;

/// A record that borrows librdkafka's memory.
#[derive(Debug)]
pub struct Record<'a> {
    /// Topic it was read from.
    pub topic: &'a str,
    /// Partition it was read from.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
    /// The record's timestamp, milliseconds since 1970: broker time on the events topic.
    pub timestamp_ms: i64,
    /// Its key; empty when absent.
    pub key: &'a [u8],
    /// Its value; empty when absent.
    pub payload: &'a [u8],
    headers: HeaderSource<'a>,
}

#[derive(Debug)]
enum HeaderSource<'a> {
    Message(&'a BorrowedMessage<'a>),
    Owned(&'a [(String, Vec<u8>)]),
}

impl<'a> Record<'a> {
    pub(crate) fn of(message: &'a BorrowedMessage<'a>) -> Self {
        Self {
            topic: message.topic(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis().unwrap_or_default(),
            key: message.key().unwrap_or_default(),
            payload: message.payload().unwrap_or_default(),
            headers: HeaderSource::Message(message),
        }
    }

    /// The headers as name and value, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let (message, owned) = match &self.headers {
            HeaderSource::Message(message) => (message.headers(), None),
            HeaderSource::Owned(headers) => (None, Some(headers.iter())),
        };
        let borrowed = message.into_iter().flat_map(|headers| headers.iter());
        let borrowed = borrowed.map(|header| (header.key, header.value.unwrap_or_default()));
        let owned = owned.into_iter().flatten();
        borrowed.chain(owned.map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    /// The value of the last header of that name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers()
            .filter(|(header, _)| *header == name)
            .map(|(_, value)| value)
            .last()
    }

    /// A copy that owns its bytes.
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord {
            topic: self.topic.to_owned(),
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: self.key.to_vec(),
            payload: self.payload.to_vec(),
            headers: self
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
        }
    }
}

/// A record that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Topic it was read from.
    pub topic: String,
    /// Partition it was read from.
    pub partition: Partition,
    /// Its offset.
    pub offset: i64,
    /// The record's timestamp, milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Its key; empty when absent.
    pub key: Vec<u8>,
    /// Its value; empty when absent.
    pub payload: Vec<u8>,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl OwnedRecord {
    /// The same record, borrowed.
    pub fn as_record(&self) -> Record<'_> {
        Record {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: &self.key,
            payload: &self.payload,
            headers: HeaderSource::Owned(&self.headers),
        }
    }
}
