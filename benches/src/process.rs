//! Running the release programs and reading their CPU time.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::pipeline::Bench;

/// The key of a bench's services; they live as long as the bench, on loopback.
pub(crate) const KEY: &str = "sk_test_bench_0123456789abcdef";
/// Whose key it is.
pub(crate) const ORGANISATION: &str = "default";
/// Mints the session ids of a bench.
pub(crate) const SECRET: &str = "a bench secret that lives a minute";
const START: Duration = Duration::from_secs(60);

/// A running service; killed on drop.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    started: Instant,
}

impl Service {
    /// Starts a program of the build and waits until it is ready.
    pub(crate) async fn start(bench: &Bench, name: &str) -> anyhow::Result<Self> {
        Self::start_with(bench, name, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(
        bench: &Bench,
        name: &str,
        settings: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let started = Instant::now();
        let mut command = Command::new(program(&bench.programs, name)?);
        gateway_settings(&mut command, (&bench.brokers, &bench.prefix), &address);
        let child = command
            .env("CANDOR_DATABASE_URL", &bench.database_url)
            // Stages end by a kill: the next one must not wait long for the group to notice.
            .env("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "6")
            .env("CANDOR_SINK_DRAIN_TIMEOUT_MS", "3000")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let mut service = Self {
            child,
            url: format!("http://{address}"),
            started,
        };
        service.wait_ready(name).await?;
        Ok(service)
    }

    async fn wait_ready(&mut self, name: &str) -> anyhow::Result<()> {
        let client = reqwest::Client::new();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} ended with {status}");
            }
            if let Ok(answer) = client
                .get(format!("{}/health/ready", self.url))
                .send()
                .await
                && answer.status().is_success()
            {
                return Ok(());
            }
            ensure!(
                self.started.elapsed() < START,
                "{name} is not ready after {START:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// When it was started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// CPU time of the process so far, user and system, seconds.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in brackets may hold spaces; utime and stime are the 12th and 13th fields after it.
        let after = stat
            .rsplit_once(')')
            .context("a process line has a name")?
            .1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks: u64 = fields
            .get(11..13)
            .context("a process line has times")?
            .iter()
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a bench does not run for ages")]
        let seconds = ticks as f64 / 100.0;
        Ok(seconds)
    }

    /// The sum of a metric over its labels.
    pub(crate) async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = reqwest::get(format!("{}/metrics", self.url))
            .await?
            .text()
            .await?;
        let lines = text.lines().filter(|line| line.starts_with(name));
        Ok(lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Nothing to do about a child that is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What every service needs, the gateway among them, with limits that no bench meets.
pub(crate) fn gateway_settings(
    command: &mut Command,
    (brokers, prefix): (&str, &str),
    address: &str,
) {
    command
        .env("CANDOR_KAFKA_BROKERS", brokers)
        .env("CANDOR_TOPIC_PREFIX", prefix)
        .env("CANDOR_LISTEN", address)
        .env("CANDOR_BOOTSTRAP_SECRET_KEY", KEY)
        .env("CANDOR_SESSION_SECRET", SECRET)
        .env("CANDOR_LOG", "warn");
    for bucket in ["KEY", "ADDRESS", "SESSION"] {
        command
            .env(format!("CANDOR_INGEST_{bucket}_PER_SECOND"), "1000000")
            .env(format!("CANDOR_INGEST_{bucket}_BURST"), "1000000");
    }
}

/// A program of the build.
pub(crate) fn program(folder: &Path, name: &str) -> anyhow::Result<std::path::PathBuf> {
    let path = folder.join(name);
    ensure!(
        path.exists(),
        "{} is missing; scripts/build makes it",
        path.display()
    );
    Ok(path)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
