//! The `result-sink` binary.

use std::process::ExitCode;

use runtime::service::About;

/// A record is made on the consumer's thread and given back on a writer's, payload and headers in a dozen pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let about = About {
        name: "result-sink",
        summary: "Persists verdicts and raw events to PostgreSQL, idempotently.",
    };
    runtime::service::main(about, result_sink::run)
}
