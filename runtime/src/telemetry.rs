//! Logs: one line per fact, compact or JSON, on stderr (stdout belongs to a command's results).

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, Reader};

/// How to log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Filter in the syntax of `tracing`'s `EnvFilter`.
    pub filter: String,
    /// One JSON object per line instead of text.
    pub json: bool,
}

impl LogConfig {
    fn read_with(reader: &mut Reader<'_>, usual: &str) -> Self {
        Self {
            filter: reader.or("LOG", usual, "log filter, e.g. info,kafka=debug"),
            json: reader.or("LOG_JSON", "false", "log one JSON object per line"),
        }
    }
}

impl Config for LogConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self::read_with(reader, "info,rdkafka=warn,librdkafka=warn")
    }
}

/// How a command logs that answers on standard output: warnings and errors, unless told otherwise.
#[derive(Debug, Clone)]
pub struct CommandLogConfig(pub LogConfig);

impl Config for CommandLogConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(LogConfig::read_with(reader, "warn"))
    }
}

/// Starts logging; a second call in one process changes nothing.
pub fn init(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(true);
    let registry = tracing_subscriber::registry().with(filter);
    // An error means that somebody has set a subscriber before, which tests do.
    let _ = if config.json {
        registry.with(layer.json().flatten_event(true)).try_init()
    } else {
        registry.with(layer.compact()).try_init()
    };
}
