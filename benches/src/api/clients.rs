//! A thousand connected clients with one request a second each, and the most that can be answered.
//!
//! The first is an open loop: each client has a timetable, and a time counts from the moment at which the request was
//! due, so that an API that falls behind is not asked less and does not look better. The second is a closed loop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use rand::RngExt;

use super::connection::Connection;
use super::tenants::Tenants;
use super::{ApiOptions, Target, reads};
use crate::times::Times;
use crate::usage;

/// Load before it is counted: each connection of the API plans its statements when it first needs them.
const WARM_UP: Duration = Duration::from_secs(30);
/// Pause between two requests of a client.
const PERIOD: Duration = Duration::from_secs(1);
/// Connections of the closed loop.
const PEAK: usize = 32;
/// Paths that each client asks for, in turn.
const PATHS: usize = 24;
/// Longest wait for an answer; it counts as an error then.
const PATIENCE: Duration = Duration::from_secs(10);

/// What clients saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// By kind of read.
    pub(crate) times: BTreeMap<&'static str, Times>,
    pub(crate) errors: u64,
    /// One of the errors, in words.
    pub(crate) example: Option<String>,
}

/// One kind of load.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    pub(crate) seen: Seen,
    pub(crate) seconds: f64,
    /// CPU-seconds a second of API, PostgreSQL and load generator.
    pub(crate) cores: [f64; 3],
}

/// Both loads.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) open: Load,
    pub(crate) peak: Load,
    pub(crate) gzip: bool,
}

impl Seen {
    fn new() -> Self {
        Self {
            times: BTreeMap::new(),
            errors: 0,
            example: None,
        }
    }

    fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        for (name, times) in &other.times {
            self.of(name)?.add_all(times)?;
        }
        self.errors += other.errors;
        self.example = self.example.take().or_else(|| other.example.clone());
        Ok(())
    }

    fn of(&mut self, name: &'static str) -> anyhow::Result<&mut Times> {
        let empty = Times::new()?;
        Ok(self.times.entry(name).or_insert(empty))
    }

    /// All kinds together.
    pub(crate) fn all(&self) -> anyhow::Result<Times> {
        let mut all = Times::new()?;
        for times in self.times.values() {
            all.add_all(times)?;
        }
        Ok(all)
    }
}

/// Measures both, one after the other.
pub(crate) async fn measure(target: &Target<'_>, options: &ApiOptions) -> anyhow::Result<Clients> {
    let cookie = target.cookie().await?;
    let plan = |clients: usize, is_open: bool| {
        let clients = (0..clients).map(|place| {
            let scripts = script(target.tenants, &cookie, place, options.gzip);
            let first = PERIOD.mul_f64(place as f64 / clients as f64);
            (scripts, is_open.then_some(first))
        });
        clients.collect::<Vec<_>>()
    };
    let counted = Duration::from_secs(options.seconds);
    eprintln!("{} clients", options.clients);
    let open = load(target, plan(options.clients, true), counted).await?;
    eprintln!("peak");
    let peak = load(
        target,
        plan(PEAK, false),
        counted.min(Duration::from_secs(20)),
    )
    .await?;
    Ok(Clients {
        open,
        peak,
        gzip: options.gzip,
    })
}

