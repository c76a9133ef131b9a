//! Writers: each brings a stretch of sessions into the database, chunk by chunk, by the sink's own statements.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use deadpool_postgres::{Client, Pool};
use kafka::OwnedRecord;
use uuid::Uuid;

use super::campaigns;
use super::draw::Draw;
use super::records;
use super::session::{GENERATION, Plan, Session};

/// Sessions of one transaction. Part of what a seed is: findings are among sessions of one chunk.
const CHUNK: u64 = 5000;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(5);

/// What the writers have done.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) written: AtomicU64,
    /// Sessions that stood there already.
    pub(super) found: AtomicU64,
    pub(super) findings: AtomicU64,
    pub(super) batches: AtomicU64,
}

/// Records of some sessions.
#[derive(Debug)]
struct Chunk {
    verdicts: Vec<OwnedRecord>,
    findings: Vec<OwnedRecord>,
    batches: Vec<OwnedRecord>,
}

impl Account {
    fn count(&self, made: &Chunk) {
        let count = |counter: &AtomicU64, records: &[OwnedRecord]| {
            counter.fetch_add(records.len() as u64, Ordering::Relaxed)
        };
        count(&self.findings, &made.findings);
        count(&self.batches, &made.batches);
    }
}

/// Writes sessions 0 to `sessions` with `writers` connections at a time.
pub(super) async fn all(
    (plan, pool): (Arc<Plan>, Pool),
    sessions: u64,
    writers: u64,
) -> anyhow::Result<Arc<Account>> {
    let account = Arc::new(Account::default());
    let chunks = sessions.div_ceil(CHUNK);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        // A stretch of time each: two writers never meet in an hour's counts, but at the seams.
        let stretch = chunks * writer / writers..chunks * (writer + 1) / writers;
        let (plan, pool, account) = (Arc::clone(&plan), pool.clone(), Arc::clone(&account));
        tasks.spawn(async move {
            for chunk in stretch {
                let indices = chunk * CHUNK..sessions.min((chunk + 1) * CHUNK);
                write_chunk(&plan, &pool, (chunk, indices), &account).await?;
            }
            anyhow::Ok(())
        });
    }
    let telling = tokio::spawn(tell(Arc::clone(&account), sessions));
    while let Some(ended) = tasks.join_next().await {
        ended.context("a writer panicked")??;
    }
    telling.abort();
    Ok(account)
}

async fn write_chunk(
    plan: &Arc<Plan>,
    pool: &Pool,
    (chunk, indices): (u64, Range<u64>),
    account: &Account,
) -> anyhow::Result<()> {
    let mut client = pool.get().await?;
    let count = indices.end - indices.start;
    let stands = stands(&mut client, plan, &indices).await?;
    let plan = Arc::clone(plan);
    let making = tokio::task::spawn_blocking(move || make(&plan, chunk, indices, stands));
    let made = making.await.context("the making of sessions panicked")??;
    let generation = i32::try_from(GENERATION)?;
    account.count(&made);
    result_sink::store::batches(&mut client, generation, made.batches).await?;
    result_sink::store::verdicts(&mut client, made.verdicts).await?;
    // By themselves, because those who write findings take turns; also of a chunk that stands, because a run may have
    // been broken off between the two.
    result_sink::store::verdicts(&mut client, made.findings).await?;
    let counter = if stands {
        &account.found
    } else {
        &account.written
    };
    counter.fetch_add(count, Ordering::Relaxed);
    Ok(())
}

/// Whether the chunk has been written: its verdicts are one transaction, so its first and last session tell.
async fn stands(client: &mut Client, plan: &Plan, indices: &Range<u64>) -> anyhow::Result<bool> {
    let ids = [indices.start, indices.end - 1].map(|index| plan.id(index));
    let [first, last] = ids;
    let ids: [Uuid; 2] = [first?.uuid(), last?.uuid()];
    let transaction = storage::sink_transaction(client).await?;
    let query = "SELECT count(*) FROM sessions WHERE id IN ($1, $2) AND window_count > 0";
    let query = transaction.prepare_cached(query).await?;
    let found: i64 = transaction
        .query_one(&query, &[&ids[0], &ids[1]])
        .await?
        .get(0);
    transaction.commit().await?;
    Ok(found == if ids[0] == ids[1] { 1 } else { 2 })
}

/// The records of a chunk; only its findings when the rest stands.
fn make(plan: &Plan, chunk: u64, indices: Range<u64>, stands: bool) -> anyhow::Result<Chunk> {
    let sessions = indices.map(|index| plan.session(index));
    let sessions: Vec<Session> = sessions.collect::<anyhow::Result<_>>()?;
    // Streams of sessions count from below, those of chunks from above.
    let mut draw = Draw::new(plan.seed, u64::MAX - chunk);
    let findings = campaigns::findings(&sessions, &plan.pool.copies, &mut draw);
    let findings = findings.iter().map(records::of_finding);
    let mut made = Chunk {
        findings: findings.collect::<anyhow::Result<_>>()?,
        verdicts: Vec::new(),
        batches: Vec::new(),
    };
    if stands {
        return Ok(made);
    }
    for session in &sessions {
        made.batches.extend(records::of_events(plan, session)?);
        for record in &session.records {
            made.verdicts.push(records::of_verdict(record)?);
        }
    }
    Ok(made)
}

/// Tells how far it has come, for ever.
async fn tell(account: Arc<Account>, sessions: u64) {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(PROGRESS).await;
        let written = account.written.load(Ordering::Relaxed);
        let done = written + account.found.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
        let (per_second, left) = {
            let per_second = written as f64 / begun.elapsed().as_secs_f64();
            (per_second, (sessions - done) as f64 / per_second.max(1.0))
        };
        eprintln!("{done} of {sessions} sessions, {per_second:.0} a second, {left:.0} s left");
    }
}
