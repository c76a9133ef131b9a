//! What is measured: the floor, this worker, and rivals that sum session windows.
//!
//! The worker is watched through its metrics; the others say on standard output when the first batch came
//! and when all events were summed, and what the sums are. Rivals are prepared and started by two scripts in a
//! folder each, `install` and `run`, which get what they need in variables (`detector/README.md`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use embedded::OwnedChild;

use super::pool::Form;
use super::worker::{Worker, WorkerPlan, create_topics, last_words};
use crate::place::Place;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Parses and sums, nothing else.
    Floor,
    /// This worker.
    Candor,
    /// Another build of this worker.
    CandorBefore,
    /// Flink, windows on the heap.
    Flink,
    /// Kafka Streams, windows in memory.
    KafkaStreams,
    /// Kafka Streams, windows in RocksDB.
    KafkaStreamsRocksdb,
}

impl Target {
    /// Its name in tables and options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Candor => "candor",
            Self::CandorBefore => "candor-before",
            Self::Flink => "flink",
            Self::KafkaStreams => "kafka-streams",
            Self::KafkaStreamsRocksdb => "kafka-streams-rocksdb",
        }
    }

    fn rival(self) -> Option<PathBuf> {
        let folder = match self {
            Self::Flink => "flink",
            Self::KafkaStreams | Self::KafkaStreamsRocksdb => "kafka-streams",
            Self::Floor | Self::Candor | Self::CandorBefore => return None,
        };
        let rivals = Path::new(env!("CARGO_MANIFEST_DIR")).join("detector/rivals");
        Some(rivals.join(folder))
    }
}

/// Makes a rival ready to start; quick when it is there already.
///
/// # Errors
/// When its programs cannot be had, or it does not read the form: the measurement goes on without it.
pub(crate) fn install(target: Target, place: &Place, form: Form) -> anyhow::Result<()> {
    let Some(folder) = target.rival() else {
        return Ok(());
    };
    ensure!(form == Form::Canonical, "it reads the canonical form only");
    let status = Command::new(folder.join("install"))
        .arg(&place.cache)
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("{}/install cannot be run", folder.display()))?;
    ensure!(status.success(), "its install script ended with {status}");
    Ok(())
}

/// What one run reads and where it writes.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) place: &'a Place,
    /// Unique for every run: group, topics, log.
    pub(crate) name: String,
    pub(crate) partitions: i32,
    /// Events in the topic.
    pub(crate) events: u64,
    /// Program of the worker, if not that of this build.
    pub(crate) worker: Option<PathBuf>,
    /// Settings of the worker.
    pub(crate) settings: Vec<(String, String)>,
}

/// How far a target is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Progress {
    /// No batch yet.
    Waiting,
    /// The first batch has come.
    Reading,
    /// Every event has been taken in; the sum of held times, of those that say it.
    Done(Option<f64>),
}

/// A target that has been started; killed on drop.
#[derive(Debug)]
pub(crate) enum Running {
    /// Watched through metrics.
    Worker { worker: Worker, events: f64 },
    /// Watched through its output.
    Other { child: OwnedChild, log: PathBuf },
}

impl Running {
    /// Starts `target`.
    pub(crate) fn start(target: Target, job: &Job<'_>) -> anyhow::Result<Self> {
        if matches!(target, Target::Candor | Target::CandorBefore) {
            let mut plan = WorkerPlan::new(job.place, &job.name, job.partitions)?;
            plan.settings.clone_from(&job.settings);
            if let Some(program) = &job.worker {
                plan.program.clone_from(program);
            }
            #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
            let events = job.events as f64;
            let worker = Worker::start(job.place, &plan, &job.name)?;
            return Ok(Self::Worker { worker, events });
        }
        let command = match target.rival() {
            Some(folder) => rival(target, &folder, job)?,
            None => floor(job)?,
        };
        let log = job.place.folder.join(format!("{}.log", job.name));
        let child = OwnedChild::spawn(command, &job.place.folder, &log)?;
        Ok(Self::Other { child, log })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Self::Worker { worker, .. } => worker.id(),
            Self::Other { child, .. } => child.id(),
        }
    }

    /// How far it is.
    pub(crate) fn progress(&mut self) -> anyhow::Result<Progress> {
        match self {
            Self::Worker { worker, events } => {
                let metrics = worker.metrics()?;
                let folded = metrics.sum("detector_events_folded_total");
                let verdicts = metrics.sum("detector_verdicts_total");
                let delivered = metrics.sum("kafka_producer_records_delivered_total");
                Ok(if folded >= *events && delivered >= verdicts {
                    Progress::Done(None)
                } else if folded > 0.0 {
                    Progress::Reading
                } else {
                    Progress::Waiting
                })
            }
            Self::Other { child, log } => {
                let text = std::fs::read_to_string(&*log).unwrap_or_default();
                let done = text
                    .lines()
                    .find_map(|line| line.strip_prefix("bench-done "));
                if let Some(done) = done {
                    let held = done.split(' ').nth(1).and_then(|held| held.parse().ok());
                    return Ok(Progress::Done(Some(held.context("sums in the output")?)));
                }
                if let Some(status) = child.exit_status() {
                    bail!("ended with {status}: {}", last_words(log));
                }
                Ok(if text.contains("bench-first") {
                    Progress::Reading
                } else {
                    Progress::Waiting
                })
            }
        }
    }

    /// Ends it.
    pub(crate) fn stop(self) {
        match self {
            Self::Worker { worker, .. } => worker.stop(),
            // What it would still write is of no interest.
            Self::Other { mut child, .. } => child.kill(),
        }
    }
}

fn floor(job: &Job<'_>) -> anyhow::Result<Command> {
    let mut command = OwnedChild::command(&job.place.program("floor-detector")?)?;
    command
        .args(["--brokers", &job.place.brokers, "--topic", &job.place.topic])
        .args(["--group", &job.name, "--events", &job.events.to_string()]);
    Ok(command)
}

fn rival(target: Target, folder: &Path, job: &Job<'_>) -> anyhow::Result<Command> {
    // Its results go where a worker's would; its own topics it makes itself.
    create_topics(job.place, &job.name, job.partitions)?;
    let state = job.place.folder.join(&job.name);
    std::fs::create_dir_all(&state)?;
    let store = match target {
        Target::KafkaStreamsRocksdb => "rocksdb",
        _ => "memory",
    };
    let mut command = OwnedChild::command(&folder.join("run"))?;
    command
        .env("BENCH_CACHE", &job.place.cache)
        .env("BENCH_BROKERS", &job.place.brokers)
        .env("BENCH_TOPIC", &job.place.topic)
        .env(
            "BENCH_OUTPUT",
            schemas::topic::Topics::new(&job.name).verdicts,
        )
        .env("BENCH_GROUP", &job.name)
        .env("BENCH_EVENTS", job.events.to_string())
        .env("BENCH_FOLDER", &state)
        .env("BENCH_STORE", store);
    Ok(command)
}
