//! From the post of a batch to the running verdict that the API answers, while the pipeline has half of what it can do.
//!
//! First the most that the whole pipeline does is measured: batches are posted as fast as the gateway takes them, and
//! counted until every one is folded, judged and stored. Then half as many are posted by a timetable, and among them
//! probes: the first batch of a new session, whose verdict is asked for every few milliseconds. A probe's time counts
//! from the moment at which its post was due.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use chrono::Utc;
use schemas::ids::{OrganisationId, SessionSecret};

use super::connection::Connection;
use super::{ApiOptions, PARTITIONS, report};
use crate::gateway::load::{self, Span};
use crate::gateway::traffic::{BATCH, Traffic};
use crate::pipeline::Bench;
use crate::place::{Place, with_broker};
use crate::process::{KEY, ORGANISATION, SECRET, Service};
use crate::times::Times;

/// Sessions that are posted to.
const SESSIONS: usize = 10_000;
/// Connections of the load, and of the probes.
const CONNECTIONS: usize = 32;
/// How long the most that the pipeline does is measured.
const PEAK: Duration = Duration::from_secs(12);
/// Load before probes are counted.
const WARM_UP: Duration = Duration::from_secs(8);
/// Probes a second.
const PROBES: u32 = 20;
/// Pause between two questions of a probe.
const PAUSE: Duration = Duration::from_millis(4);
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was measured.
#[derive(Debug)]
pub(crate) struct EndToEnd {
    /// Batches a second that the whole pipeline does at most.
    pub(crate) peak: f64,
    /// Batches a second during the probes.
    pub(crate) load: f64,
    pub(crate) readable: Times,
    /// From when a post was due to the gateway's answer.
    pub(crate) accepted: Times,
    pub(crate) errors: u64,
    /// CPU-seconds a second of gateway, worker, sink, API.
    pub(crate) cores: [f64; 4],
    pub(crate) settings: Vec<(String, String)>,
}

/// The four services.
struct Stack {
    gateway: Service,
    worker: Service,
    sink: Service,
    api: Service,
}

/// Measures with a broker and a database of its own; the report.
pub(crate) fn run(options: &ApiOptions) -> anyhow::Result<String> {
    with_broker(PARTITIONS, |place| {
        let postgres = crate::postgres::start(&place.folder.join("postgres"), &[])?;
        let executor = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let outcome = executor.block_on(measure(options, place, postgres.url()))?;
        Ok(report::end_to_end(&outcome))
    })
}

async fn measure(options: &ApiOptions, place: &Place, url: String) -> anyhow::Result<EndToEnd> {
    storage::migrate(&url).await?;
    let bench = Bench {
        brokers: place.brokers.clone(),
        prefix: place.prefix.clone(),
        database_url: url,
        programs: place.programs().to_owned(),
    };
    let start = |name| Service::start_with(&bench, name, &options.set);
    let (gateway, worker, sink, api) = tokio::try_join!(
        start("ingest-gateway"),
        start("detector-worker"),
        start("result-sink"),
        start("dashboard-api")
    )?;
    let stack = Stack {
        gateway,
        worker,
        sink,
        api,
    };
    let traffic = Arc::new(Traffic::build(SESSIONS, Utc::now())?);
    // Assignments, partitions, plans.
    stack.peak(&traffic, Duration::from_secs(3)).await?;
    let peak = match options.batches_per_second {
        Some(rate) => 2.0 * rate as f64,
        None => stack.peak(&traffic, PEAK).await?,
    };
    eprintln!("the pipeline does {peak:.0} batches a second");
    let (load, counted) = (peak / 2.0, Duration::from_secs(options.seconds));
    let address = stack.address()?;
    let until = Instant::now() + WARM_UP + counted;
    let generator = std::thread::Builder::new().name("load".to_owned());
    let loading = generator.spawn(move || post_by_timetable((address, &traffic), load, until))?;
    tokio::time::sleep(WARM_UP).await;
    let before = stack.cpu()?;
    let probes = stack.probe(counted).await?;
    let after = stack.cpu()?;
    let refused = tokio::task::spawn_blocking(move || loading.join()).await?;
    let refused = refused.ok().context("the load panicked")??;
    Ok(EndToEnd {
        peak,
        load,
        readable: probes.readable,
        accepted: probes.accepted,
        errors: probes.errors + refused,
        cores: std::array::from_fn(|place| (after[place] - before[place]) / counted.as_secs_f64()),
        settings: options.set.clone(),
    })
}

impl Stack {
    fn address(&self) -> anyhow::Result<SocketAddr> {
        let address = self.gateway.url.strip_prefix("http://");
        Ok(address.context("an address of HTTP")?.parse()?)
    }

    fn cpu(&self) -> anyhow::Result<[f64; 4]> {
        let [a, b, c, d] = [&self.gateway, &self.worker, &self.sink, &self.api];
        Ok([
            a.cpu_seconds()?,
            b.cpu_seconds()?,
            c.cpu_seconds()?,
            d.cpu_seconds()?,
        ])
    }

