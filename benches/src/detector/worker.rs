//! A detector worker as a process, and what it says of itself.
//!
//! Every worker of a measurement has a prefix of its own, so that neither its group nor its snapshots meet
//! those of another one; only the events topic is shared.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use embedded::{OwnedChild, Signal};
use kafka::admin::TopicSizes;
use kafka::config::KafkaConfig;

use crate::place::Place;
use crate::process;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(40);
const ANSWER: Duration = Duration::from_secs(10);

/// How a worker is run.
#[derive(Debug, Clone)]
pub(crate) struct WorkerPlan {
    /// Its program.
    pub(crate) program: PathBuf,
    /// What its topics and its group begin with.
    pub(crate) prefix: String,
    /// The topic it reads.
    pub(crate) events: String,
    /// More settings, by the name of their variable.
    pub(crate) settings: Vec<(String, String)>,
}

impl WorkerPlan {
    /// A plan with topics of its own, which are created.
    pub(crate) fn new(place: &Place, prefix: &str, partitions: i32) -> anyhow::Result<Self> {
        create_topics(place, prefix, partitions)?;
        Ok(Self {
            program: place.program("detector-worker")?,
            prefix: prefix.to_owned(),
            events: place.topic.clone(),
            settings: Vec::new(),
        })
    }

    /// With another setting.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    /// Name of the topic its verdicts go to.
    pub(crate) fn verdicts(&self) -> String {
        schemas::topic::Topics::new(&self.prefix).verdicts
    }
}

/// Makes the topics under `prefix`.
pub(crate) fn create_topics(place: &Place, prefix: &str, partitions: i32) -> anyhow::Result<()> {
    let config = KafkaConfig {
        brokers: place.brokers.clone(),
        prefix: prefix.to_owned(),
        ..KafkaConfig::default()
    };
    let sizes = TopicSizes {
        partitions,
        replication: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(kafka::admin::create_topics(
        &config,
        &config.topics(),
        sizes,
    ))?;
    Ok(())
}

/// A running worker; killed on drop.
#[derive(Debug)]
pub(crate) struct Worker {
    child: OwnedChild,
    address: SocketAddr,
    log: PathBuf,
    pub(crate) started: Instant,
}

impl Worker {
    /// Starts a worker; `name` is that of its log.
    pub(crate) fn start(place: &Place, plan: &WorkerPlan, name: &str) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], embedded::free_port()?));
        let mut command = OwnedChild::command(&plan.program)?;
        process::gateway_settings(
            &mut command,
            (&place.brokers, &plan.prefix),
            &address.to_string(),
        );
        command
            .env("CANDOR_EVENTS_TOPIC", &plan.events)
            .envs(plan.settings.iter().map(|(name, value)| (name, value)));
        let log = place.folder.join(format!("{name}.log"));
        let started = Instant::now();
        Ok(Self {
            child: OwnedChild::spawn(command, &place.folder, &log)?,
            address,
            log,
            started,
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the sum of metric `name` is at least `wanted`; the sum.
    pub(crate) fn wait_for(
        &mut self,
        (name, wanted): (&str, f64),
        patience: Duration,
    ) -> anyhow::Result<f64> {
        let begun = Instant::now();
        loop {
            let seen = self.metrics()?.sum(name);
            if seen >= wanted {
                return Ok(seen);
            }
            ensure!(
                begun.elapsed() < patience,
                "{name} is {seen}, not {wanted}, after {patience:?}; it said: {}",
                last_words(&self.log)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What its metrics say; nothing while it does not listen yet.
    pub(crate) fn metrics(&mut self) -> anyhow::Result<Metrics> {
        if let Some(status) = self.child.exit_status() {
            bail!("a worker ended with {status}: {}", last_words(&self.log));
        }
        match get(self.address, "/metrics") {
            Ok(text) => Ok(Metrics(text)),
            Err(_) if self.started.elapsed() < START => Ok(Metrics(String::new())),
            Err(error) => Err(error.context(last_words(&self.log))),
        }
    }

    /// Ends it with time to drain.
    pub(crate) fn stop(mut self) {
        if !self.child.stop(Signal::TERM, STOP) {
            eprintln!("a worker did not end within {STOP:?} and was killed");
        }
    }

    /// Ends it without warning.
    pub(crate) fn kill(mut self) {
        self.child.kill();
    }
}

/// Metrics as a service prints them.
#[derive(Debug)]
pub(crate) struct Metrics(String);

impl Metrics {
    /// The sum of a metric over its labels; 0 when it is not there.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.sum_of(name, "")
    }

    /// The sum over the lines whose labels contain `label`.
    pub(crate) fn sum_of(&self, name: &str, label: &str) -> f64 {
        let lines = self.lines(name).filter(|rest| rest.contains(label));
        let values = lines.filter_map(|rest| rest.rsplit_once(' ')?.1.parse::<f64>().ok());
        values.sum()
    }

    /// The partitions that a metric has a value for.
    pub(crate) fn partitions(&self, name: &str) -> BTreeSet<usize> {
        let numbers = self.lines(name).filter_map(|rest| {
            let (_, number) = rest.split_once("partition=\"")?;
            number.split('"').next()?.parse().ok()
        });
        numbers.collect()
    }

    /// Labels and value of each line of a metric.
    fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self
            .0
            .lines()
            .filter_map(move |line| line.strip_prefix(name));
        lines.filter(|rest| rest.starts_with(['{', ' ']))
    }
}

fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("an answer has a head and a body")?;
    ensure!(head.contains(" 200 "), "{path}: {head}");
    Ok(body.to_owned())
}

/// The end of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels_and_no_longer_name() {
        let text = "# HELP a\na{partition=\"0\"} 2\na{x=\"y\",partition=\"7\"} 3\na_total 7\n";
        let metrics = Metrics(text.to_owned());
        assert_eq!(metrics.sum("a"), 5.0);
        assert_eq!(metrics.sum_of("a", "x=\"y\""), 3.0);
        assert_eq!(metrics.partitions("a"), BTreeSet::from([0, 7]));
        assert_eq!(metrics.sum("a_total"), 7.0);
        assert_eq!(metrics.sum("b"), 0.0);
    }
}
