//! What a single KRaft node needs on disk: class path, server properties, formatted log folder.
//!
//! Everything that is not about being one node on loopback is left at Kafka's defaults, so that what holds here holds
//! on a real cluster. A folder counts as formatted only once the marker is written, which is the last step: a format
//! that was interrupted is done again from nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Durability;
use crate::cache::Entry;
use crate::error::EmbeddedError;
use crate::kafka::{KafkaOptions, ProxiedListener};
use crate::output::run;

/// Class path argument for the Kafka of `cache`, fetched on first use.
pub(crate) fn class_path(cache: &Path) -> Result<String, EmbeddedError> {
    let entry = Entry {
        pom: include_str!("../kafka/pom.xml"),
        name: "kafka",
        goal: "dependency:copy-dependencies",
        arguments: Vec::new(),
        finish: |_| Ok(()),
    };
    Ok(format!("{}/*", entry.provide(cache)?.display()))
}

/// A killed node is let in again only when its old session has ended: with the default of 9 s a test that kills its
/// broker waits 12 s for the next start, with this 6 s. Not shorter: a busy machine must still get a heartbeat through.
const SHORT_SESSION: &str = "broker.session.timeout.ms=4000\nbroker.heartbeat.interval.ms=1000\n";

/// The two ports of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KafkaPorts {
    pub(crate) broker: u16,
    pub(crate) controller: u16,
}

/// Files of one node in its folder.
#[derive(Debug, Clone)]
pub(crate) struct KafkaFiles {
    folder: PathBuf,
}

impl KafkaFiles {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }

    pub(crate) fn ports(&self) -> PathBuf {
        self.folder.join("ports")
    }

    pub(crate) fn server_log(&self) -> PathBuf {
        self.folder.join("kafka.log")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn marker(&self) -> PathBuf {
        self.folder.join("formatted")
    }

    /// Writes the server properties for `ports`.
    pub(crate) fn write_properties(
        &self,
        ports: KafkaPorts,
        options: &KafkaOptions,
    ) -> Result<(), EmbeddedError> {
        let path = self.properties();
        let mut text = properties_text(&self.data(), ports);
        if options.durability == Durability::Disposable {
            text.push_str(SHORT_SESSION);
        }
        if let Some(proxied) = options.proxied {
            text.push_str(&proxied_text(ports, proxied));
        }
        std::fs::write(&path, text).map_err(EmbeddedError::file("write", path))
    }

    /// Formats the data folder unless that is done; `java` runs a main class of Kafka.
    pub(crate) fn format_once(
        &self,
        java: impl FnOnce(&str) -> Command,
    ) -> Result<(), EmbeddedError> {
        if self.marker().is_file() {
            return Ok(());
        }
        let data = self.data();
        if data.exists() {
            std::fs::remove_dir_all(&data).map_err(EmbeddedError::file("remove", &data))?;
        }
        let mut command = java("kafka.tools.StorageTool");
        command.args(["format", "--standalone", "-t", &new_cluster_id(), "-c"]);
        command.arg(self.properties());
        run("formatting the Kafka data folder", &mut command)?;
        std::fs::write(self.marker(), "").map_err(EmbeddedError::file("write", self.marker()))
    }
}

/// 16 random bytes in the form Kafka gives its ids. A leading `-` would be read as an option.
fn new_cluster_id() -> String {
    loop {
        let id = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        if !id.starts_with('-') {
            return id;
        }
    }
}

fn properties_text(data: &Path, ports: KafkaPorts) -> String {
    let KafkaPorts { broker, controller } = ports;
    let data = escaped(data);
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         log.dirs={data}\n\
         auto.create.topics.enable=false\n\
         group.initial.rebalance.delay.ms=0\n\
         group.min.session.timeout.ms=1000\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n"
    )
}

/// Of a repeated property the last counts.
fn proxied_text(ports: KafkaPorts, proxied: ProxiedListener) -> String {
    let KafkaPorts { broker, controller } = ports;
    let ProxiedListener { listen, advertised } = proxied;
    let all = |proxied: u16| {
        format!(
            "PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller},PROXIED://127.0.0.1:{proxied}"
        )
    };
    format!(
        "listeners={}\n\
         advertised.listeners={}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT\n",
        all(listen),
        all(advertised)
    )
}

/// A path as a value of a properties file, in which a backslash escapes.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cluster_ids_are_22_characters_and_never_look_like_an_option() {
        for _ in 0..1_000 {
            let id = new_cluster_id();
            assert_eq!(id.len(), 22, "{id}");
            assert!(!id.starts_with('-'), "{id}");
        }
    }

    #[test]
    fn the_node_listens_on_loopback_only() {
        let ports = KafkaPorts {
            broker: 20_001,
            controller: 20_002,
        };
        let text = properties_text(Path::new("/data"), ports);
        let listeners = text
            .lines()
            .filter(|line| line.contains("listeners=PLAINTEXT"));
        let mut seen = 0;
        for line in listeners {
            assert_eq!(line.matches("://127.0.0.1:").count(), 2, "{line}");
            seen += 1;
        }
        assert_eq!(seen, 2);
        assert!(text.contains("auto.create.topics.enable=false\n"));
    }
}
