//! The lines of a streamed body: unpacked as they come, cut at newlines, bounded.
//!
//! At most one line, one chunk and what four kilobytes of gzip unpack to are in memory, however long
//! the body is. A line above the limit is skipped to its end and reported as such, so that one bad line
//! does not end an upload. A body has no total time, but it must not pause for long.

use std::io::Write;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::{Buf, Bytes, BytesMut};
use flate2::write::MultiGzDecoder;
use futures::StreamExt;

use crate::body::Encoding;
use crate::error::IngestError;

/// How much of a packed chunk is unpacked at once: gzip makes at most 1,032 times as much of it.
const UNPACK_BYTES: usize = 4 << 10;

/// One line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Within the limit; may be blank.
    Text(Bytes),
    /// Longer than the limit; its bytes are gone.
    TooLong,
}

/// Bounds of lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineLimits {
    /// Longest line, bytes, unpacked.
    pub(crate) bytes: usize,
    /// Longest wait for more of the body.
    pub(crate) pause: Duration,
}

/// Reads a body line by line.
pub(crate) struct Lines {
    chunks: BodyDataStream,
    limits: LineLimits,
    unpacker: Option<MultiGzDecoder<Vec<u8>>>,
    /// Received and not unpacked yet.
    packed: Bytes,
    /// Unpacked and not handed out yet.
    buffer: BytesMut,
    /// How far the buffer has been searched for a newline.
    searched: usize,
    /// The rest of a line that is too long is being skipped.
    skipping: bool,
    ended: bool,
}

impl Lines {
    pub(crate) fn new(body: Body, encoding: Encoding, limits: LineLimits) -> Self {
        let unpacker = match encoding {
            Encoding::Plain => None,
            Encoding::Gzip => Some(MultiGzDecoder::new(Vec::new())),
        };
        Self {
            chunks: body.into_data_stream(),
            limits,
            unpacker,
            packed: Bytes::new(),
            buffer: BytesMut::new(),
            searched: 0,
            skipping: false,
            ended: false,
        }
    }

