//! `candor dev` as a user starts it: the program, an embedded Kafka and PostgreSQL, live traffic.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{ChildProcess, TestFolder, wait_until};

/// A start on an empty folder makes a cluster, a database and their contents.
const START: Duration = Duration::from_secs(90);
/// Everything ends in order within this.
const END: Duration = Duration::from_secs(60);

/// A running `candor dev` and how to talk to it.
struct Dev {
    process: ChildProcess,
    url: String,
    key: String,
    http: reqwest::Client,
}

impl Dev {
    async fn start(data: &Path, demo: bool) -> Self {
        // The cache of jars is the machine's, everything else the test's.
        let cache = testkit::embedded::cache_folder().unwrap();
        let variables = [
            ("CANDOR_CACHE_DIR", cache.to_str().unwrap()),
            ("CANDOR_DEV_DEMO", if demo { "1" } else { "0" }),
        ];
        let arguments = ["dev", "--data-dir", data.to_str().unwrap(), "--port", "0"];
        let mut process = ChildProcess::spawn(env!("CARGO_BIN_EXE_candor"), &arguments, variables);
        process.wait_for_line("Ctrl-C ends everything", START).await;
        let word_of = |line: &str| {
            let output = process.output();
            let found = output
                .lines()
                .find(|other| other.trim_start().starts_with(line));
            found
                .and_then(|found| found.split_whitespace().nth(1))
                .unwrap()
                .to_owned()
        };
        let url = word_of("health ").trim_end_matches("/health").to_owned();
        let key = word_of("key ");
        Self {
            process,
            url,
            key,
            http: reqwest::Client::new(),
        }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.key);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn overview(&self) -> Value {
        let (status, body) = self.get("/api/v1/dashboard/overview").await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Waits until `count` verdicts are readable and returns the overview.
    async fn wait_for_verdicts(&self, count: u64, deadline: Duration) -> Value {
        wait_until("overview with verdicts", deadline, async || {
            let overview = self.overview().await;
            let verdicts = overview["verdicts"]["total"].as_u64().unwrap();
            if verdicts >= count {
                Ok(overview)
            } else {
                Err(overview)
            }
        })
        .await
    }
}

/// Processes whose command line names the folder.
fn processes_of(data: &Path) -> Vec<String> {
    let name = data.to_str().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(name))
        .collect()
}

async fn wait_for_no_process(data: &Path) {
    wait_until("end of every child", END, async || {
        let left = processes_of(data);
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

#[tokio::test]
async fn the_demo_shows_verdicts_within_ten_seconds_and_ends_in_order() {
    let folder = TestFolder::new();
    let data = folder.path().join("data");
    let mut dev = Dev::start(&data, true).await;
    let started = Instant::now();
    let overview = dev.wait_for_verdicts(3, Duration::from_secs(10)).await;
    println!("first verdicts after {:?}: {overview}", started.elapsed());
    assert_eq!(dev.get("/health/ready").await.0, 200);
    assert_eq!(dev.get("/openapi.json").await.0, 200);
    for page in ["/", "/overview", "/sessions/x"] {
        assert_eq!(dev.get(page).await.0, 200, "{page}");
    }
    let (_, facts) = dev.get("/api/v1/app").await;
    assert!(
        facts.contains("\"gateway_url\":\"http://127.0.0.1:"),
        "{facts}"
    );
    let (status, problem) = dev.get("/no/such/address").await;
    assert_eq!(status, 404);
    assert!(problem.contains("\"code\":\"unknown_route\""), "{problem}");
    let (_, metrics) = dev.get("/metrics").await;
    for service in [
        "ingest-gateway",
        "detector-worker",
        "result-sink",
        "dashboard-api",
    ] {
        assert!(
            metrics.contains(&format!("service=\"{service}\"")),
            "{service} in\n{metrics}"
        );
    }
    let secret = std::fs::metadata(data.join("secrets/session_secret")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&secret.permissions()) & 0o777,
        0o600
    );
    let status = dev.process.terminate(END).await;
    assert_eq!(status.code(), Some(0), "{}", dev.process.output());
    wait_for_no_process(&data).await;
}

#[tokio::test]
async fn kill_9_leaves_no_orphan_and_the_next_start_goes_on_with_the_data() {
    let folder = TestFolder::new();
    let data = folder.path().join("data");
    let mut dev = Dev::start(&data, true).await;
    let before = dev.wait_for_verdicts(3, Duration::from_secs(30)).await;
    let key = dev.key.clone();
    dev.process.kill9();
    wait_for_no_process(&data).await;
    let mut dev = Dev::start(&data, false).await;
    assert_eq!(dev.key, key, "the key is kept");
    let seen = before["sessions"]["total"].as_u64().unwrap();
    let after = dev.wait_for_verdicts(3, Duration::from_secs(30)).await;
    assert!(
        after["sessions"]["total"].as_u64().unwrap() >= seen,
        "{before} then {after}"
    );
    let status = dev.process.terminate(END).await;
    assert_eq!(status.code(), Some(0), "{}", dev.process.output());
}
