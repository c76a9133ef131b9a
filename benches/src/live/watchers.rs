//! Watchers over WebSocket, and what they have heard.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use futures::StreamExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::process::Service;
use crate::times::Times;

/// Handshakes at a time.
const CONNECTING: usize = 64;
/// How much a slow watcher's side holds, bytes.
const NARROW: u32 = 4096;
const MARK: &str = "\"request_id\":\"";

/// What all watchers have heard together.
pub(super) struct Heard {
    begun: Instant,
    verdicts: AtomicU64,
    snapshots: AtomicU64,
    latencies: Mutex<Times>,
}

impl Heard {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            begun: Instant::now(),
            verdicts: AtomicU64::new(0),
            snapshots: AtomicU64::new(0),
            latencies: Mutex::new(Times::new()?),
        })
    }

    /// Microseconds since the beginning.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn hear(&self, text: &str) -> anyhow::Result<()> {
        if text.contains("\"type\":\"snapshot\"") {
            self.snapshots.fetch_add(1, Ordering::Relaxed);
        }
        let sent = text
            .split_once(MARK)
            .and_then(|(_, rest)| rest.split('"').next());
        if let Some(sent) = sent.and_then(|sent| sent.parse::<u64>().ok()) {
            self.verdicts.fetch_add(1, Ordering::Relaxed);
            let waited = Duration::from_micros(self.now().saturating_sub(sent));
            self.times().add(waited)?;
        }
        Ok(())
    }

    pub(super) fn verdicts(&self) -> u64 {
        self.verdicts.load(Ordering::Relaxed)
    }

    /// Beyond the one that each begins with.
    pub(super) fn snapshots(&self) -> u64 {
        self.snapshots.load(Ordering::Relaxed)
    }

    /// The middle, the 99th percentile and the greatest, milliseconds.
    pub(super) fn latencies(&self) -> [f64; 3] {
        let times = self.times();
        [0.5, 0.99, 1.0].map(|share| times.at(share))
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everybody who watches.
pub(super) struct Crowd {
    /// Watchers that read, by organisation.
    reading: Vec<u64>,
    _tasks: JoinSet<()>,
    _slow: Vec<WebSocketStream<TcpStream>>,
}

impl Crowd {
    /// Connects `clients` watchers, the first `slow` of which read nothing once they have begun.
    pub(super) async fn connect(
        api: &Service,
        keys: &[String],
        (clients, slow): (usize, usize),
        heard: &Arc<Heard>,
    ) -> anyhow::Result<Self> {
        let address = api.url.trim_start_matches("http://").to_owned();
        let room = Arc::new(Semaphore::new(CONNECTING));
        let mut connecting = JoinSet::new();
        for number in 0..clients {
            let at = number % keys.len();
            let (address, key) = (address.clone(), keys[at].clone());
            let permit = Arc::clone(&room).acquire_owned().await?;
            connecting.spawn(async move {
                let socket = open(&address, &key, number < slow).await;
                drop(permit);
                (number, at, socket)
            });
        }
        let mut crowd = Self {
            reading: vec![0; keys.len()],
            _tasks: JoinSet::new(),
            _slow: Vec::new(),
        };
        while let Some(connected) = connecting.join_next().await {
            let (number, at, socket) = connected?;
            let socket = socket.with_context(|| format!("watcher {number}"))?;
            if number < slow {
                crowd._slow.push(socket);
            } else {
                crowd.reading[at] += 1;
                crowd._tasks.spawn(listen(socket, Arc::clone(heard)));
            }
        }
        Ok(crowd)
    }

    /// Messages that those who read should hear of so many verdicts of each organisation.
    pub(super) fn expected(&self, sent: &[u64]) -> u64 {
        let pairs = self.reading.iter().zip(sent);
        pairs.map(|(watchers, verdicts)| watchers * verdicts).sum()
    }
}

/// A connection that has been told where it begins.
async fn open(
    address: &str,
    key: &str,
    is_slow: bool,
) -> anyhow::Result<WebSocketStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    if is_slow {
        socket.set_recv_buffer_size(NARROW)?;
    }
    let stream = socket.connect(address.parse()?).await?;
    let mut request = format!("ws://{address}/ws").into_client_request()?;
    request.headers_mut().insert("x-api-key", key.parse()?);
    // The library's own buffer of 128 KiB would be this process's memory many times over.
    let config = WebSocketConfig::default().read_buffer_size(NARROW as usize);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    let first = socket.next().await.context("the feed has ended")??;
    anyhow::ensure!(
        first.to_text()?.contains("snapshot"),
        "not a snapshot: {first}"
    );
    Ok(socket)
}

async fn listen(mut socket: WebSocketStream<TcpStream>, heard: Arc<Heard>) {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            // A time that cannot be kept would be one of hours.
            if heard.hear(&text).is_err() {
                return;
            }
        }
    }
}
