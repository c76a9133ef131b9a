//! Telling a watcher over a WebSocket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade};
use futures::SinkExt;
use tokio::time::{Instant, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::live::message::Message;
use crate::live::session::{LiveSession, Step};
use crate::live::watcher::Closed;

/// Watchers say next to nothing.
const READ_BUFFER: usize = 1 << 10;
/// Longest message that is read; a longer one ends the connection.
const LONGEST_READ: usize = 4 << 10;
/// Frames are collected up to so many bytes before they are written.
const WRITE_BUFFER: usize = 4 << 10;
/// What waits to be written is never more than this and a message; beyond, the connection is broken.
const LONGEST_WRITE: usize = 1 << 20;
/// Messages that are sent before the shutdown is looked for again.
const CHUNK: usize = 32;
/// How long a watcher may take to hear that the connection ends.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a connection may hold in memory.
pub(crate) fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(LONGEST_WRITE)
        .max_message_size(LONGEST_READ)
        .max_frame_size(LONGEST_READ)
}

/// Tells the watcher until something ends it; the token is given back at the very end.
pub(crate) async fn serve(
    mut socket: WebSocket,
    mut session: LiveSession,
    _running: TaskTrackerToken,
) {
    let closed = run(&mut socket, &mut session).await;
    session.watch.closed = closed;
    // The watcher is no watcher any more; what is left is good manners.
    drop(session);
    if let Some(frame) = goodbye(closed) {
        let saying = async {
            socket.send(Frame::Close(Some(frame))).await?;
            while socket.recv().await.is_some_and(|received| received.is_ok()) {}
            Ok::<(), axum::Error>(())
        };
        drop(timeout(GOODBYE, saying).await);
    }
}

async fn run(socket: &mut WebSocket, session: &mut LiveSession) -> Closed {
    let config = session.watch.hub().config().clone();
    let mut heard_at = Instant::now();
    loop {
        let step = tokio::select! {
            biased;
            step = session.step() => step,
            received = socket.recv() => match received {
                Some(Ok(Frame::Close(_))) | None => return Closed::Left,
                // Watchers have nothing to say, but may: some libraries send pings of their own as text.
                Some(Ok(_)) => {
                    heard_at = Instant::now();
                    continue;
                }
                Some(Err(_)) => return Closed::Broken,
            },
        };
        match step {
            Step::Stop(reason) => return reason,
            Step::Send(messages) => {
                if let Err(reason) = send(socket, session, messages, config.write_timeout).await {
                    return reason;
                }
            }
            // The last ping is unanswered, and so was the one before.
            Step::Heartbeat if heard_at.elapsed() > 2 * config.heartbeat + config.write_timeout => {
                return Closed::Silent;
            }
            Step::Heartbeat => {
                let ping = socket.send(Frame::Ping(bytes::Bytes::new()));
                match timeout(config.write_timeout, ping).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Closed::Broken,
                    Err(_) => return Closed::Slow,
                }
            }
        }
    }
}

async fn send(
    socket: &mut WebSocket,
    session: &mut LiveSession,
    mut messages: VecDeque<Arc<Message>>,
    limit: Duration,
) -> Result<(), Closed> {
    while !messages.is_empty() {
        let count = messages.len().min(CHUNK);
        let oldest = messages.front().map(|message| message.at);
        let writing = async {
            for message in messages.drain(..count) {
                socket.feed(Frame::Text(message.text())).await?;
            }
            socket.flush().await
        };
        let written = tokio::select! {
            biased;
            written = timeout(limit, writing) => written,
            // What is under way is cut off; the cursor brings the watcher back to it.
            () = session.stopping().cancelled() => return Err(Closed::Shutdown),
        };
        match written {
            Ok(Ok(())) => session.delivered(count, oldest),
            Ok(Err(_)) => return Err(Closed::Broken),
            Err(_) => return Err(Closed::Slow),
        }
    }
    Ok(())
}

/// What is said at the end: RFC 6455 codes, with the reason of the metric.
fn goodbye(closed: Closed) -> Option<CloseFrame> {
    let code = match closed {
        Closed::Left | Closed::Broken => return None,
        Closed::Shutdown => 1001,
        Closed::Credentials => 1008,
        Closed::Slow | Closed::Silent => 1013,
    };
    Some(CloseFrame {
        code,
        reason: Utf8Bytes::from_static(closed.as_str()),
    })
}
