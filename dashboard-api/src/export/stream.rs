//! An export on its way: one task reads and encodes, the answer's body passes on, and no more than a few
//! chunks are between the two.
//!
//! The body ends well only after the task has said so. Whatever else ends it cuts the connection, so that
//! a client never takes a part for the whole.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName, TRAILER};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Transaction;
use http_body::Frame;
use runtime::problem::RequestId;
use schemas::ids::OrganisationId;
use tokio::sync::mpsc;

use crate::database::Database;
use crate::error::{ApiError, chain};
use crate::export::limits::{Exports, Slot};
use crate::export::pseudonym::Pseudonyms;
use crate::export::rows::{Chunk, ExportedSession, Place, Search};
use crate::export::writer::{FileWriter, Format};
use crate::query::SessionFilter;
use crate::setup::AppState;

/// The trailer that says how many rows the file has.
pub(crate) const ROWS: HeaderName = HeaderName::from_static("x-candor-rows");

/// Pieces of the file between the task and the connection.
const PIECES: usize = 1;

/// How often a connection is asked for again when all are in use, and how long after.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// What to export.
#[derive(Debug)]
pub(crate) struct ExportRequest {
    pub(crate) organisation: OrganisationId,
    pub(crate) filter: SessionFilter,
    pub(crate) format: Format,
    pub(crate) pseudonyms: Option<Pseudonyms>,
}

/// Begins an export. What goes wrong until its first rows are read is answered as a problem.
pub(crate) async fn respond(
    state: &AppState,
    request: ExportRequest,
) -> Result<Response, ApiError> {
    let slot = state.exports().begin(&request.organisation)?;
    let now = Utc::now();
    let mut job = Job::new(state, request, slot, now)?;
    let first = job.chunk().await?;
    let format = job.format;
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::spawn(job.run(first, sender));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, format.content_type());
    headers.insert(TRAILER, HeaderValue::from_static("x-candor-rows"));
    let name = format!(
        "candor-sessions-{}.{}",
        now.format("%Y%m%dT%H%M%SZ"),
        format.as_str()
    );
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| ApiError::Encoding(error.into()))?;
    headers.insert(CONTENT_DISPOSITION, disposition);
    let body = Body::new(FileBody {
        receiver,
        is_complete: false,
    });
    Ok((headers, body).into_response())
}

/// Why an export ended before its end.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the client went away")]
    Abandoned,
    #[error("the client took nothing for too long")]
    Stalled,
    #[error("the export failed")]
    Failed(#[source] ApiError),
}

impl Ended {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Stalled => "stalled",
            Self::Failed(_) => "failed",
        }
    }
}

type Piece = Frame<Bytes>;

/// A running export.
#[derive(Debug)]
struct Job {
    database: Database,
    organisation: OrganisationId,
    format: Format,
    pseudonyms: Option<Pseudonyms>,
    place: Place,
    writer: Option<FileWriter>,
    exports: Exports,
    request_id: Option<RequestId>,
    rows: u64,
    _slot: Slot,
}

impl Job {
    fn new(
        state: &AppState,
        request: ExportRequest,
        slot: Slot,
        now: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let mut filter = request.filter;
        // Sessions that begin while the export runs are not part of it.
        let end = now + TimeDelta::milliseconds(1);
        filter.to = Some(filter.to.map_or(end, |to| to.min(end)));
        Ok(Self {
            database: state.database().clone(),
            organisation: request.organisation,
            format: request.format,
            pseudonyms: request.pseudonyms,
            place: Place {
                filter,
                before: None,
                search: Search::Direct,
                limit: state.exports().config().chunk_rows.into(),
            },
            writer: Some(FileWriter::new(request.format)?),
            exports: state.exports().clone(),
            request_id: RequestId::current(),
            rows: 0,
            _slot: slot,
        })
    }

