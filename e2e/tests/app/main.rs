//! The web app in a real Chromium, on the real pipeline. The tests themselves are `dashboard-api/ui/tests/browser`; this
//! starts what they look at, and hands them its addresses.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod control;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use control::Parts;
use e2e::processes::{KEY, Pipeline, Stack, loadgen};
use testkit::{TcpFault, free_port, wait_until};

/// Simulated respondents and bots that are there before the first page is opened.
const SESSIONS: &str = "40";

/// When set, the stack stands until it is interrupted, for whoever writes browser tests.
const HOLD: &str = "CANDOR_TEST_HOLD";

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboard-api/ui")
}

/// The suite's runner; without it nothing was installed.
fn runner() -> PathBuf {
    let runner = ui().join("node_modules/.bin/vitest");
    assert!(
        runner.exists() && ui().join("dist/index.html").exists(),
        "the web app is not built: run scripts/build-ui, then build the programs again"
    );
    runner
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_app_does_what_its_readers_need() {
    let runner = runner();
    let stack = Stack::shared().await;
    // What the test console of webhooks sends to.
    stack.operate(&[
        "integrations",
        "create",
        "--organisation",
        "default",
        "--platform",
        "qualtrics",
        "--name",
        "Browser tests",
    ]);
    let mut pipeline = Pipeline::start(&stack).await;
    let report = loadgen(
        &pipeline,
        &["--synthetic", SESSIONS, "--max", "--seed", "7"],
    )
    .await;
    assert_eq!(report.summary["errors"], 0, "{}", report.summary);
    wait_until_stored(&pipeline, report.sessions.len()).await;

    let addresses = breakable(stack, &mut pipeline).await;
    if std::env::var_os(HOLD).is_some() {
        hold(&addresses).await;
    }
    let mut suite = Command::new(runner);
    suite
        .args(["run", "--config", "vitest.browser.config.ts"])
        .current_dir(ui())
        .envs(addresses)
        .stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || suite.status().unwrap());
    assert!(
        ended.await.unwrap().success(),
        "browser tests failed; pictures of the pages are in target/browser-failures"
    );
}

/// An API in the place of the pipeline's, which reaches the database on a way that can be cut; the suite's variables.
async fn breakable(stack: Stack, pipeline: &mut Pipeline) -> [(&'static str, String); 4] {
    let database = TcpFault::before(pipeline.database.address()).await;
    let api_address = format!("127.0.0.1:{}", free_port().unwrap());
    let url = pipeline.database.url_through(&database);
    let gateway = pipeline.gateway.url.clone();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut parts = Parts {
        stack,
        api: None,
        api_address: api_address.clone(),
        api_variables: vec![
            pair("CANDOR_DATABASE_URL", &url),
            pair("CANDOR_GATEWAY_URL", &gateway),
            pair("CANDOR_GATEWAY_PUBLIC_URL", &gateway),
        ],
        database,
    };
    pipeline.api.process.kill9();
    parts.start_api().await;
    let control = control::serve(parts).await;
    [
        ("CANDOR_TEST_API", format!("http://{api_address}")),
        ("CANDOR_TEST_GATEWAY", gateway),
        ("CANDOR_TEST_CONTROL", control),
        ("CANDOR_TEST_KEY", KEY.to_owned()),
    ]
}

/// Shows where everything is and waits until the test is interrupted.
async fn hold(addresses: &[(&str, String)]) {
    for (name, value) in addresses {
        println!("export {name}={value}");
    }
    std::future::pending::<()>().await;
}

/// Every session of the load has its final verdict in the database.
async fn wait_until_stored(pipeline: &Pipeline, sessions: usize) {
    let client = pipeline.database.client().await;
    let done = "SELECT count(*) FROM sessions WHERE status = 'completed'";
    let deadline = Duration::from_secs(60);
    wait_until("stored sessions", deadline, async || {
        let row = client.query_one(done, &[]).await;
        let stored: i64 = row.unwrap().get(0);
        if usize::try_from(stored).is_ok_and(|stored| stored >= sessions) {
            Ok(())
        } else {
            Err(stored)
        }
    })
    .await;
}
