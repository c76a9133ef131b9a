//! Where `candor dev` listens: loopback, port 8080 unless told otherwise.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::net::TcpListener;

/// The port that is tried first.
const USUAL_PORT: u16 = 8080;

/// Binds the wanted address. Only the usual port gives way to a free one when it is taken: whoever names
/// an address relies on it.
pub(super) async fn bind(
    port: Option<u16>,
    listen: Option<SocketAddr>,
) -> anyhow::Result<TcpListener> {
    bind_or_move(port, listen, USUAL_PORT).await
}

async fn bind_or_move(
    port: Option<u16>,
    listen: Option<SocketAddr>,
    usual: u16,
) -> anyhow::Result<TcpListener> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Some(wanted) = port.map(local).or(listen) {
        let bound = TcpListener::bind(wanted).await;
        return bound.with_context(|| format!("cannot listen on {wanted}"));
    }
    match TcpListener::bind(local(usual)).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let free = TcpListener::bind(local(0)).await.context("no free port")?;
            eprintln!(
                "port {usual} is taken; using {} instead",
                free.local_addr()?.port()
            );
            Ok(free)
        }
        bound => bound.with_context(|| format!("cannot listen on port {usual}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_usual_port_gives_way_and_a_named_one_does_not() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let moved = bind_or_move(None, None, port)
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        assert_ne!(moved.port(), port);
        assert!(moved.ip().is_loopback());
        let error = bind_or_move(Some(port), None, 1)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(&port.to_string()), "{error}");
        assert!(
            bind_or_move(None, Some(taken.local_addr().unwrap()), 1)
                .await
                .is_err()
        );
    }
}
