//! Questions to the cluster on a thread of their own, one at a time, each with its answer.
//!
//! librdkafka's synchronous calls block for up to a session timeout while no coordinator answers, and its
//! asynchronous commit reports its outcome to a callback that rdkafka never installs. Here the consumer's
//! thread goes on polling, learns of every failure, and commits never overtake each other.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

pub(super) struct Aside<Question, Answer> {
    /// `None` once it is to end.
    questions: Option<SyncSender<Question>>,
    answers: Receiver<Answer>,
    is_busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl<Question: Send + 'static, Answer: Send + 'static> Aside<Question, Answer> {
    pub(super) fn start(
        name: &str,
        answer: impl Fn(Question) -> Answer + Send + 'static,
    ) -> std::io::Result<Self> {
        let (questions, received) = sync_channel::<Question>(1);
        let (sender, answers) = sync_channel(1);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || {
            for question in received {
                if sender.send(answer(question)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            questions: Some(questions),
            answers,
            is_busy: false,
            thread: Some(thread),
        })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Begins to ask; only while [`Self::is_busy`] says no.
    pub(super) fn begin(&mut self, question: Question) {
        let sent = self
            .questions
            .as_ref()
            .map(|questions| questions.try_send(question));
        self.is_busy = matches!(sent, Some(Ok(())));
    }

    /// The answer to what was asked last, once there is one.
    pub(super) fn take_answer(&mut self) -> Option<Answer> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.is_busy = false;
                Some(answer)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

impl<Question, Answer> Drop for Aside<Question, Answer> {
    /// Waits: while the thread lives the consumer cannot be closed.
    fn drop(&mut self) {
        drop(self.questions.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread that asks the cluster has panicked");
        }
    }
}
