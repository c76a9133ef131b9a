//! A TCP proxy inside the test process that can fail on command.
//!
//! For PostgreSQL and HTTP. A Kafka client asks the first broker it reaches for the brokers' advertised addresses and
//! connects to those, past any proxy, so a broker must know of it: see [`crate::TestKafka::behind_fault`].
//!
//! Each change of state is in force when its call returns: after `cut` no old connection lives and no new one is
//! accepted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::outcome::OrFail;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    /// Holds every piece of up to 16 KiB back this long.
    Slow(Duration),
    Stall,
    Cut,
}

/// A proxy in front of one server; it ends with this value.
#[derive(Debug)]
pub struct TcpFault {
    address: String,
    port: u16,
    mode: watch::Sender<Mode>,
    applied: watch::Receiver<Mode>,
    task: JoinHandle<()>,
}

impl TcpFault {
    /// A proxy that passes everything to `upstream` (`host:port`).
    ///
    /// # Panics
    /// When no port can be opened.
    pub async fn before(upstream: impl Into<String>) -> Self {
        // Not a port of the kernel's choice: that may be given away while the proxy is cut.
        let port = embedded::free_port().or_fail("a port for the proxy");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind(address)
            .await
            .or_fail("opening the proxy's port");
        let (mode, wanted) = watch::channel(Mode::Pass);
        let (report, applied) = watch::channel(Mode::Pass);
        let proxy = Proxy {
            address,
            upstream: Arc::new(upstream.into()),
            wanted,
            report,
        };
        let task = tokio::spawn(proxy.run(listener));
        Self {
            address: address.to_string(),
            port,
            mode,
            applied,
            task,
        }
    }

    /// `host:port` that clients use instead of the server's.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Holds every piece of up to 16 KiB back for `delay`, in both directions: little bandwidth, and `delay` more for
    /// each way.
    pub async fn slow(&self, delay: Duration) {
        self.change(Mode::Slow(delay)).await;
    }

    /// Drops all connections and refuses new ones.
    pub async fn cut(&self) {
        self.change(Mode::Cut).await;
    }

    /// Keeps and accepts connections, but passes nothing in either direction.
    pub async fn stall(&self) {
        self.change(Mode::Stall).await;
    }

    /// Passes everything again; what was held by a stall arrives late but complete.
    pub async fn heal(&self) {
        self.change(Mode::Pass).await;
    }

    async fn change(&self, mode: Mode) {
        self.mode.send_replace(mode);
        let mut applied = self.applied.clone();
        applied
            .wait_for(|now| *now == mode)
            .await
            .or_fail("the proxy has ended");
    }
}

impl Drop for TcpFault {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Proxy {
    address: SocketAddr,
    upstream: Arc<String>,
    wanted: watch::Receiver<Mode>,
    report: watch::Sender<Mode>,
}

impl Proxy {
    async fn run(mut self, first: TcpListener) {
        let mut listener = Some(first);
        // Dropping the set ends all connections.
        let mut connections = JoinSet::new();
        loop {
            let mode = *self.wanted.borrow_and_update();
            if mode == Mode::Cut {
                listener = None;
                connections.shutdown().await;
            } else if listener.is_none() {
                let reopened = TcpListener::bind(self.address).await;
                listener = Some(reopened.or_fail("opening the proxy's port again"));
            }
            self.report.send_replace(mode);
            self.accept_until_change(listener.as_ref(), &mut connections)
                .await;
        }
    }

    async fn accept_until_change(
        &mut self,
        listener: Option<&TcpListener>,
        connections: &mut JoinSet<()>,
    ) {
        loop {
            tokio::select! {
                biased;
                changed = self.wanted.changed() => {
                    if changed.is_err() {
                        // The owner is gone and aborts this task.
                        std::future::pending::<()>().await;
                    }
                    return;
                }
                Some(_) = connections.join_next() => {}
                Some(client) = accept(listener) => {
                    let (upstream, mode) = (self.upstream.clone(), self.wanted.clone());
                    connections.spawn(async move {
                        // A broken connection is what this proxy is for; both ends see it themselves.
                        drop(relay(client, &upstream, mode).await);
                    });
                }
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(client, _)| client),
        None => None,
    }
}

async fn relay(
    client: TcpStream,
    upstream: &str,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    until_passing(&mut mode).await?;
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    tokio::try_join!(
        pump(client_reads, server_writes, mode.clone()),
        pump(server_reads, client_writes, mode),
    )?;
    Ok(())
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        // Asked between reading and writing, so that bytes read before a stall do not slip through in it.
        until_passing(&mut mode).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}

async fn until_passing(mode: &mut watch::Receiver<Mode>) -> io::Result<()> {
    let passing = mode.wait_for(|mode| matches!(mode, Mode::Pass | Mode::Slow(_)));
    let mode = *passing.await.map_err(io::Error::other)?;
    if let Mode::Slow(delay) = mode {
        tokio::time::sleep(delay).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo_server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut reads, mut writes) = stream.split();
                    drop(tokio::io::copy(&mut reads, &mut writes).await);
                });
            }
        });
        address
    }

    async fn echo(stream: &mut TcpStream, text: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_cut_drops_connections_and_refuses_new_ones_until_it_is_healed() {
        let fault = TcpFault::before(echo_server().await).await;
        let mut stream = TcpStream::connect(fault.address()).await.unwrap();
        assert_eq!(echo(&mut stream, b"before").await.unwrap(), b"before");
        fault.cut().await;
        assert!(echo(&mut stream, b"during").await.is_err());
        let refused = TcpStream::connect(fault.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        fault.heal().await;
        let mut stream = TcpStream::connect(fault.address()).await.unwrap();
        assert_eq!(echo(&mut stream, b"after").await.unwrap(), b"after");
    }

    #[tokio::test]
    async fn a_slow_line_takes_its_time_and_loses_nothing() {
        let fault = TcpFault::before(echo_server().await).await;
        let delay = Duration::from_millis(40);
        fault.slow(delay).await;
        let mut stream = TcpStream::connect(fault.address()).await.unwrap();
        let begun = std::time::Instant::now();
        assert_eq!(echo(&mut stream, b"slowly").await.unwrap(), b"slowly");
        assert!(begun.elapsed() >= delay * 2, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_stall_passes_nothing_and_loses_nothing() {
        let fault = TcpFault::before(echo_server().await).await;
        let mut old = TcpStream::connect(fault.address()).await.unwrap();
        assert_eq!(echo(&mut old, b"before").await.unwrap(), b"before");
        fault.stall().await;
        let mut new = TcpStream::connect(fault.address()).await.unwrap();
        old.write_all(b"held").await.unwrap();
        new.write_all(b"held").await.unwrap();
        let mut answer = [0; 4];
        for stream in [&mut old, &mut new] {
            let read = tokio::time::timeout(Duration::from_millis(150), stream.read(&mut answer));
            assert!(read.await.is_err(), "something came through a stall");
        }
        fault.heal().await;
        for stream in [&mut old, &mut new] {
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"held");
        }
    }
}
