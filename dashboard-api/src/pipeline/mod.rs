//! How far the pipeline is behind, and who works on it: consumer groups and topics, as the broker tells.
//!
//! Nobody looks while nobody asks. From the first question on a task looks at the cluster every few
//! seconds, on a thread that may block, until the questions have stopped for [`IDLE`]; then it lets the
//! connections go. A broker that is away leaves the last figures standing, with their age and a problem.

mod history;
mod look;
mod report;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka::config::KafkaConfig;
use kafka::groups::{LookError, Observer};
use runtime::CancellationToken;
use tokio::sync::{Notify, watch};

use history::History;
use look::{Look, Watched};
pub(crate) use report::PipelineReport;

/// How long after the last question the looking ends.
const IDLE: Duration = Duration::from_secs(30);
/// Longest wait for one answer of the cluster.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the first question waits for the first look.
const FIRST_LOOK: Duration = Duration::from_secs(4);

/// What is known of the pipeline; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kafka: KafkaConfig,
    interval: Duration,
    asked_at: Mutex<Option<Instant>>,
    asked: Notify,
    known: watch::Sender<Known>,
}

/// The last look that succeeded, and why the one after it did not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) look: Option<Arc<Look>>,
    /// A stable name of what is wrong with the figures.
    pub(crate) problem: Option<&'static str>,
    /// Number of looks, of any outcome.
    looks: u64,
}

/// What is kept between looks while somebody asks.
#[derive(Default)]
struct Looking {
    observer: Option<Observer>,
    history: History,
}

impl Pipeline {
    /// Knows nothing yet; looks every `interval` once it is asked.
    pub(crate) fn new(kafka: KafkaConfig, interval: Duration) -> Self {
        Self(Arc::new(Inner {
            kafka,
            interval,
            asked_at: Mutex::default(),
            asked: Notify::new(),
            known: watch::Sender::default(),
        }))
    }

    fn asked_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0
            .asked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The figures of the last look. The first question waits for one.
    pub(crate) async fn ask(&self) -> Known {
        let was_idle = self.asked_at().replace(Instant::now()).is_none();
        let mut known = self.0.known.subscribe();
        if was_idle {
            // What is known is from before the silence.
            let before = known.borrow().looks;
            self.0.asked.notify_one();
            let looked = known.wait_for(|known| known.looks > before);
            // Without an answer in time the figures are old, and say so.
            let _ = tokio::time::timeout(FIRST_LOOK, looked).await;
        }
        self.0.known.borrow().clone()
    }

    /// Whether nobody has asked for a while; then the next question counts as a first one.
    fn has_gone_idle(&self) -> bool {
        let mut asked_at = self.asked_at();
        let is_idle = asked_at.is_none_or(|at| at.elapsed() > IDLE);
        if is_idle {
            *asked_at = None;
        }
        is_idle
    }

    /// Looks as long as somebody asks, until `shutdown`.
    pub(crate) async fn watch(self, shutdown: CancellationToken) {
        let looking = async {
            loop {
                self.0.asked.notified().await;
                let mut looking = Looking::default();
                while !self.has_gone_idle() {
                    looking = self.look(looking).await;
                    tokio::time::sleep(self.0.interval).await;
                }
            }
        };
        shutdown.run_until_cancelled(looking).await;
    }

    /// One look; what is kept for the next one comes back.
    async fn look(&self, mut looking: Looking) -> Looking {
        let kafka = self.0.kafka.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let outcome = look_at(&kafka, &mut looking);
            (looking, outcome)
        });
        // A panic of the look loses what was kept; the next one begins anew.
        let (looking, outcome) = match looked.await {
            Ok((looking, outcome)) => (looking, outcome.map_err(|error| problem_of(&error))),
            Err(_) => (Looking::default(), Err("refused")),
        };
        self.0.known.send_modify(|known| {
            known.looks += 1;
            match outcome {
                Ok(look) => {
                    known.look = Some(Arc::new(look));
                    known.problem = None;
                }
                Err(problem) => known.problem = Some(problem),
            }
        });
        looking
    }
}

/// The stable name of why a look failed; the error itself goes to the log.
fn problem_of(error: &LookError) -> &'static str {
    tracing::warn!(error = %crate::error::chain(error), "the pipeline cannot be looked at");
    error.kind()
}

fn look_at(kafka: &KafkaConfig, looking: &mut Looking) -> Result<Look, LookError> {
    let mut observer = match looking.observer.take() {
        Some(observer) => observer,
        None => Observer::new(kafka, PATIENCE)?,
    };
    let look = Look::take(&Watched::of(kafka), &mut observer, &mut looking.history);
    // After a failure a new client asks the bootstrap servers again.
    if look.is_ok() {
        looking.observer = Some(observer);
    }
    look
}
