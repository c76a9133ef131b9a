//! The detector worker's process.

use std::process::ExitCode;

use runtime::service::About;

fn main() -> ExitCode {
    let about = About {
        name: "detector-worker",
        summary: "Reads session events from Kafka, keeps windows, publishes explained verdicts.",
    };
    runtime::service::main(about, detector_worker::run)
}
