//! Serving HTTP until a shutdown, and asking a service for its health.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A peer that takes nothing of what was sent to it, or has gone without a word, is given up after this
/// time, milliseconds: nothing else ends an answer that is never read.
const UNTAKEN_MS: u32 = 60_000;

/// Serves `router` on `listener` until `shutdown`; then finishes the requests that have begun.
///
/// # Errors
/// The listener's error.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| {
        // Answers and live messages are whole when they are written; nothing is gained by waiting for more.
        // Neither setting decides whether the connection can be served.
        drop(stream.set_nodelay(true));
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&*stream, UNTAKEN_MS);
    });
    axum::serve(listener, service)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

/// Asks the service at `listen` for `/health/ready`, as `--healthcheck` does.
///
/// # Errors
/// Why it is not ready, in a sentence.
pub fn check_ready(listen: SocketAddr) -> Result<(), String> {
    let limit = Duration::from_secs(3);
    // A service that listens on all addresses is asked on loopback.
    let target = match listen {
        SocketAddr::V4(address) if address.ip().is_unspecified() => {
            ([127, 0, 0, 1], address.port()).into()
        }
        SocketAddr::V6(address) if address.ip().is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, address.port()).into()
        }
        other => other,
    };
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&target, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"GET /health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        Ok(answer) if answer.split(' ').nth(1) == Some("200") => Ok(()),
        Ok(_) => Err(format!("the service at {target} is not ready")),
        Err(error) => Err(format!("the service at {target} does not answer: {error}")),
    }
}
