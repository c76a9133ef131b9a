//! Dead letters for analysts: the newest ones, one with its content, and bringing them back.
//!
//! Everything here reads Kafka on threads that may block, and few of them: one reading of the newest
//! letters, whose result serves everybody for a moment, two letters that are shown, one replay. A permit
//! goes with the work, not with the request: who hangs up does not make room for more.

mod content;
mod page;
mod replay;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dead_letters::{DeadLetterError, Position, Recent, RecentBounds, Whose};
use kafka::OwnedRecord;
use kafka::config::KafkaConfig;
use kafka::dead_letter::DeadLetterHeaders;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::Caller;
use crate::error::ApiError;

pub(crate) use content::LetterContent;
pub(crate) use page::{LetterFilter, LetterPage};
pub(crate) use replay::{ReplayAsk, ReplayReport};

/// How much of the topic is read for lists.
const BOUNDS: RecentBounds = RecentBounds {
    per_partition: 2000,
    bytes: 256 << 20,
};
/// How long a reading serves.
const FRESH: Duration = Duration::from_secs(2);
/// Longest wait for a reading that others have asked for.
const TURN: Duration = Duration::from_secs(5);

/// The dead letters of the deployment; clones share the bounds.
#[derive(Debug, Clone)]
pub(crate) struct Letters(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kafka: KafkaConfig,
    topic: String,
    latest: Mutex<Option<(Instant, Arc<Recent>)>>,
    listing: Arc<Semaphore>,
    showing: Arc<Semaphore>,
    replaying: Arc<Semaphore>,
}

/// Whose letters a caller may see: its organisation's; the operator also those of nobody.
fn whose(caller: &Caller) -> Whose {
    Whose::Of {
        organisation: caller.organisation.clone(),
        or_nobody: caller.is_operator(),
    }
}

impl Letters {
    pub(crate) fn new(kafka: KafkaConfig) -> Self {
        Self(Arc::new(Inner {
            topic: kafka.topics().dead_letters,
            kafka,
            latest: Mutex::default(),
            listing: Arc::new(Semaphore::new(1)),
            showing: Arc::new(Semaphore::new(2)),
            replaying: Arc::new(Semaphore::new(1)),
        }))
    }

    fn latest(&self) -> Option<Arc<Recent>> {
        let latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = latest.as_ref();
        let fresh = latest.filter(|(read_at, _)| read_at.elapsed() < FRESH);
        fresh.map(|(_, recent)| Arc::clone(recent))
    }

    /// The newest letters of everybody, read at most [`FRESH`] ago.
    async fn recent(&self) -> Result<Arc<Recent>, ApiError> {
        if let Some(recent) = self.latest() {
            return Ok(recent);
        }
        let permit = turn(&self.0.listing).await?;
        // Whoever had the turn before may have read it.
        if let Some(recent) = self.latest() {
            return Ok(recent);
        }
        let inner = Arc::clone(&self.0);
        blocking(permit, move || {
            let recent = dead_letters::recent(&inner.kafka, &inner.topic, BOUNDS)?;
            let recent = Arc::new(recent);
            let mut latest = inner.latest.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = Some((Instant::now(), Arc::clone(&recent)));
            Ok(recent)
        })
        .await
    }

    /// After a replay what was read before says nothing.
    fn forget(&self) {
        *self.0.latest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A page of the newest letters that the caller may see.
    pub(crate) async fn page(
        &self,
        caller: &Caller,
        filter: &LetterFilter,
    ) -> Result<LetterPage, ApiError> {
        let recent = self.recent().await?;
        Ok(LetterPage::of(&recent, &whose(caller), filter))
    }

    /// One letter that the caller may see.
    pub(crate) async fn show(
        &self,
        caller: &Caller,
        at: Position,
    ) -> Result<LetterContent, ApiError> {
        let permit = turn(&self.0.showing).await?;
        let inner = Arc::clone(&self.0);
        let (record, why) = blocking(permit, move || read(&inner, at)).await?;
        let content = LetterContent::of(&record, &why, at);
        // A letter of others is as unknown as one that is not there.
        if whose(caller).takes(content.organisation()) {
            Ok(content)
        } else {
            Err(ApiError::UnknownLetter)
        }
    }

    /// Brings letters of the caller back, or says which it would.
    pub(crate) async fn replay(
        &self,
        caller: &Caller,
        ask: ReplayAsk,
    ) -> Result<ReplayReport, ApiError> {
        let wanted = ask.wanted(whose(caller), &self.0.kafka);
        let Ok(permit) = Arc::clone(&self.0.replaying).try_acquire_owned() else {
            return Err(ApiError::ReplayAtWork(None));
        };
        let (inner, is_dry) = (Arc::clone(&self.0), ask.dry_run);
        let outcome = blocking(permit, move || {
            replay::run(&wanted, (&inner.kafka, &inner.topic), is_dry)
        });
        let report = outcome.await;
        self.forget();
        if let (Ok(report), false) = (&report, is_dry) {
            tracing::info!(
                actor = caller.actor,
                organisation = %caller.organisation,
                replayed = report.replayed,
                failed = report.failed,
                "dead letters replayed"
            );
        }
        report
    }
}

fn read(inner: &Inner, at: Position) -> Result<(OwnedRecord, DeadLetterHeaders), DeadLetterError> {
    dead_letters::read(&inner.kafka, &inner.topic, at)
}

async fn turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    let permit = tokio::time::timeout(TURN, Arc::clone(turns).acquire_owned()).await;
    permit
        .ok()
        .and_then(Result::ok)
        .ok_or(ApiError::TooManyReadings)
}

/// Work on a thread that may block; the permit is given back when the work has ended.
async fn blocking<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, DeadLetterError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    match done.await {
        Ok(outcome) => outcome.map_err(ApiError::from),
        Err(_) => Err(ApiError::Panicked),
    }
}

impl From<DeadLetterError> for ApiError {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::NoPartition { .. }
            | DeadLetterError::NoRecord { .. }
            | DeadLetterError::NoLetter { .. }
            | DeadLetterError::NotSelected { .. } => Self::UnknownLetter,
            DeadLetterError::TooMany { .. }
            | DeadLetterError::TooSlow { .. }
            | DeadLetterError::TooLarge { .. } => Self::TooManyLetters(Box::new(error)),
            DeadLetterError::AtWork { wait, .. } => Self::ReplayAtWork(Some(wait)),
            DeadLetterError::Scan(_)
            | DeadLetterError::Sending(_)
            | DeadLetterError::Account { .. }
            | DeadLetterError::Entry(_)
            | DeadLetterError::Gone { .. } => Self::LettersUnavailable(Box::new(error)),
        }
    }
}
