#![doc = include_str!("../README.md")]

pub mod dev;
pub mod dlq;
pub mod evaluate;
pub mod loadgen;
pub mod migrate;
pub mod operate;
pub mod replay;
pub mod score;
pub mod seed;
pub mod topics;
pub mod train;
pub mod webhook;

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use kafka::config::KafkaConfig;
use runtime::config::{self, Config, ConfigErrors};
use runtime::service::EXIT_USAGE;
use runtime::telemetry::{self, CommandLogConfig, LogConfig};
use storage::DatabaseConfig;

use operate::{
    agents, experiments, integrations, keys, models, rulesets, settings as control_settings,
};

/// Detects bots in online surveys while they are being answered
#[derive(Debug, Parser)]
#[command(name = "candor", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run everything in one process, on an embedded Kafka and PostgreSQL, behind one port
    #[command(after_help = settings::<dev::DevConfig>())]
    Dev(dev::Options),
    /// Judge recorded sessions offline, one JSON object per session
    Score(score::Options),
    /// Report how well recorded sessions are told apart: Markdown, JSON and plots
    Evaluate(evaluate::Options),
    /// Learn a model from labelled recordings whose licence allows it
    Train(train::Options),
    /// Send recorded or simulated sessions to a gateway; prints a JSON summary
    ///
    /// Without --rate and --max the gaps between events are kept, divided by --speedup. With --rate or
    /// --max they are not, unless --speedup is given beside --rate.
    Loadgen(Box<loadgen::Options>),
    /// Make or list the Kafka topics
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Topics(topics::Verb),
    /// Make, list, rotate or revoke API keys
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Keys(keys::Verb),
    /// Show or change what holds for an organisation or a survey
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Settings(control_settings::Verb),
    /// Write, list, show or compare versions of the thresholds that sessions are judged by
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Rulesets(rulesets::Verb),
    /// List or show versions of learned models
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Models(models::Verb),
    /// Begin, list or end experiments that share out new sessions over versions
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Experiments(experiments::Verb),
    /// Make, list, rotate or revoke inbound webhooks of survey platforms
    #[command(subcommand, after_help = settings::<integrations::IntegrationsConfig>())]
    Integrations(integrations::Verb),
    /// Add, list or remove keys of declared agents (Web Bot Auth)
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Agents(agents::Verb),
    /// List, show or replay records that could not be processed
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Dlq(dlq::Verb),
    /// Score history again into a topic of its own, and print how the verdicts differ
    #[command(after_help = settings::<replay::ReplayConfig>())]
    Replay(Box<replay::Options>),
    /// Play the platforms that call the gateway, or list what they have said
    #[command(subcommand, after_help = settings::<KafkaConfig>())]
    Webhook(webhook::Verb),
    /// Bring the database to the schema of this version; harmless when repeated
    #[command(after_help = settings::<DatabaseConfig>())]
    Migrate,
    /// Fill a database with simulated sessions, by the sink's own statements; for measurements and demonstrations
    ///
    /// The same options write the same rows: a run that was broken off goes on, a repeated one changes nothing.
    #[command(after_help = settings::<seed::SeedConfig>())]
    Seed(seed::Options),
}

fn settings<C: Config>() -> String {
    format!(
        "Settings, as environment variables, as files named by NAME_FILE, or in the TOML file that \
         CANDOR_CONFIG names:\n{}",
        config::help::<C>()
    )
}

/// The command: reads the arguments, does it, and says how it went (64: wrong arguments or settings).
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way, too, and go to standard output.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(EXIT_USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match cli.verb {
        Verb::Dev(options) => with_log(
            config::load::<LogConfig>().map(|log| log.config),
            |config| block_on(dev::command(options, config)),
        ),
        Verb::Score(options) => score::command(&options),
        Verb::Evaluate(options) => evaluate::command(&options),
        Verb::Train(options) => train::command(&options),
        Verb::Loadgen(options) => block_on(loadgen::command(*options)),
        Verb::Topics(verb) => with_settings(|config| block_on(topics::command(verb, config))),
        Verb::Keys(verb) => with_settings(|config| block_on(keys::command(verb, config))),
        Verb::Settings(verb) => {
            with_settings(|config| block_on(control_settings::command(verb, config)))
        }
        Verb::Rulesets(verb) => with_settings(|config| block_on(rulesets::command(verb, config))),
        Verb::Models(verb) => with_settings(|config| block_on(models::command(verb, config))),
        Verb::Experiments(verb) => {
            with_settings(|config| block_on(experiments::command(verb, config)))
        }
        Verb::Integrations(verb) => {
            with_settings(|config| block_on(integrations::command(verb, config)))
        }
        Verb::Agents(verb) => with_settings(|config| block_on(agents::command(verb, config))),
        Verb::Dlq(verb) => with_settings(|config| block_on(dlq::command(verb, config))),
        Verb::Replay(options) => {
            with_settings(|config| block_on(replay::command(*options, config)))
        }
        Verb::Webhook(webhook::Verb::Send(sending)) => block_on(webhook::send(*sending)),
        Verb::Webhook(webhook::Verb::List(listing)) => {
            with_settings(|config| block_on(webhook::list(listing, config)))
        }
        Verb::Migrate => with_settings(|config| block_on(migrate::command(config))),
        Verb::Seed(options) => with_settings(|config| block_on(seed::command(options, config))),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("candor: {error:#}");
        ExitCode::FAILURE
    })
}

/// Loads the settings of a verb that answers and ends; of what happens meanwhile it tells warnings.
fn with_settings<C: Config>(
    verb: impl FnOnce(C) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    with_log(
        config::load::<CommandLogConfig>().map(|log| log.config.0),
        verb,
    )
}

/// Starts the log and loads the settings of a verb.
fn with_log<C: Config>(
    log: Result<LogConfig, ConfigErrors>,
    verb: impl FnOnce(C) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let loaded = log.and_then(|log| {
        telemetry::init(&log);
        config::load::<C>()
    });
    match loaded {
        Ok(loaded) => verb(loaded.config),
        Err(errors) => {
            eprintln!("candor cannot start:\n{errors}");
            Ok(ExitCode::from(EXIT_USAGE))
        }
    }
}

fn block_on(verb: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let executor = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = executor.block_on(verb);
    // A reading thread that waits for standard input must not hold the process.
    executor.shutdown_timeout(std::time::Duration::from_millis(200));
    outcome
}
