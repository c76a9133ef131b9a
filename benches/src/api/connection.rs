//! One kept-alive connection that reads: prebuilt bytes out, status and body in.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::gateway::load::{Answer, parse};

/// A connection; opened when it is first used, and again when the server has closed it.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    answer: Vec<u8>,
    head: usize,
    request: String,
}

impl Connection {
    /// To `http://HOST:PORT`.
    pub(crate) fn to(url: &str) -> anyhow::Result<Self> {
        let address = url.strip_prefix("http://").context("an address of HTTP")?;
        Ok(Self {
            address: address.parse()?,
            stream: None,
            answer: Vec::with_capacity(64 * 1024),
            head: 0,
            request: String::new(),
        })
    }

    /// Asks for `path`; `lines` are header lines. The body is kept until the next request.
    pub(crate) async fn get(&mut self, path: &str, lines: &str) -> anyhow::Result<Answer> {
        let mut request = std::mem::take(&mut self.request);
        request.clear();
        for part in [
            "GET ",
            path,
            " HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            lines,
            "\r\n\r\n",
        ] {
            request.push_str(part);
        }
        let outcome = self.send(request.as_bytes()).await;
        self.request = request;
        if outcome.is_err() {
            self.stream = None;
        }
        outcome
    }

    /// Sends a whole request and reads its answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.stream.insert(stream)
            }
        };
        stream.write_all(request).await?;
        self.answer.clear();
        loop {
            let read = stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed");
            if let Some(answer) = parse(&self.answer)? {
                self.head = answer.head;
                if answer.closes {
                    self.stream = None;
                }
                return Ok(answer);
            }
        }
    }

    /// The last answer's body, as it came.
    pub(crate) fn body(&self) -> &[u8] {
        self.answer.get(self.head..).unwrap_or_default()
    }

    /// The text of the member `name` in the last answer, if it has one that is a text without escapes.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let body = std::str::from_utf8(self.body()).ok()?;
        let (_, rest) = body.split_once(&format!("\"{name}\":\""))?;
        rest.split_once('"').map(|(text, _)| text)
    }

    /// Whether the last answer has this text in it.
    pub(crate) fn says(&self, text: &str) -> bool {
        let text = text.as_bytes();
        self.body().windows(text.len()).any(|window| window == text)
    }
}
