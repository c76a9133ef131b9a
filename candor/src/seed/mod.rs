//! `candor seed`: fills a database with sessions that nobody answered, by the sink's own SQL path.
//!
//! What is written is what the detector would have said: verdicts come from simulated sessions that were folded and
//! judged, findings from the detector's own rules, ids carry the installation's check. Organisations and surveys are a
//! few large and many small ones, sessions begin by day more than by night.
//!
//! The same options write the same rows. A run that was broken off goes on where it was; a run that is repeated changes
//! nothing.

mod calendar;
mod campaigns;
mod draw;
mod pool;
mod population;
mod records;
mod session;
mod write;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, ensure};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use clap::Args;
use runtime::config::{Config, Reader, Secret};
use schemas::ids::SessionSecret;
use storage::DatabaseConfig;

use calendar::Calendar;
use draw::Draw;
use pool::Pool;
use population::Population;
use session::Plan;

/// Bytes of one session in all tables and indexes, as measured; for the estimate that is told before.
const BYTES_PER_SESSION: u64 = 2700;
/// Days whose partitions are made in one transaction: each takes some dozen locks of the server's shared table.
const DAYS_AT_ONCE: i64 = 10;
/// Simulated sessions that verdicts are drawn from, at least and at most.
const POOL: (u64, u64) = (40, 1200);

/// Options of `candor seed`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Sessions to write
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub sessions: u64,
    /// Organisations that share them; the first is `default`
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub organisations: u32,
    /// Surveys of all organisations together (ten for each unless given)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub surveys: Option<u32>,
    /// Days over which sessions begin
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3000))]
    pub days: u32,
    /// The hour at which it all ends (the one that has begun unless given); needed to repeat a run later
    #[arg(long, value_name = "TIME")]
    pub until: Option<DateTime<Utc>>,
    /// The same seed writes the same rows
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// One session in so many gets its events, too; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub raw_every: u64,
    /// Connections that write at a time
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=32))]
    pub writers: u64,
}

/// Settings of `candor seed`.
#[derive(Debug, Clone)]
pub struct SeedConfig {
    /// The database; the login is the one that migrated.
    pub database: DatabaseConfig,
    /// Mints session ids that gateway and API accept.
    pub session_secret: Secret,
}

impl Config for SeedConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            database: DatabaseConfig::read(reader),
            session_secret: reader.required(
                "SESSION_SECRET",
                "secret of session ids, shared with gateway and API, 16 bytes or more",
            ),
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// When the options do not fit together, or the database does not answer or refuses a row. What was written stays.
pub async fn command(options: Options, config: SeedConfig) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let until = options.until.unwrap_or_else(Utc::now);
    let until = until.duration_trunc(TimeDelta::hours(1))?;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let gigabytes = (options.sessions * BYTES_PER_SESSION) as f64 / 1e9;
    eprintln!(
        "{} sessions until {}; the database will take about {gigabytes:.1} GB",
        options.sessions,
        until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    let plan = plan(&options, until, &config).await?;
    storage::migrate(config.database.url.expose()).await?;
    let mut database = config.database.named("candor-seed");
    database.pool_size = usize::try_from(options.writers)?;
    let pool = result_sink::store::pool(&database)?;
    make_partitions(&pool, &plan.calendar).await?;
    let account = write::all(
        (Arc::new(plan), pool.clone()),
        options.sessions,
        options.writers,
    );
    let account = account.await?;
    eprintln!("vacuum and statistics");
    let bytes = settle(&pool).await?;
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a size")]
    let gigabytes = bytes as f64 / 1e9;
    println!(
        "{} sessions written, {} stood there; {} findings, {} batches of events; {:.0} s; the database has {gigabytes:.2} GB",
        count(&account.written),
        count(&account.found),
        count(&account.findings),
        count(&account.batches),
        begun.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

/// Judges the simulated sessions, which takes seconds, and lays out the rest.
async fn plan(
    options: &Options,
    until: DateTime<Utc>,
    config: &SeedConfig,
) -> anyhow::Result<Plan> {
    let surveys = options.surveys.unwrap_or(options.organisations * 10);
    ensure!(
        surveys >= options.organisations,
        "--surveys must not be below --organisations"
    );
    let secret = SessionSecret::new(config.session_secret.expose().as_bytes());
    let secret = secret.context("CANDOR_SESSION_SECRET")?;
    let (sessions, seed) = (options.sessions, options.seed);
    let size = (sessions / 150).clamp(POOL.0, POOL.1);
    let judging = tokio::task::spawn_blocking(move || Pool::judge(seed, size));
    let sizes = (options.organisations as usize, surveys as usize);
    Ok(Plan {
        seed,
        end: until,
        calendar: Calendar::new(until, options.days, sessions),
        population: Population::new(sizes, sessions, &mut Draw::new(seed, 0))?,
        pool: judging.await.context("the judging panicked")??,
        secret,
        raw_every: options.raw_every,
    })
}

async fn make_partitions(
    pool: &deadpool_postgres::Pool,
    calendar: &Calendar,
) -> anyhow::Result<()> {
    let mut client = pool.get().await?;
    let days = calendar.days();
    let mut first = days.start;
    while first < days.end {
        let next = (first + TimeDelta::days(DAYS_AT_ONCE)).min(days.end);
        storage::ensure_partitions(&mut client, first, next - TimeDelta::days(1)).await?;
        first = next;
    }
    Ok(())
}

/// Does what the server does by itself in the days that a history takes to come about: marks pages whose rows everybody
/// sees, which spares readers of an index a look at the table, and gathers statistics, of the partitioned tables as well.
/// The database's size in bytes.
async fn settle(pool: &deadpool_postgres::Pool) -> anyhow::Result<i64> {
    let client = pool.get().await?;
    client.batch_execute("SET statement_timeout = 0").await?;
    client.batch_execute("VACUUM (ANALYZE)").await?;
    let query = "SELECT pg_database_size(current_database())";
    Ok(client.query_one(query, &[]).await?.get(0))
}
