//! The load: kept-alive connections, each posting its next request when it has the answer to the last.
//!
//! Load, target and broker share the machine, so this costs as little as it can: one thread, prebuilt
//! bytes, two system calls a request, and of the answer only status and length are read. What it costs is
//! the same for every target.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::traffic::Traffic;

/// Pause after a connection broke: a target that is down must not be hammered.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for an answer; a target that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// The answer to a batch, head and body, is smaller.
const LARGEST_ANSWER: usize = 64 * 1024;

/// When to begin to count, and when to end; clones are one span.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) counted_from: Instant,
    pub(crate) until: Instant,
    stopped: Arc<AtomicBool>,
}

impl Span {
    /// `warm_up` from now, then `counted`.
    pub(crate) fn from_now(warm_up: Duration, counted: Duration) -> Self {
        let counted_from = Instant::now() + warm_up;
        Self {
            counted_from,
            until: counted_from + counted,
            stopped: Arc::default(),
        }
    }

    /// Ends it now.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || Instant::now() >= self.until
    }
}

/// What the counted part of a run saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Times of the requests that were answered 202, microseconds.
    pub(crate) micros: Vec<u32>,
    /// Answers other than 202.
    pub(crate) refused: u64,
    /// Requests without an answer.
    pub(crate) broken: u64,
    /// One of the above, in words.
    pub(crate) example: Option<String>,
    /// Answers 202 over the whole run, the warm-up among them.
    pub(crate) acknowledged: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.refused += other.refused;
        self.broken += other.broken;
        self.acknowledged += other.acknowledged;
        self.example = self.example.take().or(other.example);
    }
}

/// Runs the load on a thread of its own; the handle gives the tally.
pub(crate) fn spawn(
    (address, traffic): (SocketAddr, Arc<Traffic>),
    connections: usize,
    span: Span,
) -> std::io::Result<std::thread::JoinHandle<anyhow::Result<Tally>>> {
    std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
                for first in 0..connections {
                    let client = Client {
                        address,
                        traffic: Arc::clone(&traffic),
                        next: first % traffic.len(),
                        stride: connections,
                        answer: Vec::with_capacity(LARGEST_ANSWER),
                    };
                    tasks.spawn(client.run(span.clone()));
                }
                let mut tally = Tally::default();
                while let Some(client) = tasks.join_next().await {
                    tally.add(client?);
                }
                Ok(tally)
            })
        })
}

struct Client {
    address: SocketAddr,
    traffic: Arc<Traffic>,
    next: usize,
    stride: usize,
    answer: Vec<u8>,
}

impl Client {
    async fn run(mut self, span: Span) -> Tally {
        let mut tally = Tally::default();
        let mut stream = None;
        while !span.is_over() {
            let begun = Instant::now();
            let outcome = tokio::time::timeout(PATIENCE, self.one(&mut stream)).await;
            let counts = Instant::now() >= span.counted_from;
            match outcome.unwrap_or_else(|_| bail!("no answer after {PATIENCE:?}")) {
                Ok(202) => {
                    tally.acknowledged += 1;
                    if counts {
                        let micros = u32::try_from(begun.elapsed().as_micros());
                        tally.micros.push(micros.unwrap_or(u32::MAX));
                    }
                }
                Ok(_) => {
                    tally.refused += u64::from(counts);
                    let answer = || String::from_utf8_lossy(&self.answer).into_owned();
                    tally.example.get_or_insert_with(answer);
                }
                Err(error) => {
                    stream = None;
                    tally.broken += u64::from(counts);
                    tally.example.get_or_insert_with(|| format!("{error:#}"));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        tally
    }

    /// Sends the next request and reads its answer; the status.
    async fn one(&mut self, kept: &mut Option<TcpStream>) -> anyhow::Result<u16> {
        let stream = match kept {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                kept.insert(stream)
            }
        };
        let (head, body) = self.traffic.request(self.next);
        self.next = (self.next + self.stride) % self.traffic.len();
        write_both(stream, head, body).await?;
        self.answer.clear();
        loop {
            ensure!(
                stream.read_buf(&mut self.answer).await? > 0,
                "the connection was closed"
            );
            if let Some(answer) = parse(&self.answer)? {
                if answer.closes {
                    *kept = None;
                }
                return Ok(answer.status);
            }
        }
    }
}

async fn write_both(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> std::io::Result<()> {
    let parts = [IoSlice::new(head), IoSlice::new(body)];
    let written = stream.write_vectored(&parts).await?;
    if written < head.len() {
        stream.write_all(&head[written..]).await?;
        stream.write_all(body).await
    } else {
        stream.write_all(&body[written - head.len()..]).await
    }
}

/// What is read of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) closes: bool,
    /// Bytes before the body.
    pub(crate) head: usize,
}

/// A complete answer; `None` while some of it is missing.
pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12));
    let status = status
        .and_then(|text| text.parse().ok())
        .with_context(|| format!("no answer of HTTP: {head}"))?;
    let (mut length, mut chunked, mut closes) = (0, false, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().context("a length is a number")?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.eq_ignore_ascii_case("close");
        }
    }
    let body = &bytes[end + 4..];
    let complete = if chunked {
        // The last chunk is empty; no answer to a batch has trailers.
        body.ends_with(b"0\r\n\r\n")
    } else {
        body.len() >= length
    };
    Ok(complete.then_some(Answer {
        status,
        closes,
        head: end + 4,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, closes: bool, head: usize) -> Option<Answer> {
        Some(Answer {
            status,
            closes,
            head,
        })
    }

    #[test]
    fn an_answer_is_complete_with_its_last_byte() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nx: y\r\n\r\nbody";
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]).unwrap(), None, "{length}");
        }
        assert_eq!(parse(whole).unwrap(), answered(202, false, whole.len() - 4));
    }

    #[test]
    fn chunked_empty_and_closing_answers_are_understood() {
        let chunked =
            b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        let head = chunked.len() - b"2\r\nok\r\n0\r\n\r\n".len();
        assert_eq!(parse(chunked).unwrap(), answered(202, false, head));
        assert_eq!(parse(&chunked[..chunked.len() - 5]).unwrap(), None);
        let empty = b"HTTP/1.1 503 Later\r\nconnection: close\r\n\r\n";
        assert_eq!(parse(empty).unwrap(), answered(503, true, empty.len()));
        assert!(parse(b"SSH-2.0-OpenSSH_9\r\n\r\n").is_err());
    }
}