    /// Batches a second from the first post until all are folded, judged and stored.
    async fn peak(&self, traffic: &Arc<Traffic>, time: Duration) -> anyhow::Result<f64> {
        let before = self.stored().await?;
        let begun = Instant::now();
        let span = Span::from_now(Duration::ZERO, time);
        let loading = load::spawn((self.address()?, Arc::clone(traffic)), CONNECTIONS, span)?;
        let tally = tokio::task::spawn_blocking(move || loading.join()).await?;
        let tally = tally.ok().context("the load panicked")??;
        ensure!(tally.refused + tally.broken == 0, "{:?}", tally.example);
        let posted = tally.acknowledged as f64;
        loop {
            let now = self.stored().await?;
            if now.raw - before.raw >= posted
                && now.folded - before.folded >= posted * BATCH as f64
                && now.verdicts >= self.worker.metric("detector_verdicts_total").await?
            {
                return Ok(posted / begun.elapsed().as_secs_f64());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "{posted} batches are not stored: {now:?}, {before:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stored(&self) -> anyhow::Result<Stored> {
        Ok(Stored {
            raw: self
                .sink
                .metric("sink_rows_written_total{sink=\"raw\"")
                .await?,
            verdicts: self
                .sink
                .metric("sink_rows_written_total{sink=\"verdicts\"")
                .await?,
            folded: self.worker.metric("detector_events_folded_total").await?,
        })
    }

    /// Probes by a timetable for `time`.
    async fn probe(&self, time: Duration) -> anyhow::Result<Probes> {
        let traffic = Arc::new(Traffic::build(1, Utc::now())?);
        let secret = SessionSecret::new(SECRET)?;
        let organisation: OrganisationId = ORGANISATION.parse()?;
        let begin = Instant::now();
        let count = (time.as_secs_f64() * f64::from(PROBES)) as u32;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..count {
            let due = begin + Duration::from_secs(1) * number / PROBES;
            tokio::time::sleep_until(due.into()).await;
            let session = secret
                .mint(&organisation, Utc::now(), rand::random())
                .to_string();
            let (gateway, api) = (
                Connection::to(&self.gateway.url)?,
                Connection::to(&self.api.url)?,
            );
            tasks.spawn(probe(due, session, Arc::clone(&traffic), (gateway, api)));
        }
        let mut probes = Probes {
            readable: Times::new()?,
            accepted: Times::new()?,
            errors: 0,
        };
        while let Some(ended) = tasks.join_next().await {
            match ended? {
                Ok((accepted, readable)) => {
                    probes.accepted.add(accepted)?;
                    probes.readable.add(readable)?;
                }
                Err(error) => {
                    eprintln!("probe: {error:#}");
                    probes.errors += 1;
                }
            }
        }
        Ok(probes)
    }
}

#[derive(Debug)]
struct Stored {
    raw: f64,
    verdicts: f64,
    folded: f64,
}

struct Probes {
    readable: Times,
    accepted: Times,
    errors: u64,
}

/// Posts the first batch of `session` and asks until its verdict is there; the time to the gateway's answer and to it.
async fn probe(
    due: Instant,
    session: String,
    traffic: Arc<Traffic>,
    (mut gateway, mut api): (Connection, Connection),
) -> anyhow::Result<(Duration, Duration)> {
    let body = traffic.body(0);
    let mut request = Traffic::head(&session, body.len());
    request.extend_from_slice(body);
    let answer = gateway.send(&request).await?;
    ensure!(
        answer.status == 202,
        "{}",
        String::from_utf8_lossy(gateway.body())
    );
    let accepted = due.elapsed();
    let key = format!("authorization: Bearer {KEY}");
    let path = format!("/api/v1/detection/sessions/{session}/status");
    loop {
        let answer = api.get(&path, &key).await?;
        if answer.status == 200 && api.says("\"confidence_score\":0") {
            return Ok((accepted, due.elapsed()));
        }
        if due.elapsed() > PATIENCE {
            bail!("no verdict of {session} after {PATIENCE:?}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Posts `rate` batches a second until `until`; the number of those that were not accepted. Blocks.
fn post_by_timetable(
    (address, traffic): (SocketAddr, &Arc<Traffic>),
    rate: f64,
    until: Instant,
) -> anyhow::Result<u64> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let begin = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for first in 0..CONNECTIONS {
            let mut connection = Connection::to(&format!("http://{address}"))?;
            let traffic = Arc::clone(traffic);
            tasks.spawn(async move {
                let (mut number, mut refused) = (first, 0);
                loop {
                    let due = begin + Duration::from_secs_f64(number as f64 / rate);
                    if due >= until {
                        return anyhow::Ok(refused);
                    }
                    tokio::time::sleep_until(due.into()).await;
                    let (head, body) = traffic.request(number % traffic.len());
                    let answer = connection.send(&[head, body].concat()).await?;
                    refused += u64::from(answer.status != 202);
                    number += CONNECTIONS;
                }
            });
        }
        let mut refused = 0;
        while let Some(client) = tasks.join_next().await {
            refused += client??;
        }
        Ok(refused)
    })
}
