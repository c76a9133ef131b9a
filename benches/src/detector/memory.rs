//! Memory of open sessions: many are begun and left open; what the worker grows by.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use super::feed::{Feed, Session};
use super::pool::{Form, Pool};
use super::worker::{Worker, WorkerPlan};
use crate::broker;
use crate::place::Place;
use crate::usage;

/// Sessions are begun in groups, so that the batches of one lie apart.
const GROUP: usize = 2000;
/// Events of a batch: a page's worth.
const PAGE: usize = 20;
const PATIENCE: Duration = Duration::from_secs(1200);
/// What is folded settles: queues empty, buffers go back, snapshots are taken.
const SETTLING: Duration = Duration::from_secs(15);

/// Options of the memory.
#[derive(Debug, Args)]
pub(crate) struct MemoryOptions {
    /// Sessions that are opened and left open
    #[arg(long, default_value_t = 1_000_000)]
    open: usize,
    /// Batches of each
    #[arg(long, default_value_t = 2)]
    batches: usize,
    /// The worker's memory bounds, MiB, one run each; 0 is none
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1024])]
    bounds_mib: Vec<u64>,
    /// The worker's program, instead of the one of this build
    #[arg(long, value_name = "FILE")]
    memory_worker: Option<PathBuf>,
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &MemoryOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    let topic = "bench-open";
    super::worker::create_topics(place, topic, common.partitions)?;
    let events = schemas::topic::Topics::new(topic).events;
    fill(place, &events, options, common.partitions)?;
    let records = broker::records(&place.brokers, &events)?;
    let mut text = format!(
        "\n**Memory of {} open sessions** ({} batches of {PAGE} events each)\n\n| bound MiB | RSS before MB | RSS after MB | peak MB | bytes per session | CPU s | seconds |\n|---:|---:|---:|---:|---:|---:|---:|\n",
        options.open, options.batches
    );
    for bound in &options.bounds_mib {
        let mut plan = WorkerPlan::new(place, &format!("bench-mem-{bound}"), common.partitions)?;
        plan.events.clone_from(&events);
        plan.settings = common.settings();
        if let Some(program) = &options.memory_worker {
            plan.program.clone_from(program);
        }
        // Without a bound: one that is never met.
        let mib = if *bound == 0 { 1 << 20 } else { *bound };
        let plan = plan.with("CANDOR_DETECTOR_MEMORY_MIB", mib);
        text.push_str(&row(place, &plan, (options.open, records, *bound))?);
    }
    Ok(text)
}

fn fill(
    place: &Place,
    topic: &str,
    options: &MemoryOptions,
    partitions: i32,
) -> anyhow::Result<()> {
    eprintln!("opening {} sessions", options.open);
    let pool = Pool::build(500, PAGE, Form::Canonical)?;
    let mut feed = Feed::new(&place.brokers, topic, usize::try_from(partitions)?)?;
    let mut begun = 0;
    while begun < options.open {
        let count = GROUP.min(options.open - begun);
        let sessions = (0..count).map(|_| feed.start());
        let mut sessions = sessions.collect::<anyhow::Result<Vec<Session>>>()?;
        for number in 0..options.batches {
            for (index, session) in sessions.iter_mut().enumerate() {
                let batches = pool.recording(begun + index);
                feed.batch(session, &batches[number % batches.len()])?;
            }
        }
        begun += count;
    }
    feed.flush()
}

fn row(
    place: &Place,
    plan: &WorkerPlan,
    (open, records, bound): (usize, u64, u64),
) -> anyhow::Result<String> {
    eprintln!("a worker with a bound of {bound} MiB");
    // What it is before it has a partition: the same program on an empty topic.
    let empty = WorkerPlan {
        events: schemas::topic::Topics::new(&plan.prefix).events,
        prefix: plan.prefix.clone(),
        ..plan.clone()
    };
    let mut idle = Worker::start(place, &empty, &format!("{}-idle", plan.prefix))?;
    idle.wait_for(("kafka_consumer_rebalances_total", 1.0), PATIENCE)?;
    std::thread::sleep(Duration::from_secs(2));
    let before = usage::memory(&[idle.id()])?.resident;
    idle.stop();
    let mut worker = Worker::start(place, plan, &plan.prefix)?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let wanted = records as f64;
    worker.wait_for(("detector_records_total", wanted), PATIENCE)?;
    let seconds = worker.started.elapsed().as_secs_f64();
    std::thread::sleep(SETTLING);
    let cpu = usage::cpu_seconds(&[worker.id()])?;
    let memory = usage::memory(&[worker.id()])?;
    let metrics = worker.metrics()?;
    eprintln!(
        "open windows by its own account: {}",
        metrics.sum("detector_open_windows")
    );
    ensure!(memory.resident > before, "the worker has not grown");
    worker.kill();
    let megabytes = |bytes: u64| bytes / 1_000_000;
    Ok(format!(
        "| {} | {} | {} | {} | {} | {cpu:.1} | {seconds:.1} |\n",
        if bound == 0 {
            "none".to_owned()
        } else {
            bound.to_string()
        },
        megabytes(before),
        megabytes(memory.resident),
        megabytes(memory.peak),
        (memory.resident - before) / open as u64,
    ))
}
