//! Telling a watcher by server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;

use crate::live::message::Message;
use crate::live::session::{LiveSession, Step};
use crate::live::watcher::Closed;

/// What a browser waits before it connects again, unless the answer says otherwise.
const OPENING: &str = "retry: 2000\n\n";

struct Telling {
    session: LiveSession,
    waiting: VecDeque<Arc<Message>>,
    has_opened: bool,
    has_ended: bool,
}

/// The answer: a body that ends when the watch does.
pub(crate) fn response(session: LiveSession) -> Response {
    let telling = Telling {
        session,
        waiting: VecDeque::new(),
        has_opened: false,
        has_ended: false,
    };
    let events = stream::unfold(telling, |mut telling| async move {
        let bytes = telling.next().await?;
        Some((Ok::<Bytes, Infallible>(bytes), telling))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        // Some proxies collect answers otherwise.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

impl Telling {
    /// The next bytes; `None` at the end. Asked only when the connection can take them.
    async fn next(&mut self) -> Option<Bytes> {
        if self.has_ended {
            return None;
        }
        if !self.has_opened {
            self.has_opened = true;
            return Some(Bytes::from_static(OPENING.as_bytes()));
        }
        loop {
            if let Some(message) = self.waiting.pop_front() {
                let oldest = Some(message.at);
                self.session.delivered(1, oldest);
                return Some(message.event());
            }
            match self.session.step().await {
                Step::Send(messages) => self.waiting = messages,
                Step::Heartbeat => return Some(self.heartbeat()),
                Step::Stop(reason) => return Some(self.end(reason)),
            }
        }
    }

    /// A comment; for a watcher that was told everything also a newer cursor, without an event.
    fn heartbeat(&self) -> Bytes {
        let watch = &self.session.watch;
        match watch.hub().idle_cursor(&watch.watcher) {
            Some(cursor) => format!(": heartbeat\nid: {cursor}\n\n").into(),
            None => Bytes::from_static(b": heartbeat\n\n"),
        }
    }

    fn end(&mut self, reason: Closed) -> Bytes {
        self.has_ended = true;
        self.session.watch.closed = reason;
        format!(": closed, {}\n\n", reason.as_str()).into()
    }
}
