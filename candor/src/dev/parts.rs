//! Long tasks with an end each, in a fixed order.
//!
//! A part that ends before it was told to, by an error, a panic or a plain return, ends the whole: the
//! others are stopped in order and the first reason is reported.

use std::future::Future;
use std::time::Duration;

use anyhow::{anyhow, bail};
use runtime::CancellationToken;
use tokio::task::JoinHandle;

/// Longest time one part may take to end.
const CEILING: Duration = Duration::from_secs(30);

/// One running part.
#[derive(Debug)]
struct Part {
    name: &'static str,
    token: CancellationToken,
    task: JoinHandle<Result<(), String>>,
}

/// Running parts, first to stop first.
#[derive(Debug)]
pub(super) struct Parts {
    parts: Vec<Part>,
    shutdown: CancellationToken,
}

impl Parts {
    /// No parts yet; the end of one cancels `shutdown`.
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self {
            parts: Vec::new(),
            shutdown,
        }
    }

    /// Starts a part, to be stopped after those before it. `work` gets the token that ends it.
    pub(super) fn spawn<E, F>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(CancellationToken) -> F,
    ) where
        E: std::fmt::Display,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let part = self.start(name, work);
        self.parts.push(part);
    }

    /// Starts a part, to be stopped before all others.
    pub(super) fn spawn_first<E, F>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(CancellationToken) -> F,
    ) where
        E: std::fmt::Display,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let part = self.start(name, work);
        self.parts.insert(0, part);
    }

    fn start<E, F>(&self, name: &'static str, work: impl FnOnce(CancellationToken) -> F) -> Part
    where
        E: std::fmt::Display,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let token = CancellationToken::new();
        let work = work(token.clone());
        // The guard cancels when the task ends in whatever way, a panic included.
        let end_of_all = self.shutdown.clone().drop_guard();
        let told = token.clone();
        let task = tokio::spawn(async move {
            let _end_of_all = end_of_all;
            let outcome = work.await.map_err(|error| error.to_string());
            match outcome {
                Ok(()) if !told.is_cancelled() => Err("ended by itself".to_owned()),
                outcome => outcome,
            }
        });
        Part { name, token, task }
    }

    /// Stops the parts one after another.
    ///
    /// # Errors
    /// The first part that failed or took too long.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let mut first = None;
        for part in self.parts {
            part.token.cancel();
            let outcome = finish(part).await;
            if let Err(error) = outcome {
                tracing::error!(%error, "a part failed");
                first = first.or(Some(error));
            }
        }
        first.map_or(Ok(()), Err)
    }
}

async fn finish(part: Part) -> anyhow::Result<()> {
    let Part { name, mut task, .. } = part;
    match tokio::time::timeout(CEILING, &mut task).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(reason))) => bail!("{name}: {reason}"),
        Ok(Err(panic)) => Err(anyhow!("{name}: {panic}")),
        Err(_) => {
            task.abort();
            bail!("{name}: did not end within {} s", CEILING.as_secs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn parts_end_one_after_another_in_order() {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let shutdown = CancellationToken::new();
        let mut parts = Parts::new(shutdown.clone());
        for name in ["second", "third"] {
            let ended = Arc::clone(&ended);
            parts.spawn(name, move |token| async move {
                token.cancelled().await;
                tokio::task::yield_now().await;
                ended.lock().unwrap().push(name);
                Ok::<(), String>(())
            });
        }
        let first = Arc::clone(&ended);
        parts.spawn_first("first", move |token| async move {
            token.cancelled().await;
            first.lock().unwrap().push("first");
            Ok::<(), String>(())
        });
        assert!(!shutdown.is_cancelled());
        parts.stop().await.unwrap();
        assert_eq!(*ended.lock().unwrap(), ["first", "second", "third"]);
    }

    #[tokio::test]
    async fn a_part_that_ends_early_or_panics_ends_the_whole_and_is_named() {
        for panics in [false, true] {
            let shutdown = CancellationToken::new();
            let mut parts = Parts::new(shutdown.clone());
            parts.spawn("steady", |token| async move {
                token.cancelled().await;
                Ok::<(), String>(())
            });
            parts.spawn("weak", move |_| async move {
                assert!(!panics, "as the test wants");
                Ok::<(), String>(())
            });
            shutdown.cancelled().await;
            let error = parts.stop().await.unwrap_err().to_string();
            assert!(error.starts_with("weak: "), "{error}");
        }
    }
}
