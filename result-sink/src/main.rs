//! The `result-sink` binary.

use std::process::ExitCode;

use runtime::service::About;

fn main() -> ExitCode {
    let about = About {
        name: "result-sink",
        summary: "Persists verdicts and raw events to PostgreSQL, idempotently.",
    };
    runtime::service::main(about, result_sink::run)
}
