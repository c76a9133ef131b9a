//! Supervised tasks: a long task that ends before a shutdown was asked for stops the process.
//!
//! A panic or an early return of one task must not leave a service that answers but does nothing.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How a service's tasks ended when they should not have.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A task returned although nobody asked it to.
    #[error("task `{name}` ended by itself")]
    EndedEarly {
        /// The task's name.
        name: &'static str,
    },
    /// A task failed.
    #[error("task `{name}` failed: {reason}")]
    Failed {
        /// The task's name.
        name: &'static str,
        /// What it said.
        reason: String,
    },
    /// A task panicked.
    #[error("a task panicked: {reason}")]
    Panicked {
        /// The panic's message.
        reason: String,
    },
    /// Tasks did not end within the ceiling after a shutdown.
    #[error("{count} task(s) did not end within {} s of the shutdown", ceiling.as_secs())]
    TooSlow {
        /// How many.
        count: usize,
        /// How long was waited.
        ceiling: Duration,
    },
}

type Outcome = (&'static str, Result<(), String>);

/// A set of named tasks under one token.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<Outcome>,
    shutdown: CancellationToken,
}

impl Tasks {
    /// An empty set; tasks end when `shutdown` is cancelled.
    pub fn new(shutdown: CancellationToken) -> Self {
        Self {
            set: JoinSet::new(),
            shutdown,
        }
    }

    /// Starts a task.
    pub fn spawn<E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        self.set
            .spawn(async move { (name, task.await.map_err(|error| error.to_string())) });
    }

    /// Waits until every task has ended. The first one to end without a shutdown, or to fail, cancels
    /// the token, and is what is reported.
    ///
    /// # Errors
    /// The first [`TaskError`].
    pub async fn wait(mut self, ceiling: Duration) -> Result<(), TaskError> {
        let mut first_error = None;
        let mut deadline = None;
        loop {
            let next = match deadline {
                None => self.set.join_next().await,
                Some(deadline) => match tokio::time::timeout_at(deadline, self.set.join_next())
                    .await
                {
                    Ok(next) => next,
                    Err(_) => {
                        let count = self.set.len();
                        self.set.abort_all();
                        return Err(first_error.unwrap_or(TaskError::TooSlow { count, ceiling }));
                    }
                },
            };
            let Some(ended) = next else { break };
            let error = self.judge(ended);
            first_error = first_error.or(error);
            self.shutdown.cancel();
            deadline = deadline.or_else(|| Some(tokio::time::Instant::now() + ceiling));
        }
        first_error.map_or(Ok(()), Err)
    }

    fn judge(&self, ended: Result<Outcome, tokio::task::JoinError>) -> Option<TaskError> {
        match ended {
            Ok((name, Err(reason))) => Some(TaskError::Failed { name, reason }),
            Ok((name, Ok(()))) if !self.shutdown.is_cancelled() => {
                Some(TaskError::EndedEarly { name })
            }
            Ok(_) => None,
            Err(error) => Some(TaskError::Panicked {
                reason: error.to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_early_stops_the_others() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        let token = shutdown.clone();
        tasks.spawn("patient", async move {
            token.cancelled().await;
            Ok::<_, String>(())
        });
        tasks.spawn("hasty", async { Ok::<_, String>(()) });
        let error = tasks.wait(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.to_string(), "task `hasty` ended by itself");
    }

    #[tokio::test]
    async fn a_task_that_ignores_the_shutdown_is_reported() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("deaf", std::future::pending::<Result<(), String>>());
        let token = shutdown.clone();
        tasks.spawn("hearing", async move {
            token.cancelled().await;
            Ok::<_, String>(())
        });
        shutdown.cancel();
        let error = tasks.wait(Duration::from_millis(20)).await.unwrap_err();
        assert!(
            matches!(error, TaskError::TooSlow { count: 1, .. }),
            "{error}"
        );
    }
}
