//! Recovery: a worker with many open sessions is killed under load; how long until another one has caught up.
//!
//! Both are members of the group, so that nothing is waited for but the session timeout. What is seen is
//! what a reader of verdicts sees: a partition is processed again when its first verdict comes, and its lag is gone
//! when the verdicts account for what was acknowledged to the load a second ago.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use super::feed::{Ends, Feed, Session};
use super::pool::{Form, Pool};
use super::verdicts::{Seen, Watch};
use super::worker::{Worker, WorkerPlan};
use crate::place::Place;

const PATIENCE: Duration = Duration::from_secs(300);
/// Several snapshot intervals.
const STEADY: Duration = Duration::from_secs(20);
/// What the dead worker had sent has arrived, and the group has not noticed yet.
const LAST_WORDS: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// Options of the recovery.
#[derive(Debug, Args)]
pub(crate) struct RecoveryOptions {
    /// Open sessions of the worker that is killed; as many again belong to the other one
    #[arg(long, default_value_t = 100_000)]
    killed_sessions: usize,
    /// Batches a second that go on coming, over all partitions
    #[arg(long, default_value_t = 1000)]
    batches_per_second: u32,
    /// The group's session timeout, seconds
    #[arg(long, default_value_t = 6)]
    session_timeout: u64,
    /// How often a worker is killed
    #[arg(long, default_value_t = 3)]
    kills: usize,
}

/// Seconds of one recovery.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// From the kill until the group had given the partitions to the other worker.
    reassigned: f64,
    /// From then until each of them had a verdict again.
    processing: f64,
    /// From then until the lag was gone.
    caught_up: f64,
}

/// What the parts of a run share.
struct Stage<'a> {
    place: &'a Place,
    plan: &'a WorkerPlan,
    watch: &'a Watch,
    ends: Ends,
    partitions: usize,
    /// Records that may be on their way in a partition.
    slack: i64,
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &RecoveryOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    let mut plan = WorkerPlan::new(place, "bench-recovery", common.partitions)?;
    plan.events = schemas::topic::Topics::new(&plan.prefix).events;
    plan.settings = common.settings();
    let timeout = options.session_timeout;
    let plan = plan.with("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", timeout);
    let mut workers = [0, 1].map(|number| start(place, &plan, number));
    let pool = Pool::build(400, super::BATCH, Form::Canonical)?;
    let partitions = usize::try_from(common.partitions)?;
    let mut feed = Feed::new(&place.brokers, &plan.events, partitions)?;
    let sessions = open(&mut feed, &pool, options.killed_sessions * 2)?;
    eprintln!("{} sessions are open", sessions.len());
    caught_up(&mut workers, &feed)?;
    let watch = Watch::begin(&place.brokers, &plan.verdicts(), common.partitions)?;
    let stage = Stage {
        place,
        plan: &plan,
        watch: &watch,
        ends: feed.ends(),
        partitions,
        slack: i64::from(options.batches_per_second / u32::try_from(partitions)?).max(1),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, rate) = (stop.clone(), options.batches_per_second);
    let load = std::thread::spawn(move || steady(feed, (&pool, sessions), (rate, &stopped)));
    let times = kills(&stage, workers, options.kills);
    stop.store(true, Ordering::Relaxed);
    load.join()
        .map_err(|_| anyhow::anyhow!("the load panicked"))??;
    watch.stop()?;
    Ok(report(options, &times?))
}

fn start(place: &Place, plan: &WorkerPlan, number: usize) -> anyhow::Result<Worker> {
    Worker::start(place, plan, &format!("{}-{number}", plan.prefix))
}

fn open(feed: &mut Feed, pool: &Pool, count: usize) -> anyhow::Result<Vec<Session>> {
    let mut sessions = Vec::with_capacity(count);
    for index in 0..count {
        let mut session = feed.start()?;
        feed.batch(&mut session, &pool.recording(index)[0])?;
        sessions.push(session);
    }
    feed.flush()?;
    Ok(sessions)
}

