//! The frame of a service's `main`: arguments, settings, logs, signals, exit code.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | ended as asked |
//! | 1 | failed while running, or not ready (`--healthcheck`) |
//! | 64 | settings or arguments are wrong; every problem is printed |

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, Reader};
use crate::telemetry::{self, LogConfig};

/// Exit code for wrong settings (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;

/// Settings of a service that can be asked for its health.
pub trait ServiceConfig: Config {
    /// Where it listens.
    fn listen(&self) -> SocketAddr;
}

/// What a service says of itself in `--help`.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Name of the binary.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

struct WithLog<C> {
    service: C,
    log: LogConfig,
}

impl<C: Config> Config for WithLog<C> {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            service: C::read(reader),
            log: LogConfig::read(reader),
        }
    }
}

/// Runs a service: `--help`, `--version`, `--healthcheck`, or until SIGTERM or SIGINT.
pub fn main<C, E, F>(about: About, run: impl FnOnce(C, CancellationToken) -> F) -> ExitCode
where
    C: ServiceConfig,
    E: Display,
    F: Future<Output = Result<(), E>>,
{
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        None => start(about, run),
        Some("--help" | "-h") => {
            print!("{}", help_text::<C>(about));
            ExitCode::SUCCESS
        }
        Some("--version" | "-V") => {
            println!("{} {}", about.name, env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Some("--healthcheck") => healthcheck::<C>(),
        Some(other) => {
            eprintln!("{}: unknown argument `{other}`; see --help", about.name);
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn help_text<C: Config>(about: About) -> String {
    format!(
        "{}\n\nUsage: {} [--help | --version | --healthcheck]\n\n\
         Settings, as environment variables, as files named by NAME_FILE, or in the TOML file that \
         CANDOR_CONFIG names:\n{}",
        about.summary,
        about.name,
        config::help::<WithLog<C>>()
    )
}

fn healthcheck<C: ServiceConfig>() -> ExitCode {
    let outcome = config::load::<C>()
        .map_err(|errors| errors.to_string())
        .and_then(|loaded| crate::http::check_ready(loaded.config.listen()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn start<C, E, F>(about: About, run: impl FnOnce(C, CancellationToken) -> F) -> ExitCode
where
    C: ServiceConfig,
    E: Display,
    F: Future<Output = Result<(), E>>,
{
    let loaded = match config::load::<WithLog<C>>() {
        Ok(loaded) => loaded,
        Err(errors) => {
            eprintln!("{} cannot start:\n{errors}", about.name);
            return ExitCode::from(EXIT_USAGE);
        }
    };
    telemetry::init(&loaded.config.log);
    let settings: Vec<String> = loaded
        .effective
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    tracing::info!(
        service = about.name,
        settings = settings.join(" "),
        "starting"
    );
    let executor = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(executor) => executor,
        Err(error) => {
            eprintln!("{} cannot start: {error}", about.name);
            return ExitCode::FAILURE;
        }
    };
    let shutdown = CancellationToken::new();
    executor.spawn(cancel_on_signal(shutdown.clone()));
    let outcome = executor.block_on(run(loaded.config.service, shutdown));
    // Blocking threads that ignored the shutdown must not hold the process.
    executor.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(()) => {
            tracing::info!(service = about.name, "stopped");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(service = about.name, error = %error, "failed");
            ExitCode::FAILURE
        }
    }
}

/// Cancels `shutdown` on SIGTERM or SIGINT.
pub async fn cancel_on_signal(shutdown: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be handled; stop the process by other means");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("shutdown requested");
    shutdown.cancel();
}
