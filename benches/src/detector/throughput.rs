//! Throughput: every target reads the same topic from its beginning, one after the other.
//!
//! A run counts from the start of the process and from the first batch, so that what a runtime needs to
//! get going can be told apart. CPU time is that of the target's process tree, from the kernel's account.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use super::crowd::Crowd;
use super::feed::Feed;
use super::pool::{Form, Pool, Sums};
use super::report;
use super::target::{Job, Progress, Running, Target, install};
use crate::place::Place;
use crate::usage::{self, Memory};
use crate::{broker, profile};

/// Fewer events than a simulated session has on average.
const EVENTS_OF_A_SESSION: u64 = 750;
const PATIENCE: Duration = Duration::from_secs(900);
/// Neither a target nor the moment of an answer is much disturbed by a look this often.
const LOOK: Duration = Duration::from_millis(25);

/// Options of the throughput.
#[derive(Debug, Args)]
pub(crate) struct ThroughputOptions {
    /// Events of the topic
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// How events are written
    #[arg(long, value_enum, default_value_t = Form::Canonical)]
    form: Form,
    /// Sessions that are open at once
    #[arg(long, default_value_t = 4000)]
    sessions_at_once: usize,
    /// Sessions simulated. People do not repeat one another, so by default there are enough of them; of fewer, sessions
    /// are copies of one another, as those of a bot with a bank of recordings are, which keeps the second stage busy
    #[arg(long)]
    recordings: Option<usize>,
    /// Rounds; the figures are medians over them
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only these targets
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Target>,
    /// The worker's program, instead of the one of this build
    #[arg(long, value_name = "FILE")]
    worker: Option<PathBuf>,
    /// Another build of the worker, measured beside it as candor-before
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Writes a profile of the first round of every target into this folder, by `perf record`
    #[arg(long, value_name = "FOLDER")]
    perf: Option<PathBuf>,
}

/// One run of one target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) target: Target,
    /// Seconds from the start of the process, and from the first batch.
    pub(crate) seconds: [f64; 2],
    /// CPU seconds of the same spans.
    pub(crate) cpu: [f64; 2],
    pub(crate) memory: Memory,
}

/// What the topic holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filled {
    pub(crate) records: u64,
    pub(crate) sessions: usize,
    pub(crate) sums: Sums,
    /// Events and bytes of a batch, on average.
    pub(crate) batch: (f64, f64),
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &ThroughputOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    let targets = chosen(place, options);
    ensure!(!targets.is_empty(), "there is nothing to measure");
    let filled = fill(place, options, common.partitions)?;
    let mut runs = Vec::new();
    for round in 0..options.rounds {
        for turn in 0..targets.len() {
            let target = targets[(round + turn) % targets.len()];
            let job = Job {
                place,
                name: format!("bench-{}-{round}", target.name()),
                partitions: common.partitions,
                events: filled.sums.events,
                worker: match target {
                    Target::CandorBefore => options.before.clone(),
                    _ => options.worker.clone(),
                },
                settings: common.settings(),
            };
            let perf = options.perf.as_deref().filter(|_| round == 0);
            let run = measure(target, &job, (filled.sums, perf))?;
            eprintln!("round {}: {}", round + 1, report::line(&run, &filled));
            runs.push(run);
        }
    }
    Ok(report::throughput(&runs, &filled))
}

/// Those that cannot be had are left out, with the reason.
fn chosen(place: &Place, options: &ThroughputOptions) -> Vec<Target> {
    use clap::ValueEnum;

    let wanted = |target: &&Target| match target {
        Target::CandorBefore => options.before.is_some(),
        _ => options.only.is_empty() || options.only.contains(target),
    };
    let ready = |target: &&Target| {
        install(**target, place, options.form)
            .inspect_err(|error| eprintln!("{} is left out: {error:#}", target.name()))
            .is_ok()
    };
    let all = Target::value_variants().iter();
    all.filter(wanted).filter(ready).copied().collect()
}

fn fill(place: &Place, options: &ThroughputOptions, partitions: i32) -> anyhow::Result<Filled> {
    let enough = usize::try_from(options.events / EVENTS_OF_A_SESSION)?.max(200);
    let recordings = options.recordings.unwrap_or(enough);
    eprintln!("simulating {recordings} sessions");
    let pool = Pool::build(recordings, super::BATCH, options.form)?;
    let mut feed = Feed::new(&place.brokers, &place.topic, usize::try_from(partitions)?)?;
    let mut crowd = Crowd::open(&pool, options.sessions_at_once, &mut feed)?;
    while feed.sums.events < options.events {
        crowd.turn(&mut feed)?;
    }
    let sessions = crowd.complete(&mut feed)?;
    feed.flush()?;
    let stored = broker::records(&place.brokers, &place.topic)?;
    ensure!(stored == feed.sent(), "{stored} of {} records", feed.sent());
    let filled = Filled {
        records: stored,
        sessions,
        sums: feed.sums,
        batch: pool.mean_batch(),
    };
    eprintln!("{}", report::filled(&filled));
    Ok(filled)
}

fn measure(
    target: Target,
    job: &Job<'_>,
    (sums, perf): (Sums, Option<&std::path::Path>),
) -> anyhow::Result<Run> {
    let started = Instant::now();
    let mut running = Running::start(target, job)?;
    let mut first: Option<(Instant, f64)> = None;
    let mut recording = None;
    loop {
        let progress = running.progress()?;
        let processes = [running.id()];
        if progress != Progress::Waiting && first.is_none() {
            first = Some((Instant::now(), usage::cpu_seconds(&processes)?));
            let start = |folder| profile::start(folder, (&job.name, &processes), PROFILED);
            recording = perf.map(start).transpose()?;
        }
        if let (Progress::Done(held), Some((first_at, first_cpu))) = (progress, first) {
            let cpu = usage::cpu_seconds(&processes)?;
            let memory = usage::memory(&processes)?;
            let seconds = [started, first_at].map(|moment| moment.elapsed().as_secs_f64());
            check(target, sums, held)?;
            recording.map_or(Ok(()), profile::Profile::finish)?;
            running.stop();
            return Ok(Run {
                target,
                seconds,
                cpu: [cpu, cpu - first_cpu],
                memory,
            });
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "{} has not read the topic after {PATIENCE:?}",
            target.name()
        );
        std::thread::sleep(LOOK);
    }
}

/// Longest part of a run that is profiled.
const PROFILED: Duration = Duration::from_secs(6);

/// A target that sums something else would be measured doing less than the others.
fn check(target: Target, expected: Sums, held: Option<f64>) -> anyhow::Result<()> {
    let Some(held) = held else {
        return Ok(());
    };
    let wanted = expected.held.round();
    ensure!(
        (held - wanted).abs() <= 1.0,
        "{}: keys and buttons were held for {held} ms, not {wanted}",
        target.name()
    );
    Ok(())
}
