//! The loop's commits: what handlers call done, one commit at a time, at most once per interval.

use super::questions::{Points, check_metadata};
use super::run::Loop;
use super::{ConsumerError, Handler};

impl<H: Handler> Loop<H> {
    /// Begins to commit what the handler says is done, unless a commit is still going on.
    pub(super) fn commit(&mut self) -> Result<(), ConsumerError> {
        if self.committer.is_busy() || self.membership.has_lost_assignment() {
            return Ok(());
        }
        let mut points = Points::new();
        for partition in self.partitions.committable() {
            match self.handler.commit_point(partition) {
                Some(point) if self.sent.get(&partition) != Some(&point) => {
                    self.sent.insert(partition, point.clone());
                    points.push((partition, point));
                }
                _ => {}
            }
        }
        if points.is_empty() {
            return Ok(());
        }
        check_metadata(&points).map_err(|error| self.failed(error))?;
        self.committer.begin(points);
        Ok(())
    }

    pub(super) fn end_commit(&mut self) {
        let Some(committed) = self.committer.take_answer() else {
            return;
        };
        let context = self.membership.context();
        let partitions = committed.points.iter().map(|(partition, _)| *partition);
        match committed.result {
            Ok(()) => context.committed(partitions, committed.took),
            Err(error) => {
                tracing::warn!(error = %error, group = self.config.group, "commit failed");
                // It is sent again at the next interval, even if the handler has got no further.
                self.sent.clear();
            }
        }
    }
}
