//! Connections: HTTP/1.1 with bounds that `axum::serve` does not have, and a shutdown in steps.
//!
//! A connection that does not send a whole head in time is closed, whether it sends nothing or one byte
//! a second; the number of connections is bounded, further ones wait in the system's queue. After a
//! shutdown no connection is accepted, idle ones are closed, and requests that have begun are finished
//! within the drain timeout; then the rest is cut.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::IntGauge;
use runtime::CancellationToken;
use runtime::config::{Config, Reader, Seconds};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;
use tower::Service;

/// Pause after a failed accept: out of file descriptors, which only time can heal.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Files beside the connections: Kafka's sockets, logs, the listener, and some to spare.
const OTHER_FILES: u64 = 200;
/// Most bytes of a request's head; more is answered 431.
const HEAD_BYTES: usize = 32 << 10;

/// Bounds of connections.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// Most connections.
    pub connections: usize,
    /// Longest wait for a request's whole head, the idle time before it included.
    pub head_timeout: Duration,
    /// Longest wait for a client that does not take its answer.
    pub write_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(30),
        }
    }
}

impl Config for ServerLimits {
    fn read(reader: &mut Reader<'_>) -> Self {
        let limits = Self {
            connections: reader.or("MAX_CONNECTIONS", "10000", "most open connections"),
            head_timeout: reader
                .or::<Seconds>(
                    "HEADER_READ_TIMEOUT_SECONDS",
                    "15",
                    "longest wait for a request's head, idle time before it included",
                )
                .0,
            write_timeout: reader
                .or::<Seconds>(
                    "WRITE_TIMEOUT_SECONDS",
                    "30",
                    "longest wait for a client that does not take its answer",
                )
                .0,
        };
        reader.check(
            limits.connections > 0
                && !limits.head_timeout.is_zero()
                && !limits.write_timeout.is_zero(),
            "CANDOR_MAX_CONNECTIONS, CANDOR_HEADER_READ_TIMEOUT_SECONDS and CANDOR_WRITE_TIMEOUT_SECONDS must not be 0",
        );
        limits
    }
}

/// A router with the bounds it is served under.
#[derive(Debug, Clone)]
pub struct Server {
    /// What is served; requests carry `ConnectInfo<SocketAddr>`.
    pub router: Router,
    /// Bounds of connections.
    pub limits: ServerLimits,
    /// Counts open connections.
    pub connections: IntGauge,
    /// How long requests that have begun may take after a shutdown.
    pub drain_timeout: Duration,
}

/// One open connection, until dropped.
struct Open {
    _place: OwnedSemaphorePermit,
    gauge: IntGauge,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

impl Server {
    /// Serves `listener` until `shutdown`, then finishes what has begun. Returns how many connections
    /// had to be cut.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> usize {
        self.check_open_files();
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                accepted = accept(&listener, &places) => accepted,
            };
            let (stream, peer, place) = accepted;
            self.connections.inc();
            let open = Open {
                _place: place,
                gauge: self.connections.clone(),
            };
            let connection = self.connection(stream, peer, shutdown.clone());
            let cut = cut.clone();
            connections.spawn(async move {
                let _open = open;
                cut.run_until_cancelled_owned(connection).await;
            });
        }
        drop(listener);
        connections.close();
        let drained = tokio::time::timeout(self.drain_timeout, connections.wait()).await;
        let left = if drained.is_ok() {
            0
        } else {
            connections.len()
        };
        cut.cancel();
        connections.wait().await;
        left
    }

    /// A bound of connections that the system does not grant is worth a word at the start.
    fn check_open_files(&self) {
        let wanted = self.limits.connections as u64 + OTHER_FILES;
        match runtime::open_files::raise_to(wanted) {
            Ok(limit) if limit >= wanted => {}
            Ok(limit) => tracing::warn!(
                limit,
                wanted,
                "too few open files for CANDOR_MAX_CONNECTIONS; raise the limit (ulimit -n)"
            ),
            Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        shutdown: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let router = self.router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut router = router.clone();
            async move { Ok::<_, Infallible>(answer(&mut router, request, peer).await) }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_timeout)
            .max_header_size(HEAD_BYTES);
        let write_timeout = self.limits.write_timeout;
        async move {
            prepare(&stream, write_timeout);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection.with_upgrades());
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(error = %error, "connection ended");
            }
        }
    }
}

/// What can be said of a socket before it is used; a system that does not know an option serves all the same.
fn prepare(stream: &TcpStream, write_timeout: Duration) {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    // A client that takes nothing would hold its connection and the answer for ever. The system ends the connection
    // when what was sent is not acknowledged, or cannot be sent because the client's window is closed, for this long.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(write_timeout));
    #[cfg(not(target_os = "linux"))]
    let _ = write_timeout;
}

async fn answer(
    router: &mut Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Response<Body> {
    request.extensions_mut().insert(ConnectInfo(peer));
    // A router is always ready and never fails.
    let Ok(response) = router.call(request).await;
    response
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // Nobody closes the semaphore.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(error = %error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
