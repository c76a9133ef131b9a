//! The command as an operator types it, with topics of its own.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses a part"
)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use control::{Control, Snapshot};
use kafka::config::KafkaConfig;
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::Health;
use serde_json::Value;
use testkit::{TestFolder, TestTopics};

/// `CANDOR_SESSION_SECRET` of every command.
pub(crate) const SECRET: &str = "a-session-secret-of-these-tests";

/// Windows that end soon.
const WINDOWS: [(&str, &str); 3] = [
    ("CANDOR_SESSION_GAP_SECONDS", "10"),
    ("CANDOR_SESSION_GRACE_SECONDS", "1"),
    ("CANDOR_CLOCK_MARGIN_SECONDS", "1"),
];

/// An installation: topics of its own, and the command with the settings to reach them.
pub(crate) struct Operator {
    pub(crate) topics: TestTopics,
    pub(crate) folder: TestFolder,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) problems: String,
}

impl Operator {
    pub(crate) async fn new() -> Self {
        Self::with_partitions(1).await
    }

    pub(crate) async fn with_partitions(partitions: i32) -> Self {
        Self {
            topics: TestTopics::create(partitions).await,
            folder: TestFolder::new(),
        }
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        let ended = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(line.split_whitespace())
            .env("CANDOR_KAFKA_BROKERS", self.topics.brokers())
            .env("CANDOR_TOPIC_PREFIX", self.topics.prefix())
            .env("CANDOR_SESSION_SECRET", SECRET)
            .envs(WINDOWS)
            .output()
            .unwrap();
        Said {
            code: ended.status.code(),
            out: String::from_utf8(ended.stdout).unwrap(),
            problems: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    /// Standard output of a command that succeeds.
    pub(crate) fn done(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        said.out
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.done(line)).unwrap()
    }

    /// A JSON object for each line of standard output.
    pub(crate) fn json_lines(&self, line: &str) -> Vec<Value> {
        let out = self.done(line);
        out.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The sentence of a command that is refused.
    pub(crate) fn refused(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.code, Some(1), "{line}: {said:?}");
        assert_eq!(said.out, "", "{line}");
        said.problems
    }

    /// How to reach these topics.
    pub(crate) fn config(&self) -> KafkaConfig {
        KafkaConfig {
            brokers: self.topics.brokers().to_owned(),
            prefix: self.topics.prefix().to_owned(),
            ..KafkaConfig::default()
        }
    }

    /// What a service would know that starts now.
    pub(crate) async fn state(&self) -> Snapshot {
        let config = self.config();
        let (registry, health, end) =
            (Registry::new(), Health::default(), CancellationToken::new());
        let topic = &self.topics.topics().control;
        let control = Control::spawn(&config, topic, &registry, &health, end.clone()).unwrap();
        let ready = tokio::time::timeout(Duration::from_secs(30), control.ready()).await;
        assert!(ready.is_ok(), "{health:?}");
        end.cancel();
        control.state()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}