/// What a client asks, in turn, and as whom.
struct Script {
    reads: Vec<(&'static str, String)>,
    lines: String,
}

/// The script of a client. Every organisation has some clients, large ones more; of the bootstrap organisation's every
/// other one is a browser with a cookie.
fn script(tenants: &Tenants, cookie: &str, place: usize, gzip: bool) -> Script {
    let mut rng = rand::rng();
    let tenant = match place % 4 {
        0 => &tenants.all[place / 4 % tenants.all.len()],
        _ => tenants.draw(&mut rng),
    };
    let is_browser = tenant.name == crate::process::ORGANISATION && place % 2 == 1;
    let mut lines = if is_browser {
        cookie.to_owned()
    } else {
        tenant.key.clone()
    };
    if gzip {
        lines.push_str("\r\naccept-encoding: gzip");
    }
    let reads = (0..PATHS).map(|_| reads::mixed(tenant, &mut rng)).collect();
    Script { reads, lines }
}

async fn load(
    target: &Target<'_>,
    clients: Vec<(Script, Option<Duration>)>,
    counted: Duration,
) -> anyhow::Result<Load> {
    let count = clients.len();
    let begin = Instant::now() + Duration::from_millis(500);
    let span = Span {
        begin,
        counted_from: begin + WARM_UP,
        until: begin + WARM_UP + counted,
        broken: Arc::default(),
    };
    let url = target.api.url.clone();
    let generator = std::thread::Builder::new().name("load".to_owned());
    // A thread of its own: the times are taken by nobody who has other things to do.
    let loading = generator.spawn(move || run(&url, clients, &span))?;
    tokio::time::sleep_until((begin + WARM_UP).into()).await;
    let before = cpu(target)?;
    tokio::time::sleep(counted).await;
    let after = cpu(target)?;
    let seen = tokio::task::spawn_blocking(move || loading.join()).await?;
    let seen = seen.ok().context("the load panicked")??;
    let seconds = counted.as_secs_f64();
    let cores = std::array::from_fn(|place| (after[place] - before[place]) / seconds);
    Ok(Load {
        clients: count,
        seen,
        seconds,
        cores,
    })
}

/// CPU-seconds so far of API, PostgreSQL and this process.
fn cpu(target: &Target<'_>) -> anyhow::Result<[f64; 3]> {
    let own = usage::cpu_seconds(&[std::process::id()])?;
    Ok([
        target.api.cpu_seconds()?,
        target.database.cpu_seconds()?,
        own,
    ])
}

#[derive(Debug, Clone)]
struct Span {
    begin: Instant,
    counted_from: Instant,
    until: Instant,
    broken: Arc<AtomicBool>,
}

fn run(url: &str, clients: Vec<(Script, Option<Duration>)>, span: &Span) -> anyhow::Result<Seen> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for (script, first) in clients {
            let connection = Connection::to(url)?;
            tasks.spawn(client(connection, script, first, span.clone()));
        }
        let mut seen = Seen::new();
        while let Some(client) = tasks.join_next().await {
            seen.add(&client??)?;
        }
        Ok(seen)
    })
}

/// One client: by its timetable when it has a first moment, else one request after the other.
async fn client(
    mut connection: Connection,
    script: Script,
    first: Option<Duration>,
    span: Span,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::new();
    let mut due = span.begin + first.unwrap_or_default();
    let mut place = rand::rng().random_range(0..script.reads.len());
    loop {
        match first {
            Some(_) => tokio::time::sleep_until(due.into()).await,
            None => due = due.max(Instant::now()),
        }
        if due >= span.until || span.broken.load(Ordering::Relaxed) {
            return Ok(seen);
        }
        let (name, path) = &script.reads[place % script.reads.len()];
        place += 1;
        let asking = tokio::time::timeout(PATIENCE, connection.get(path, &script.lines)).await;
        let outcome = match asking {
            Ok(Ok(answer)) if answer.status == 200 => Ok(due.elapsed()),
            Ok(Ok(answer)) => Err(format!(
                "{path}: {} {}",
                answer.status,
                String::from_utf8_lossy(connection.body())
            )),
            Ok(Err(error)) => Err(format!("{path}: {error:#}")),
            Err(_) => Err(format!("{path}: no answer after {PATIENCE:?}")),
        };
        if due >= span.counted_from {
            match outcome {
                Ok(time) => seen.of(name)?.add(time)?,
                Err(text) => {
                    seen.errors += 1;
                    seen.example.get_or_insert(text);
                }
            }
        }
        if first.is_some() {
            due += PERIOD;
        }
    }
}