    /// Reads the next rows. When they cannot be found in time, the rest is read in slices; and a file that has
    /// begun waits for a connection, where a request would be refused.
    async fn chunk(&mut self) -> Result<Chunk, ApiError> {
        let mut patience = if self.place.before.is_some() {
            PATIENCE
        } else {
            0
        };
        loop {
            match self.read().await {
                Err(ApiError::QueryTooSlow) if self.place.search == Search::Direct => {
                    self.place.search = Search::Sliced;
                }
                Err(ApiError::DatabaseBusy) if patience > 0 => {
                    patience -= 1;
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn read(&self) -> Result<Chunk, ApiError> {
        // One plan for all chunks: with many partitions, planning each would take longer than reading it.
        let setup = format!(
            "SET LOCAL statement_timeout = {}; SET LOCAL plan_cache_mode = force_generic_plan",
            self.exports.config().chunk_timeout.as_millis()
        );
        let read = async |transaction: &Transaction<'_>| {
            transaction.batch_execute(&setup).await?;
            Chunk::read(transaction, &self.place).await
        };
        self.database.read(&self.organisation, read).await
    }

    /// Writes the file; its end is counted, and a failure is logged.
    async fn run(mut self, first: Chunk, sender: mpsc::Sender<Piece>) {
        let outcome = self.write(first, &sender).await;
        let word = outcome.as_ref().map_or_else(Ended::as_str, |()| "complete");
        let counter = &self.exports.metrics().ended;
        counter
            .with_label_values(&[self.format.as_str(), word])
            .inc();
        let (id, rows) = (self.request_id.as_ref(), self.rows);
        let id = id.map_or("", RequestId::as_str);
        match &outcome {
            Err(error @ Ended::Failed(_)) => {
                let error = chain(error);
                tracing::error!(request.id = id, rows, error, "export cut off");
            }
            _ => tracing::debug!(request.id = id, rows, outcome = word, "export ended"),
        }
    }

    async fn write(&mut self, first: Chunk, sender: &mpsc::Sender<Piece>) -> Result<(), Ended> {
        let mut chunk = first;
        loop {
            let next = chunk.next;
            self.encode(chunk.rows, sender).await?;
            let Some(next) = next else { break };
            self.place.before = Some(next);
            chunk = tokio::select! {
                biased;
                () = sender.closed() => return Err(Ended::Abandoned),
                chunk = self.chunk() => chunk.map_err(Ended::Failed)?,
            };
        }
        if let Some(writer) = self.writer.take() {
            let end = blocking(move || writer.finish()).await?;
            self.send(end, sender).await?;
        }
        let mut trailers = HeaderMap::new();
        trailers.insert(ROWS, HeaderValue::from(self.rows));
        self.pass(Frame::trailers(trailers), sender).await
    }

    async fn encode(
        &mut self,
        mut rows: Vec<ExportedSession>,
        sender: &mpsc::Sender<Piece>,
    ) -> Result<(), Ended> {
        let count = rows.len() as u64;
        let Some(mut writer) = self.writer.take() else {
            return Ok(());
        };
        let pseudonyms = self.pseudonyms.clone();
        let (writer, bytes) = blocking(move || {
            if let Some(pseudonyms) = pseudonyms {
                for row in &mut rows {
                    row.respondent_id = row.respondent_id.as_deref().map(|id| pseudonyms.of(id));
                }
            }
            let bytes = writer.rows(rows)?;
            Ok((writer, bytes))
        })
        .await?;
        self.writer = Some(writer);
        self.rows += count;
        let counter = &self.exports.metrics().rows;
        counter
            .with_label_values(&[self.format.as_str()])
            .inc_by(count);
        self.send(bytes, sender).await
    }

    async fn send(&self, bytes: Vec<u8>, sender: &mpsc::Sender<Piece>) -> Result<(), Ended> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.pass(Frame::data(bytes.into()), sender).await
    }

    async fn pass(&self, piece: Piece, sender: &mpsc::Sender<Piece>) -> Result<(), Ended> {
        match sender.send_timeout(piece, self.stall()).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Ended::Stalled),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Ended::Abandoned),
        }
    }

    fn stall(&self) -> Duration {
        self.exports.config().stall
    }
}

/// Encoding and compressing take tens of milliseconds: not on a thread that answers requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, Ended> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(ApiError::Panicked))
        .map_err(Ended::Failed)
}

/// The file as the body of an answer.
struct FileBody {
    receiver: mpsc::Receiver<Piece>,
    /// The trailers have passed: nothing is missing.
    is_complete: bool,
}

/// The file is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the export ended before its end")]
struct CutOff;

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        self.receiver.poll_recv(context).map(|piece| match piece {
            Some(piece) => {
                self.is_complete |= piece.is_trailers();
                Some(Ok(piece))
            }
            None if self.is_complete => None,
            None => Some(Err(CutOff)),
        })
    }
}
