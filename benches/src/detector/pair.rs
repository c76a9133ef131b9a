//! Two workers beside one: the work is split, and no verdict differs.
//!
//! Both groups wait for their partitions before the first record comes, and read the same records: two
//! workers first, then one alone. All verdicts are compared, revision by revision.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;

use super::crowd::Crowd;
use super::feed::Feed;
use super::pool::{Form, Pool};
use super::verdicts;
use super::worker::{Worker, WorkerPlan, create_topics};
use crate::place::Place;
use crate::usage;

const PATIENCE: Duration = Duration::from_secs(600);

/// Options of the comparison.
#[derive(Debug, Args)]
pub(crate) struct PairOptions {
    /// Events that both groups read
    #[arg(long, default_value_t = 5_000_000)]
    pair_events: u64,
}

/// What one worker did.
#[derive(Debug, Clone, Copy)]
struct Share {
    records: f64,
    cpu: f64,
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &PairOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    create_topics(place, "bench-shared", common.partitions)?;
    let events = schemas::topic::Topics::new("bench-shared").events;
    let plan = |prefix: &str| -> anyhow::Result<WorkerPlan> {
        let mut plan = WorkerPlan::new(place, prefix, common.partitions)?;
        plan.events.clone_from(&events);
        plan.settings = common.settings();
        Ok(plan)
    };
    let (pair, single) = (plan("bench-pair")?, plan("bench-single")?);
    let start = |plan, name: &str| Worker::start(place, plan, name);
    let mut two = vec![start(&pair, "bench-pair-0")?, start(&pair, "bench-pair-1")?];
    settled(&mut two, usize::try_from(common.partitions)?)?;
    let mut feed = Feed::new(&place.brokers, &events, usize::try_from(common.partitions)?)?;
    fill(&mut feed, options.pair_events)?;
    let two = finish(two, feed.sent())?;
    let one = finish(vec![start(&single, "bench-single")?], feed.sent())?;
    let (of_two, finals) = verdicts::read(place, &pair.verdicts())?;
    let (of_one, finals_of_one) = verdicts::read(place, &single.verdicts())?;
    ensure!(finals > 0, "there is no final verdict to compare");
    let differ = of_one
        .iter()
        .filter(|(name, verdict)| of_two.get(*name) != Some(*verdict));
    let extra = of_two.keys().filter(|name| !of_one.contains_key(*name));
    let mut text = format!(
        "\n**Two workers beside one**: {} records, {} events\n\n| worker | records | share | CPU s |\n|---|---:|---:|---:|\n",
        feed.sent(),
        feed.sums.events
    );
    let all: f64 = two.iter().map(|share| share.records).sum();
    let rows = two
        .iter()
        .map(|share| ("of two", share, share.records / all));
    for (name, share, part) in rows.chain(one.iter().map(|share| ("alone", share, 1.0))) {
        text.push_str(&format!(
            "| {name} | {:.0} | {:.1} % | {:.1} |\n",
            share.records,
            part * 100.0,
            share.cpu
        ));
    }
    text.push_str(&format!(
        "\n{} verdicts of one worker, {finals_of_one} of them final; {} of two, {finals} final; {} differ, {} are extra.\n",
        of_one.len(),
        of_two.len(),
        differ.count(),
        extra.count()
    ));
    Ok(text)
}

/// Waits until every worker has an equal number of partitions. They are empty, so nothing but the
/// group's own word tells: the rebalance that gave them.
fn settled(workers: &mut [Worker], partitions: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let mut held = Vec::new();
        for worker in workers.iter_mut() {
            held.push(worker.metrics()?.partitions("detector_open_windows").len());
        }
        if held.iter().all(|held| *held == partitions / workers.len()) {
            return Ok(());
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "partitions are held so: {held:?}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn fill(feed: &mut Feed, events: u64) -> anyhow::Result<()> {
    let pool = Pool::build(500, super::BATCH, Form::Canonical)?;
    let mut crowd = Crowd::open(&pool, 2000, feed)?;
    while feed.sums.events < events {
        crowd.turn(feed)?;
    }
    crowd.complete(feed)?;
    feed.flush()
}

/// Waits until the workers have taken in all records, and ends them.
fn finish(mut workers: Vec<Worker>, records: u64) -> anyhow::Result<Vec<Share>> {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let wanted = records as f64;
    let begun = Instant::now();
    let shares = loop {
        let mut shares = Vec::new();
        for worker in &mut workers {
            let metrics = worker.metrics()?;
            shares.push(Share {
                records: metrics.sum("detector_records_total"),
                cpu: usage::cpu_seconds(&[worker.id()])?,
            });
        }
        if shares.iter().map(|share| share.records).sum::<f64>() >= wanted {
            break shares;
        }
        ensure!(begun.elapsed() < PATIENCE, "{shares:?} of {wanted} records");
        std::thread::sleep(Duration::from_millis(50));
    };
    workers.into_iter().for_each(Worker::stop);
    Ok(shares)
}
