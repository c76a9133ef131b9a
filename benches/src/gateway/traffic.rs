//! The requests of a run, built before it: batches of simulated sessions under ids the gateway accepts.
//!
//! Every target gets the same bytes. A session is posted to by one connection at a time, as a browser's
//! is, and there are enough sessions that no limit per session is met.

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use generators::{Generator, Mix};
use schemas::ids::{OrganisationId, SessionSecret};
use schemas::recording::{RecordedEvent, Recording};

use crate::process::{KEY, ORGANISATION, SECRET};

/// Events of one request.
pub(crate) const BATCH: usize = 50;
/// Different bodies; some 2 MB, so that they do not all stay in the processor's first caches.
const BODIES: usize = 512;

/// Prebuilt requests.
#[derive(Debug)]
pub(crate) struct Traffic {
    heads: Vec<Vec<u8>>,
    bodies: Vec<Vec<u8>>,
    /// Ids of the sessions, in the order of the requests.
    pub(crate) sessions: Vec<String>,
}

impl Traffic {
    /// One request for each of `sessions` sessions that begin now.
    pub(crate) fn build(sessions: usize, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let bodies = bodies(now)?;
        let secret = SessionSecret::new(SECRET)?;
        let organisation: OrganisationId = ORGANISATION.parse()?;
        let mint = |_| secret.mint(&organisation, now, rand::random()).to_string();
        let sessions: Vec<String> = (0..sessions).map(mint).collect();
        let heads = sessions.iter().enumerate();
        let heads = heads.map(|(index, id)| head(id, bodies[index % BODIES].len()));
        Ok(Self {
            heads: heads.collect(),
            bodies,
            sessions,
        })
    }

    /// Number of requests.
    pub(crate) fn len(&self) -> usize {
        self.heads.len()
    }

    /// Head and body of request `index`.
    pub(crate) fn request(&self, index: usize) -> (&[u8], &[u8]) {
        (&self.heads[index], self.body(index))
    }

    /// The head of a post of `length` bytes to `session`.
    pub(crate) fn head(session: &str, length: usize) -> Vec<u8> {
        head(session, length)
    }

    /// Body of request `index`: an array of [`BATCH`] events.
    pub(crate) fn body(&self, index: usize) -> &[u8] {
        &self.bodies[index % BODIES]
    }

    /// Bytes of a body, on average.
    pub(crate) fn mean_body(&self) -> usize {
        self.bodies.iter().map(Vec::len).sum::<usize>() / self.bodies.len()
    }
}

fn head(session: &str, length: usize) -> Vec<u8> {
    format!(
        "POST /api/v1/detection/sessions/{session}/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// Batches from sessions of every kind, in the form `candor loadgen` sends them.
fn bodies(now: DateTime<Utc>) -> anyhow::Result<Vec<Vec<u8>>> {
    let start = now.timestamp_millis() - 600_000;
    let generator = Generator::new(1, Mix::default());
    let mut bodies = Vec::with_capacity(BODIES);
    for session in generator.sessions() {
        let recording = session.to_recording().context("a simulated session")?;
        let batches = recording.events.chunks_exact(BATCH);
        bodies.extend(batches.map(|batch| body(batch, start)));
        if bodies.len() >= BODIES {
            break;
        }
    }
    bodies.truncate(BODIES);
    ensure!(bodies.len() == BODIES, "too few events were simulated");
    Ok(bodies)
}

fn body(events: &[RecordedEvent], start: i64) -> Vec<u8> {
    Recording::batch_json(events, start).into_bytes()
}
