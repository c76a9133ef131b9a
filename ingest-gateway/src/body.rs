//! Reading a body: bounded in bytes (as sent and as decompressed), in time, and in total (INV-8).
//!
//! Before the first byte is read, the request reserves what it may need from a budget that all
//! requests share; without room the client is told to come back. What was not needed is given back
//! once the body is there, the rest when the broker has answered.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bulk::LineLimits;
use crate::config::Limits;
use crate::error::IngestError;
use crate::metrics::Metrics;

/// How much of an oversized body is read and thrown away, so that the client, still sending, comes to
/// read the answer instead of a reset connection.
pub(crate) const DISCARDED_BYTES: usize = 4 << 20;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Gzip,
}

/// Reads bodies within the limits.
#[derive(Debug)]
pub(crate) struct BodyReader {
    limit: usize,
    timeout: Duration,
    budget: Arc<Semaphore>,
    metrics: Metrics,
}

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Its media types.
    pub(crate) types: &'static [&'static str],
    /// Most bytes of it, if that is less than the gateway takes at all.
    pub(crate) limit: usize,
}

/// A body with the bytes it holds of the budget.
#[derive(Debug)]
pub(crate) struct ReceivedBody {
    pub(crate) bytes: Bytes,
    pub(crate) reserved: Reserved,
}

/// A part of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    permit: OwnedSemaphorePermit,
    gauge: IntGauge,
}

impl Reserved {
    fn new(permit: OwnedSemaphorePermit, gauge: IntGauge) -> Self {
        gauge.add(permit.num_permits() as i64);
        Self { permit, gauge }
    }

    /// How much it is.
    pub(crate) fn bytes(&self) -> usize {
        self.permit.num_permits()
    }

    fn shrink_to(&mut self, bytes: usize) {
        let excess = self.permit.num_permits().saturating_sub(bytes);
        if self.permit.split(excess).is_some() {
            self.gauge.sub(excess as i64);
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.gauge.sub(self.permit.num_permits() as i64);
    }
}

impl BodyReader {
    pub(crate) fn new(limits: &Limits, metrics: Metrics) -> Self {
        metrics.in_flight_limit.set(limits.in_flight_bytes as i64);
        Self {
            limit: limits.body_bytes,
            timeout: limits.body_read_timeout,
            budget: Arc::new(Semaphore::new(limits.in_flight_bytes)),
            metrics,
        }
    }

    /// Reads a body of JSON, unpacked.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<ReceivedBody, IngestError> {
        let expected = Expected {
            types: JSON_TYPES,
            limit: self.limit,
        };
        self.read_as(headers, body, expected).await
    }

    /// Reads a body of other types, or of another size, unpacked.
    pub(crate) async fn read_as(
        &self,
        headers: &HeaderMap,
        body: Body,
        expected: Expected,
    ) -> Result<ReceivedBody, IngestError> {
        let limit = expected.limit.min(self.limit);
        check_media_type(headers, expected.types)?;
        let encoding = encoding(headers)?;
        let length = content_length(headers);
        if length.is_some_and(|length| length > limit + DISCARDED_BYTES) {
            return Err(IngestError::BodyTooLarge { limit });
        }
        let mut reserved = self.reserve(encoding, length.unwrap_or(limit).min(limit), limit)?;
        let reading = tokio::time::timeout(self.timeout, receive(body, limit));
        let received = reading.await.map_err(|_| IngestError::RequestTimeout {
            limit: self.timeout,
        })??;
        let bytes = match encoding {
            Encoding::Plain => received,
            Encoding::Gzip => unpack(&received, limit)?,
        };
        reserved.shrink_to(bytes.len());
        self.metrics.body_bytes.inc_by(bytes.len() as u64);
        Ok(ReceivedBody { bytes, reserved })
    }

    /// Bounds of the lines of a streamed body: each is as large as a whole body may be.
    pub(crate) fn line_limits(&self) -> LineLimits {
        LineLimits {
            bytes: self.limit,
            pause: self.timeout,
        }
    }

    /// Takes `bytes` of the budget; waits for them as long as a body may take.
    pub(crate) async fn reserve_within(&self, bytes: usize) -> Result<Reserved, IngestError> {
        let needed = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.budget).acquire_many_owned(needed);
        let room = tokio::time::timeout(self.timeout, room).await;
        let permit = room.map_err(|_| IngestError::Overloaded)?;
        let permit = permit.map_err(|_| IngestError::Overloaded)?;
        Ok(Reserved::new(permit, self.metrics.in_flight_bytes.clone()))
    }

    fn reserve(
        &self,
        encoding: Encoding,
        sent: usize,
        limit: usize,
    ) -> Result<Reserved, IngestError> {
        let needed = match encoding {
            Encoding::Plain => sent,
            Encoding::Gzip => sent + limit,
        };
        // The settings keep twice the limit below 2³².
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.budget).try_acquire_many_owned(needed);
        let permit = permit.map_err(|_| IngestError::Overloaded)?;
        Ok(Reserved::new(permit, self.metrics.in_flight_bytes.clone()))
    }
}