/// Waits until both workers together have taken in everything, each its share.
fn caught_up(workers: &mut [anyhow::Result<Worker>; 2], feed: &Feed) -> anyhow::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let wanted = feed.sent() as f64;
    let begun = Instant::now();
    loop {
        let mut seen = [0.0; 2];
        for (worker, seen) in workers.iter_mut().zip(&mut seen) {
            let worker = worker
                .as_mut()
                .map_err(|error| anyhow::anyhow!("{error:#}"))?;
            *seen = worker.metrics()?.sum("detector_records_total");
        }
        if seen[0] + seen[1] >= wanted {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "{seen:?} of {wanted} records were taken in"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Sends batches of sessions in turn until it is stopped.
fn steady(
    mut feed: Feed,
    (pool, mut sessions): (&Pool, Vec<Session>),
    (rate, stop): (u32, &AtomicBool),
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let count = sessions.len();
    let mut sent = 0u32;
    while !stop.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_secs_f64() * f64::from(rate);
        while f64::from(sent) < due {
            // Neighbours lie in different partitions already; a stride touches all in turn.
            let index = (sent as usize).wrapping_mul(7919) % count;
            let batches = pool.recording(index);
            feed.batch(&mut sessions[index], &batches[1 % batches.len()])?;
            sent += 1;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    feed.flush()
}

fn kills(
    stage: &Stage<'_>,
    workers: [anyhow::Result<Worker>; 2],
    kills: usize,
) -> anyhow::Result<Vec<Times>> {
    let [killed, survivor] = workers;
    let (mut killed, mut survivor) = (killed?, survivor?);
    let mut times = Vec::new();
    for number in 0..kills {
        balanced(&mut killed, &mut survivor, stage.partitions)?;
        std::thread::sleep(STEADY);
        let measured = kill(stage, killed, &mut survivor)?;
        eprintln!("kill {}: {measured:?}", number + 1);
        times.push(measured);
        // The one that survived is the next to die.
        killed = survivor;
        survivor = start(stage.place, stage.plan, number + 2)?;
    }
    Ok(times)
}

/// Waits until each worker has half of the partitions and the group rests.
fn balanced(one: &mut Worker, other: &mut Worker, partitions: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let held = [partitions_of(one)?, partitions_of(other)?];
        if held.iter().all(|held| held.len() == partitions / 2) {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "partitions are held so: {held:?}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The partitions a worker has, by the windows it counts in them.
fn partitions_of(worker: &mut Worker) -> anyhow::Result<BTreeSet<usize>> {
    Ok(worker.metrics()?.partitions("detector_open_windows"))
}

fn kill(stage: &Stage<'_>, killed: Worker, survivor: &mut Worker) -> anyhow::Result<Times> {
    let mut killed = killed;
    let orphaned = partitions_of(&mut killed)?;
    let rebalances = assignments(stage, survivor)?;
    let death = Instant::now();
    killed.kill();
    std::thread::sleep(LAST_WORDS);
    let before: Vec<u64> = stage.watch.seen.iter().map(count).collect();
    let (mut reassigned, mut processing) = (None, None);
    loop {
        if reassigned.is_none() && assignments(stage, survivor)? > rebalances {
            reassigned = Some(Instant::now());
        }
        let alive = |partition: &usize| count(&stage.watch.seen[*partition]) > before[*partition];
        if processing.is_none() && orphaned.iter().all(alive) {
            processing = Some(Instant::now());
        }
        let level = |partition: &usize| {
            let next = stage.watch.seen[*partition].next.load(Ordering::Relaxed);
            stage.ends.of(*partition) - next <= stage.slack
        };
        if let (Some(reassigned), Some(processing)) = (reassigned, processing)
            && orphaned.iter().all(level)
        {
            let since = |moment: Instant| moment.saturating_duration_since(reassigned);
            return Ok(Times {
                reassigned: (reassigned - death).as_secs_f64(),
                processing: since(processing).as_secs_f64(),
                caught_up: since(Instant::now()).as_secs_f64(),
            });
        }
        ensure!(
            death.elapsed() < PATIENCE,
            "no recovery: {reassigned:?} {processing:?}"
        );
        std::thread::sleep(LOOK);
    }
}

fn count(seen: &Seen) -> u64 {
    seen.count.load(Ordering::Relaxed)
}

/// How often the group has given partitions to a worker. Its second stage is of another group.
fn assignments(stage: &Stage<'_>, worker: &mut Worker) -> anyhow::Result<f64> {
    let group = format!("group=\"{}-detector\"", stage.plan.prefix);
    let metrics = worker.metrics()?;
    Ok(metrics.sum_of("kafka_consumer_rebalances_total", &group))
}

fn report(options: &RecoveryOptions, times: &[Times]) -> String {
    let mut text = format!(
        "\n**Recovery**: kill -9 of a worker with {} open sessions under {} batches a second, session timeout {} s\n\n| kill | group reassigns after s | processing again after s | lag gone after s |\n|---:|---:|---:|---:|\n",
        options.killed_sessions, options.batches_per_second, options.session_timeout
    );
    for (number, times) in times.iter().enumerate() {
        text.push_str(&format!(
            "| {} | {:.2} | {:.2} | {:.2} |\n",
            number + 1,
            times.reassigned,
            times.processing,
            times.caught_up
        ));
    }
    text.push_str("\nThe last two count from the reassignment.\n");
    text
}
