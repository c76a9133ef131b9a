//! The `dashboard-api` service; everything is in the library.

use std::process::ExitCode;

use dashboard_api::{DashboardConfig, run};
use runtime::service::{About, main as service_main};

/// Rows become documents on one thread and are given back on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let about = About {
        name: "dashboard-api",
        summary: "Answers analysts: session status, verdicts on request, overview, sessions, web app.",
    };
    service_main(about, |config: DashboardConfig, shutdown| {
        run(config, shutdown)
    })
}
