//! The API over a large database: pages, the overview, a thousand clients, an export; and how soon a verdict can be read.
//!
//! The database is one that stands (`CANDOR_BENCH_DATABASE_URL`), one that is kept in a folder between runs (`--keep`), or
//! one of its own that is seeded for the run. The API is the release program, with settings as they come; so are the
//! gateway, the worker and the sink of the part `end-to-end`. See `benches/api/README.md`.

mod clients;
mod connection;
mod database;
mod end_to_end;
mod export;
mod pages;
mod reads;
mod report;
mod tenants;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use runtime::config;

use crate::pipeline::Bench;
use crate::place::{Place, with_broker};
use crate::process::Service;
use database::Database;
use tenants::Tenants;

/// Partitions of the topics.
const PARTITIONS: i32 = 4;

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// One reader at a time: the overview, and pages of every filter at every depth
    Pages,
    /// A thousand clients with one request a second each, then as many requests as can be answered
    Clients,
    /// All sessions as CSV: memory and rows a second
    Export,
    /// From the post of a batch to the verdict in the API, under half load
    EndToEnd,
}

/// Options of `api`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApiOptions {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    part: Vec<Part>,
    /// Sessions that a database of its own is seeded with
    #[arg(long, default_value_t = 1_000_000)]
    sessions: u64,
    /// A folder that keeps the database: seeded once, read by every later run
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Leave tables on the disk; otherwise what lists and counts are read from is read into memory first, as after a while of use
    #[arg(long)]
    cold: bool,
    /// A setting of PostgreSQL, NAME=VALUE, in place of what it is run with
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    postgres: Vec<(String, String)>,
    /// Times that each page and the overview are read
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// Pages of 200 sessions that the deep cursor lies behind
    #[arg(long, default_value_t = 100)]
    depth: usize,
    /// Connected clients
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// Seconds that are counted of the clients' and of the pipeline's load
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Requests of clients ask for a compressed answer
    #[arg(long)]
    gzip: bool,
    /// Sessions of the export
    #[arg(long, default_value_t = 1_000_000)]
    export: u64,
    /// Batches a second of the end-to-end part, instead of half of the measured peak
    #[arg(long, value_name = "N")]
    batches_per_second: Option<u64>,
    /// A setting of the services, NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl ApiOptions {
    fn has(&self, part: Part) -> bool {
        self.part.is_empty() || self.part.contains(&part)
    }

    fn has_database(&self) -> bool {
        [Part::Pages, Part::Clients, Part::Export]
            .iter()
            .any(|part| self.has(*part))
    }
}

/// Measures and returns the report.
pub(crate) fn run(options: &ApiOptions) -> anyhow::Result<String> {
    let mut report = String::new();
    if options.has_database() {
        report.push_str(&with_broker(PARTITIONS, |place| {
            over_database(options, place)
        })?);
    }
    if options.has(Part::EndToEnd) {
        report.push_str(&end_to_end::run(options)?);
    }
    Ok(report)
}

/// The parts that read one large database.
fn over_database(options: &ApiOptions, place: &Place) -> anyhow::Result<String> {
    let given = config::load::<database::GivenDatabase>()?.config;
    let database = Database::open(options, given, place)?;
    eprintln!("{database}");
    let executor = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    executor.block_on(async {
        let tenants = Tenants::read(&database.url).await?;
        tenants.make_keys(place).await?;
        let bench = Bench {
            brokers: place.brokers.clone(),
            prefix: place.prefix.clone(),
            database_url: database.url.clone(),
            programs: place.programs().to_owned(),
        };
        let api = Service::start_with(&bench, "dashboard-api", &options.set).await?;
        let target = Target {
            api: &api,
            database: &database,
            tenants: &tenants,
        };
        target.wait_for_keys().await?;
        let mut text = report::database(&database, &tenants);
        if options.has(Part::Pages) {
            text.push_str(&report::pages(&pages::measure(&target, options).await?));
        }
        if options.has(Part::Clients) {
            text.push_str(&report::clients(&clients::measure(&target, options).await?));
        }
        if options.has(Part::Export) {
            text.push_str(&report::export(&export::measure(&target, options).await?));
        }
        anyhow::Ok(text)
    })
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    api: &'a Service,
    database: &'a Database,
    tenants: &'a Tenants,
}
