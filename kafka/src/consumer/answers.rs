//! What the cluster answers to the loop's questions, and when it is asked: where partitions are to be read
//! from, whether they are read to their ends, whether one has stalled.

use std::time::{Duration, Instant};

use super::context::now_ms;
use super::questions::{Answer, Question, Start};
use super::run::Loop;
use super::{ConsumerError, Handler};
use crate::Partition;

/// How often it is written down how far each partition is.
const WATCH: Duration = Duration::from_millis(100);
/// How often a partition whose reader is at the end is asked whether that is still so.
const ASK_ENDS: Duration = Duration::from_secs(1);
/// An answer that took longer tells nothing of the time before it.
const PROMPT_MS: i64 = 1000;
/// Pause before a question is asked again to which there was no answer.
const ASK_AGAIN: Duration = Duration::from_millis(200);

impl<H: Handler> Loop<H> {
    pub(super) fn take_answer(&mut self) -> Result<(), ConsumerError> {
        let now = Instant::now();
        match self.inquirer.take_answer() {
            None => Ok(()),
            Some(Answer::Starts(Ok(starts))) => {
                self.unanswered = None;
                starts.into_iter().try_for_each(|start| self.take(start))
            }
            Some(Answer::Starts(Err(error))) => {
                // Asked again and again for a while: a coordinator may just be moving.
                let since = self.unanswered.map_or(now, |(since, _)| since);
                if now - since >= self.config.kafka.session_timeout {
                    return Err(self.kafka(error));
                }
                self.unanswered = Some((since, now + ASK_AGAIN));
                tracing::warn!(error = %error, group = self.config.group, "offsets cannot be read yet");
                Ok(())
            }
            Some(Answer::Ends(Err(_), _)) => {
                self.watchdog.outage(now);
                Ok(())
            }
            Some(Answer::Ends(Ok(_), asked_ms)) if now_ms() - asked_ms > PROMPT_MS => {
                // A broker that was away until a moment ago.
                self.watchdog.outage(now);
                Ok(())
            }
            Some(Answer::Ends(Ok(ends), asked_ms)) => self.take_ends(&ends, asked_ms),
        }
    }

    fn take_ends(&mut self, ends: &[(Partition, i64)], asked_ms: i64) -> Result<(), ConsumerError> {
        for (partition, end) in ends {
            if self.partitions.has_read_to(*partition, *end) {
                self.handler.caught_up(*partition, asked_ms);
            }
        }
        let now = Instant::now();
        // What has gone since the question was asked has not stalled.
        self.watchdog.observe(self.partitions.watched(), now);
        match self.watchdog.told(ends, now) {
            None => Ok(()),
            Some(stall) => Err(ConsumerError::Stalled {
                group: self.config.group.clone(),
                partition: stall.partition,
                position: stall.position,
                end: stall.end,
                quiet: stall.quiet,
            }),
        }
    }

    fn take(&mut self, start: Start) -> Result<(), ConsumerError> {
        let Start {
            partition,
            epoch,
            position,
        } = start;
        if !self.partitions.awaits_start(partition, epoch) {
            return Ok(());
        }
        let offset = self.handler.assigned(partition, &position);
        let offset = offset.map_err(|error| self.failed(error))?;
        self.partitions.located(partition, offset);
        self.membership.context().own(partition);
        tracing::info!(
            kafka.topic = self.config.topic,
            kafka.partition = partition,
            kafka.offset = offset,
            group = self.config.group,
            "partition assigned"
        );
        Ok(())
    }

    pub(super) fn watch(&mut self) -> Result<(), ConsumerError> {
        let now = Instant::now();
        if now - self.last_watch < WATCH {
            return Ok(());
        }
        self.last_watch = now;
        self.watchdog.observe(self.partitions.watched(), now);
        if !self.inquirer.is_busy() {
            let mut due = self.watchdog.take_due(now);
            if now - self.last_ends >= ASK_ENDS {
                self.last_ends = now;
                due.extend(self.partitions.at_end());
                due.sort_unstable();
                due.dedup();
            }
            if !due.is_empty() {
                self.inquirer.begin(Question::Ends(due, now_ms()));
            }
        }
        Ok(())
    }
}
