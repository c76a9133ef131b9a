//! The gateway as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    let about = runtime::service::About {
        name: "ingest-gateway",
        summary: "HTTP gateway: validates batches of events and acknowledges them once Kafka has.",
    };
    runtime::service::main(about, ingest_gateway::run)
}
