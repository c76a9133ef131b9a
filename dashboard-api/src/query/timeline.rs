//! Which part of a session's timeline is asked for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Pairs, Parameters};
use crate::error::ApiError;

/// The part of a session's timeline to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimelinePage {
    /// After this event: generation, offset of its batch, position in it.
    pub(crate) after: (i32, i64, i64),
    /// Events on the page.
    pub(crate) limit: usize,
}

/// Events on a page of a timeline when nothing is said.
const DEFAULT_EVENTS: usize = 200;
/// Most events on a page of a timeline.
const MAX_EVENTS: usize = 1000;

impl TimelinePage {
    /// Reads `events_limit` and `events_cursor`.
    pub(crate) fn read(pairs: Pairs) -> Result<Self, ApiError> {
        let mut given = Parameters::new(pairs);
        let limit = given.take("events_limit", "a whole number from 0 to 1000", |text| {
            text.parse().ok().filter(|limit| *limit <= MAX_EVENTS)
        });
        let expected = "the next_cursor of a timeline";
        let after = given.take("events_cursor", expected, open_event_cursor);
        given.finish(Self {
            after: after.unwrap_or((0, -1, 0)),
            limit: limit.unwrap_or(DEFAULT_EVENTS),
        })
    }
}

/// Points of a pointer's way when nothing is said.
const DEFAULT_POINTS: usize = 500;
/// Most points of a pointer's way.
const MAX_POINTS: usize = 5000;

/// How many points of a pointer's way are asked for.
pub(crate) fn points(pairs: Pairs) -> Result<usize, ApiError> {
    let mut given = Parameters::new(pairs);
    let most = given.take("points", "a whole number from 2 to 5000", |text| {
        let most = text.parse().ok();
        most.filter(|most| (2..=MAX_POINTS).contains(most))
    });
    given.finish(most.unwrap_or(DEFAULT_POINTS))
}

/// The place after an event in a timeline, opaque to clients.
pub(crate) fn close_event_cursor((generation, offset, position): (i32, i64, i64)) -> String {
    URL_SAFE_NO_PAD.encode(format!("{generation}.{offset}.{position}"))
}

fn open_event_cursor(text: &str) -> Option<(i32, i64, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut parts = text.splitn(3, '.');
    let generation = parts.next()?.parse().ok()?;
    let offset = parts.next()?.parse().ok()?;
    let position = parts.next()?.parse().ok()?;
    Some((generation, offset, position))
}