async fn receive(body: Body, limit: usize) -> Result<Bytes, IngestError> {
    let mut chunks = body.into_data_stream();
    let mut received = BytesMut::new();
    let mut size = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| IngestError::BodyInterrupted)?;
        size += chunk.len();
        if size > limit + DISCARDED_BYTES {
            break;
        }
        if size > limit {
            received = BytesMut::new();
        } else {
            received.extend_from_slice(&chunk);
        }
    }
    if size > limit {
        Err(IngestError::BodyTooLarge { limit })
    } else {
        Ok(received.freeze())
    }
}

/// Unpacks gzip, of several members too; stops one byte past the limit.
fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, IngestError> {
    let mut unpacked = Vec::new();
    let mut decoder = flate2::bufread::MultiGzDecoder::new(packed).take(limit as u64 + 1);
    let outcome = decoder.read_to_end(&mut unpacked);
    // A bomb is too large, whatever comes after the limit.
    if unpacked.len() > limit {
        return Err(IngestError::BodyTooLarge { limit });
    }
    outcome.map_err(|_| IngestError::MalformedGzip)?;
    Ok(unpacked.into())
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    text(headers, header::CONTENT_LENGTH)?.parse().ok()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let value = headers.get(name)?;
    // A value that is no text is none of those we know.
    Some(value.to_str().unwrap_or("?").trim())
}

/// What one batch may come as. `text/plain` is what `sendBeacon` may send without asking first.
const JSON_TYPES: &[&str] = &["application/json", "text/plain"];
/// What many lines may come as.
pub(crate) const LINE_TYPES: &[&str] = &[
    "application/x-ndjson",
    "application/jsonl",
    "application/json-lines",
    "text/plain",
];

/// A missing type is taken as one of those.
pub(crate) fn check_media_type(
    headers: &HeaderMap,
    accepted: &'static [&'static str],
) -> Result<(), IngestError> {
    let Some(value) = text(headers, header::CONTENT_TYPE) else {
        return Ok(());
    };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if accepted
        .iter()
        .any(|kind| media_type.eq_ignore_ascii_case(kind))
    {
        Ok(())
    } else {
        Err(IngestError::UnsupportedMediaType { accepted })
    }
}

pub(crate) fn encoding(headers: &HeaderMap) -> Result<Encoding, IngestError> {
    let repeated = headers.get_all(header::CONTENT_ENCODING).iter().count() > 1;
    let value = text(headers, header::CONTENT_ENCODING).unwrap_or_default();
    match value.to_ascii_lowercase().as_str() {
        _ if repeated => Err(IngestError::UnsupportedEncoding),
        "" | "identity" => Ok(Encoding::Plain),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        _ => Err(IngestError::UnsupportedEncoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::Registry;

    fn reader(limits: Limits) -> BodyReader {
        BodyReader::new(&limits, Metrics::register(&Registry::new()).unwrap())
    }

    fn small() -> BodyReader {
        reader(Limits {
            body_bytes: 10,
            in_flight_bytes: 30,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn the_budget_is_held_by_bodies_and_given_back() {
        let reader = small();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, "4".parse().unwrap());
        let first = reader.read(&headers, Body::from("1234")).await.unwrap();
        assert_eq!(
            (
                reader.budget.available_permits(),
                reader.metrics.in_flight_bytes.get()
            ),
            (26, 4)
        );
        // Without a length the whole limit is reserved, and then given back.
        let second = reader
            .read(&HeaderMap::new(), Body::from("12"))
            .await
            .unwrap();
        assert_eq!(
            (&second.bytes[..], reader.budget.available_permits()),
            (&b"12"[..], 24)
        );
        drop((first, second));
        assert_eq!(
            (
                reader.budget.available_permits(),
                reader.metrics.in_flight_bytes.get()
            ),
            (30, 0)
        );
    }

    #[tokio::test]
    async fn without_room_the_client_is_told_to_come_back() {
        let reader = small();
        let _held = Arc::clone(&reader.budget)
            .try_acquire_many_owned(25)
            .unwrap();
        let refused = reader.read(&HeaderMap::new(), Body::from("12")).await;
        assert!(
            matches!(refused, Err(IngestError::Overloaded)),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn a_body_at_the_limit_passes_and_one_byte_more_does_not() {
        let reader = small();
        assert!(
            reader
                .read(&HeaderMap::new(), Body::from("1234567890"))
                .await
                .is_ok()
        );
        let refused = reader
            .read(&HeaderMap::new(), Body::from("12345678901"))
            .await;
        assert!(
            matches!(refused, Err(IngestError::BodyTooLarge { limit: 10 })),
            "{refused:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_times_out() {
        let reader = small();
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        let refused = reader.read(&HeaderMap::new(), never).await;
        assert!(
            matches!(refused, Err(IngestError::RequestTimeout { .. })),
            "{refused:?}"
        );
        assert_eq!(reader.budget.available_permits(), 30);
    }
}