    /// The next line; `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, IngestError> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            if !self.packed.is_empty() {
                self.unpack_some()?;
            } else if self.ended {
                return Ok(self.take_last());
            } else {
                self.receive().await?;
            }
        }
    }

    /// Reads on and throws away, so that a client that is still sending comes to read the answer.
    pub(crate) async fn discard(mut self, bytes: usize) {
        let mut left = bytes;
        while left > 0 && !self.ended {
            let chunk = tokio::time::timeout(self.limits.pause, self.chunks.next()).await;
            match chunk {
                Ok(Some(Ok(chunk))) => left = left.saturating_sub(chunk.len().max(1)),
                _ => return,
            }
        }
    }

    fn take_line(&mut self) -> Option<Line> {
        let Some(at) = memchr::memchr(b'\n', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            self.skipping |= self.searched > self.limits.bytes;
            if self.skipping {
                self.buffer.clear();
                self.searched = 0;
            }
            return None;
        };
        let mut line = self.buffer.split_to(self.searched + at);
        self.buffer.advance(1);
        self.searched = 0;
        if std::mem::take(&mut self.skipping) || line.len() > self.limits.bytes {
            return Some(Line::TooLong);
        }
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Some(Line::Text(line.freeze()))
    }

    /// What follows the last newline.
    fn take_last(&mut self) -> Option<Line> {
        if std::mem::take(&mut self.skipping) {
            return Some(Line::TooLong);
        }
        let rest = std::mem::take(&mut self.buffer);
        self.searched = 0;
        (!rest.is_empty()).then(|| Line::Text(rest.freeze()))
    }

    async fn receive(&mut self) -> Result<(), IngestError> {
        let timeout = |_| IngestError::RequestTimeout {
            limit: self.limits.pause,
        };
        let next = tokio::time::timeout(self.limits.pause, self.chunks.next());
        match next.await.map_err(timeout)? {
            Some(Ok(chunk)) if self.unpacker.is_none() => self.buffer.extend_from_slice(&chunk),
            Some(Ok(chunk)) => self.packed = chunk,
            Some(Err(_)) => return Err(IngestError::BodyInterrupted),
            None => {
                self.ended = true;
                self.finish_unpacking()?;
            }
        }
        Ok(())
    }

    fn unpack_some(&mut self) -> Result<(), IngestError> {
        let some = self.packed.split_to(self.packed.len().min(UNPACK_BYTES));
        let Some(unpacker) = &mut self.unpacker else {
            return Ok(());
        };
        unpacker
            .write_all(&some)
            .and_then(|()| unpacker.flush())
            .map_err(|_| IngestError::MalformedGzip)?;
        self.buffer.extend_from_slice(unpacker.get_ref());
        unpacker.get_mut().clear();
        Ok(())
    }

    fn finish_unpacking(&mut self) -> Result<(), IngestError> {
        let Some(unpacker) = &mut self.unpacker else {
            return Ok(());
        };
        unpacker
            .try_finish()
            .map_err(|_| IngestError::MalformedGzip)?;
        self.buffer.extend_from_slice(unpacker.get_ref());
        unpacker.get_mut().clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    const LIMITS: LineLimits = LineLimits {
        bytes: 8,
        pause: Duration::from_secs(5),
    };

    fn body(bytes: &[u8], chunk: usize) -> Body {
        let chunks: Vec<Result<Bytes, std::io::Error>> = bytes
            .chunks(chunk.max(1))
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        Body::from_stream(futures::stream::iter(chunks))
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    async fn all(mut lines: Lines) -> Result<Vec<Line>, IngestError> {
        let mut found = Vec::new();
        while let Some(line) = lines.next().await? {
            found.push(line);
        }
        Ok(found)
    }

    fn expected(text: &[u8]) -> Vec<Line> {
        let mut lines: Vec<&[u8]> = text.split(|c| *c == b'\n').collect();
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        let last = lines.len().saturating_sub(1);
        let ends_open = text.last() != Some(&b'\n');
        let line = |(number, line): (usize, &&[u8])| {
            if line.len() > LIMITS.bytes {
                return Line::TooLong;
            }
            let closed = number < last || !ends_open;
            let text = line.strip_suffix(b"\r").filter(|_| closed);
            Line::Text(Bytes::copy_from_slice(text.unwrap_or(line)))
        };
        lines.iter().enumerate().map(line).collect()
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text_however_it_is_cut_and_packed(
            text in prop::collection::vec(prop::sample::select(b"ab\r\n".to_vec()), 0..60), chunk in 1usize..20, gzip: bool,
        ) {
            let (bytes, encoding) = if gzip { (packed(&text), Encoding::Gzip) } else { (text.clone(), Encoding::Plain) };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let found = runtime.block_on(all(Lines::new(body(&bytes, chunk), encoding, LIMITS)));
            prop_assert_eq!(found.unwrap(), expected(&text));
        }
    }

    #[tokio::test]
    async fn a_broken_archive_ends_the_body_with_its_reason() {
        let whole = packed(&b"line\n".repeat(10_000));
        for damaged in [&whole[..whole.len() / 2], b"no gzip at all"] {
            let lines = Lines::new(body(damaged, 7), Encoding::Gzip, LIMITS);
            let refused = all(lines).await;
            assert!(
                matches!(refused, Err(IngestError::MalformedGzip)),
                "{refused:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_too_long_times_out() {
        let first = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from("a\nb"))]);
        let body = Body::from_stream(first.chain(futures::stream::pending()));
        let mut lines = Lines::new(body, Encoding::Plain, LIMITS);
        assert_eq!(
            lines.next().await.unwrap(),
            Some(Line::Text(Bytes::from("a")))
        );
        let refused = lines.next().await;
        assert!(
            matches!(refused, Err(IngestError::RequestTimeout { .. })),
            "{refused:?}"
        );
    }
}
