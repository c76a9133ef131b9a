//! What another ruleset would have said: stored raw events are folded again and judged by it.
//!
//! Only what can be trusted is compared: a session counts when the events that are stored, judged by the
//! versions that judged it then, give its stored verdict again. What cannot be judged again is counted
//! by the reason why.

mod judge;
mod load;
mod report;
mod request;

use std::sync::Arc;
use std::time::{Duration, Instant};

use control::Snapshot;
use runtime::CancellationToken;
use schemas::ids::OrganisationId;
use tokio::sync::Semaphore;

use crate::database::Database;
use crate::error::ApiError;
use judge::Judge;
use load::{Sessions, batches_of};
pub(crate) use report::PreviewAnswer;
use report::Report;
pub(crate) use request::{PreviewBody, PreviewQuery};

/// Longest time of one preview; what is left then is counted as not reached.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Most previews at a time in one process: each keeps a core busy.
const AT_A_TIME: usize = 2;

/// Runs previews, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct Previews {
    places: Arc<Semaphore>,
}

impl Default for Previews {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }
}

impl Previews {
    /// Judges the newest stored sessions of `query` again. Ends soon after it is dropped.
    pub(crate) async fn run(
        &self,
        database: &Database,
        (state, organisation): (Snapshot, &OrganisationId),
        query: PreviewQuery,
    ) -> Result<PreviewAnswer, ApiError> {
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| ApiError::PreviewsBusy)?;
        let until = Instant::now() + TIME_LIMIT;
        let stopped = CancellationToken::new();
        let _stop = stopped.clone().drop_guard();
        let sessions = Sessions::read(database, organisation, &query).await?;
        let judge = Arc::new(Judge::new(state, query.ruleset.clone()));
        let mut report = Report::new(&query.ruleset, sessions.has_more);
        for portion in sessions.portions() {
            if Instant::now() >= until {
                report.not_reached(portion.len());
                continue;
            }
            let batches = batches_of(database, organisation, &portion).await?;
            let (judge, stopped) = (Arc::clone(&judge), stopped.clone());
            let judging = tokio::task::spawn_blocking(move || {
                let sessions = portion.into_iter();
                let judged = sessions.take_while(|_| !stopped.is_cancelled());
                let judged = judged.map(|session| {
                    let events = batches.get(&session.id).map_or(&[][..], Vec::as_slice);
                    let judged = judge.judge(&session, events);
                    (session, judged)
                });
                judged.collect::<Vec<_>>()
            });
            for (session, judged) in judging.await.map_err(|_| ApiError::Panicked)? {
                report.add(session, judged);
            }
        }
        Ok(report.finish())
    }
}
