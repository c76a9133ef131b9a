//! `candor dev`: everything in one process, on an embedded Kafka and PostgreSQL, behind one port.
//!
//! Owns the order of things. Start: address, embedded services, secrets, topics, schema, the four parts
//! of Candor, and last the demonstration's traffic. End, in order and each to its end: traffic, HTTP and
//! gateway, worker, sinks, API, then PostgreSQL and Kafka. It runs the same libraries as the four
//! programs and adds nothing to what they do; it is for one machine and listens on loopback only.

mod address;
mod combined;
mod demo;
mod key;
mod parts;
mod secrets;
mod settings;
mod stack;
mod welcome;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use embedded::{DataFolder, ServiceOptions, Services};
use kafka::admin::TopicSizes;
use kafka::config::KafkaConfig;
use runtime::CancellationToken;

pub use settings::DevConfig;

use secrets::Secrets;
use settings::{Decided, load_under};
use stack::Stack;

/// Partitions of the topics that `dev` makes: some concurrency, little overhead.
const PARTITIONS: i32 = 4;

/// Options of `candor dev`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Empties the data folder first
    #[arg(long)]
    pub fresh: bool,
    /// Where everything is kept between runs
    #[arg(long, value_name = "FOLDER", default_value = ".candor")]
    pub data_dir: PathBuf,
    /// Port on 127.0.0.1 (8080, or a free one if that is taken)
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}

/// Runs until Ctrl-C.
///
/// # Errors
/// When something cannot be started, or a part ends by itself.
pub async fn command(options: Options, config: DevConfig) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    tokio::spawn(runtime::service::cancel_on_signal(shutdown.clone()));
    run(options, config, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// Runs until `shutdown`, then ends everything in order.
///
/// # Errors
/// As [`command`].
pub async fn run(
    options: Options,
    config: DevConfig,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let listener = address::bind(options.port, config.listen).await?;
    eprintln!("starting Kafka and PostgreSQL; the first start takes longer");
    let services = start_services(&options, &config).await?;
    let outcome = run_on(&services, &options, &config, listener, shutdown).await;
    // Kafka and PostgreSQL last: everything above commits to them while it ends.
    let stopped = tokio::task::spawn_blocking(move || services.stop()).await;
    stopped.context("stopping Kafka and PostgreSQL panicked")?;
    outcome
}

async fn start_services(options: &Options, config: &DevConfig) -> anyhow::Result<Services> {
    let folder = DataFolder::new(&options.data_dir);
    let service_options = ServiceOptions {
        kafka_brokers: config.kafka_brokers.clone(),
        database_url: config
            .database_url
            .as_ref()
            .map(|url| url.expose().to_owned()),
        fresh: options.fresh,
        ..ServiceOptions::default()
    };
    let start = move || Services::start(&folder, service_options);
    let started = tokio::task::spawn_blocking(start).await;
    Ok(started.context("starting Kafka and PostgreSQL panicked")??)
}

async fn run_on(
    services: &Services,
    options: &Options,
    config: &DevConfig,
    listener: tokio::net::TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let secrets = Secrets::load(&options.data_dir, config)?;
    let decided = decide(services, address, &secrets);
    prepare(&decided, services.database_url()).await?;
    let kafka: KafkaConfig = load_under(&decided)?;
    key::publish(&kafka, secrets.key.expose(), &config.organisation).await?;
    if shutdown.is_cancelled() {
        return Ok(());
    }
    let mut stack = Stack::start(&decided, listener, &shutdown)?;
    if stack.wait_until_ready(&shutdown).await {
        let welcome = welcome::Welcome {
            address,
            secrets: &secrets,
            services,
            options,
            config,
        };
        print!("{}", welcome.text()?);
        if config.demo {
            stack.feed(address, &secrets.key);
        }
    }
    shutdown.cancelled().await;
    stack.stop().await
}

/// What lies over the settings of every part.
fn decide(services: &Services, address: std::net::SocketAddr, secrets: &Secrets) -> Decided {
    let decided = [
        ("CANDOR_KAFKA_BROKERS", services.brokers().to_owned()),
        ("CANDOR_DATABASE_URL", services.database_url().to_owned()),
        ("CANDOR_LISTEN", address.to_string()),
        ("CANDOR_GATEWAY_URL", gateway(address)),
        ("CANDOR_SESSION_SECRET", secrets.session.expose().to_owned()),
        (
            "CANDOR_BOOTSTRAP_SECRET_KEY",
            secrets.key.expose().to_owned(),
        ),
    ];
    decided.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Where this machine reaches the gateway that listens there.
fn gateway(address: std::net::SocketAddr) -> String {
    let mut reached = address;
    if address.ip().is_unspecified() {
        reached.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{reached}")
}

/// Makes topics and schema; harmless when they are there.
async fn prepare(decided: &Decided, database_url: &str) -> anyhow::Result<()> {
    let kafka: KafkaConfig = load_under(decided)?;
    let sizes = TopicSizes {
        partitions: PARTITIONS,
        replication: 1,
    };
    let topics = kafka.topics();
    let (topics, schema) = tokio::join!(
        kafka::admin::create_topics(&kafka, &topics, sizes),
        storage::migrate(database_url),
    );
    topics.context("cannot make the topics")?;
    schema.context("cannot migrate the database")?;
    Ok(())
}
