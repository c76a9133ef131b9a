//! Worker processes of one group.

use std::time::Duration;

use testkit::{ChildProcess, TestTopics};

const BINARY: &str = env!("CARGO_BIN_EXE_detector-worker");
const STOP: Duration = Duration::from_secs(60);

struct Worker {
    number: usize,
    process: ChildProcess,
    is_frozen: bool,
}

/// The workers of a group and the story of what was done to them.
pub(crate) struct Fleet {
    variables: Vec<(String, String)>,
    workers: Vec<Worker>,
    started: usize,
    story: Vec<String>,
}

impl Fleet {
    /// Workers that read the events of `events` and write to the topics of `own`.
    pub(crate) fn new(events: &TestTopics, own: &TestTopics) -> Self {
        let fixed = [
            ("KAFKA_SESSION_TIMEOUT_SECONDS", "2"),
            ("SESSION_GAP_SECONDS", "3"),
            ("SESSION_GRACE_SECONDS", "1"),
            ("SESSION_MAX_SECONDS", "12"),
            ("CLOCK_MARGIN_SECONDS", "1"),
            ("SNAPSHOT_INTERVAL_MS", "300"),
            ("LISTEN", "127.0.0.1:0"),
        ];
        let chosen = [
            ("KAFKA_BROKERS", own.brokers()),
            ("TOPIC_PREFIX", own.prefix()),
            ("EVENTS_TOPIC", &events.topics().events),
        ];
        let all = fixed.into_iter().chain(chosen);
        Self {
            variables: all
                .map(|(name, value)| (format!("CANDOR_{name}"), value.to_owned()))
                .collect(),
            workers: Vec::new(),
            started: 0,
            story: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.workers.len()
    }

    /// What happened, in order, and how it went with each worker.
    pub(crate) fn story(&self) -> String {
        self.story.join(", ")
    }

    /// Notes a blow.
    pub(crate) fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    pub(crate) fn start(&mut self) {
        let number = self.started;
        self.started += 1;
        let process = ChildProcess::spawn(BINARY, &[], self.variables.clone());
        self.workers.push(Worker {
            number,
            process,
            is_frozen: false,
        });
        self.tell(format!("start {number}"));
    }

    pub(crate) fn kill(&mut self, index: usize) {
        let mut worker = self.workers.swap_remove(index);
        worker.process.kill9();
        self.tell(format!("kill {}", worker.number));
    }

    pub(crate) async fn terminate(&mut self, index: usize) {
        let mut worker = self.workers.swap_remove(index);
        if worker.is_frozen {
            worker.process.thaw();
        }
        let status = worker.process.terminate(STOP).await;
        self.tell(format!("stop {} ({status})", worker.number));
    }

    pub(crate) fn freeze(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        if !worker.is_frozen {
            worker.process.freeze();
            worker.is_frozen = true;
            let number = worker.number;
            self.tell(format!("freeze {number}"));
        }
    }

    /// Everyone who is frozen goes on.
    pub(crate) fn thaw(&mut self) {
        let mut thawed = Vec::new();
        for worker in self.workers.iter_mut().filter(|worker| worker.is_frozen) {
            worker.process.thaw();
            worker.is_frozen = false;
            thawed.push(format!("thaw {}", worker.number));
        }
        thawed.into_iter().for_each(|what| self.tell(what));
    }

    /// Starts a worker for each that has ended by itself, as a supervisor would. None may panic.
    pub(crate) fn replace_ended(&mut self) {
        let mut ended = Vec::new();
        self.workers.retain_mut(|worker| {
            let status = worker.process.exit_status();
            if let Some(status) = status {
                let output = worker.process.output();
                assert_ne!(status.code(), Some(101), "a worker panicked: {output}");
                let last = output.lines().last().unwrap_or_default().to_owned();
                ended.push(format!(
                    "{} ended by itself ({status}: {last})",
                    worker.number
                ));
            }
            status.is_none()
        });
        for what in ended {
            self.tell(what);
            self.start();
        }
    }

    /// Nothing is done to the workers any more; at least one is there.
    pub(crate) fn calm_down(&mut self) {
        self.thaw();
        self.replace_ended();
        if self.workers.is_empty() {
            self.start();
        }
    }

    /// Ends all workers in an orderly way.
    pub(crate) async fn stop(&mut self) {
        while !self.workers.is_empty() {
            self.terminate(0).await;
        }
    }
}
