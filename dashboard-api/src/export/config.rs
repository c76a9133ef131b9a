//! Settings of the exports.

use std::path::PathBuf;
use std::time::Duration;

use runtime::config::{Config, Millis, Reader};

/// Most rows that a chunk may have: a chunk is held in memory as a whole.
const MAX_CHUNK: u32 = 10_000;

/// How many exports run, and what each may take.
#[derive(Debug, Clone)]
pub struct ExportConfig {
    /// Most exports that run in the process; each holds a connection while it reads a chunk.
    pub at_once: usize,
    /// Most of them for one organisation.
    pub per_organisation: usize,
    /// Sessions that are read at a time.
    pub chunk_rows: u32,
    /// Longest statement that reads a chunk.
    pub chunk_timeout: Duration,
    /// A client that takes nothing for so long is cut off.
    pub stall: Duration,
    /// Further font files of the report, for scripts that the built-in fonts lack.
    pub fonts: Vec<PathBuf>,
}

impl Default for ExportConfig {
    fn default() -> Self {
        Self {
            at_once: 4,
            per_organisation: 2,
            chunk_rows: 2000,
            chunk_timeout: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            fonts: Vec::new(),
        }
    }
}

impl Config for ExportConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            at_once: reader.or("EXPORTS_AT_ONCE", "4", "most exports that run at a time"),
            per_organisation: reader.or(
                "EXPORTS_PER_ORGANISATION",
                "2",
                "most of them for one organisation",
            ),
            chunk_rows: reader.or(
                "EXPORT_CHUNK_ROWS",
                "2000",
                "sessions that an export reads at a time, 1 to 10000",
            ),
            chunk_timeout: reader
                .or::<Millis>(
                    "EXPORT_CHUNK_TIMEOUT_MS",
                    "10000",
                    "longest statement of an export",
                )
                .0,
            stall: reader
                .or::<Millis>(
                    "EXPORT_STALL_MS",
                    "60000",
                    "an export whose client takes nothing for so long is cut off",
                )
                .0,
            fonts: reader
                .optional::<String>(
                    "REPORT_FONTS",
                    "further font files of the PDF report, separated by colons",
                )
                .map(|paths| paths.split(':').map(PathBuf::from).collect())
                .unwrap_or_default(),
        };
        config.check(reader);
        config
    }
}

impl ExportConfig {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.check(
            self.at_once > 0 && self.per_organisation > 0,
            "CANDOR_EXPORTS_AT_ONCE and CANDOR_EXPORTS_PER_ORGANISATION must not be 0",
        );
        reader.check(
            (1..=MAX_CHUNK).contains(&self.chunk_rows),
            "CANDOR_EXPORT_CHUNK_ROWS must be 1 to 10000",
        );
        reader.check(
            !self.chunk_timeout.is_zero() && !self.stall.is_zero(),
            "CANDOR_EXPORT_CHUNK_TIMEOUT_MS and CANDOR_EXPORT_STALL_MS must not be 0",
        );
    }
}
