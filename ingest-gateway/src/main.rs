//! The gateway as a process of its own.

use std::process::ExitCode;

/// Each request takes and gives back some sixty small pieces of memory, on several threads: measured, this
/// allocator makes the gateway's work 5 to 7 % cheaper than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let about = runtime::service::About {
        name: "ingest-gateway",
        summary: "HTTP gateway: validates batches of events and acknowledges them once Kafka has.",
    };
    runtime::service::main(about, ingest_gateway::run)
}
