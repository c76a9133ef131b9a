//! One real Apache Kafka node (KRaft, combined broker and controller) as an owned child process.
//!
//! A started server answers metadata requests, not only connections. Its data and its port stay in its folder:
//! [`KafkaServer::restart`] and a start after a kill continue where the node was. Topics are not created here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::process::Signal;

use crate::Durability;
use crate::child::{DeathSignal, OwnedChild, POLL_INTERVAL, setpriv};
use crate::environment;
use crate::error::EmbeddedError;
use crate::kafka_files::{KafkaFiles, KafkaPorts, class_path};
use crate::lock::{FolderLock, wait_until_unused};
use crate::output::tail_of;
use crate::ports::stored_ports;

/// How long the server of a killed owner may take to end.
const PREVIOUS_DEADLINE: Duration = Duration::from_secs(30);

/// How a Kafka node is run.
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// Its folder; made if missing.
    pub folder: PathBuf,
    /// Maximum Java heap, MiB.
    pub heap_megabytes: u32,
    /// What happens to the node when its owner dies or drops it.
    pub durability: Durability,
    /// Longest wait for the node to answer.
    pub start_timeout: Duration,
    /// Longest wait for a controlled shutdown before the node is killed.
    pub stop_timeout: Duration,
    /// Where the jars are kept; `None` for [`crate::cache_folder`].
    pub cache: Option<PathBuf>,
    /// Another listener for clients, behind a proxy of the caller's: whoever asks through the proxy is
    /// told the proxy's port and stays behind it.
    pub proxied: Option<ProxiedListener>,
}

/// A client listener whose advertised port is that of a proxy in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxiedListener {
    /// Port the node listens on, loopback.
    pub listen: u16,
    /// Port of the proxy, loopback.
    pub advertised: u16,
}

impl KafkaOptions {
    /// A durable node in `folder` with 512 MiB of heap.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            heap_megabytes: 512,
            durability: Durability::Durable,
            start_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(30),
            cache: None,
            proxied: None,
        }
    }
}

/// A Kafka node that ends with this value, and with this process.
#[derive(Debug)]
pub struct KafkaServer {
    options: KafkaOptions,
    files: KafkaFiles,
    ports: KafkaPorts,
    brokers: String,
    java: PathBuf,
    class_path: String,
    child: Option<OwnedChild>,
    _lock: FolderLock,
}

impl KafkaServer {
    /// Fetches the jars if needed, formats the folder if needed, starts the node and waits until it answers.
    ///
    /// Blocks; from asynchronous code call it on a blocking thread.
    ///
    /// # Errors
    /// Any [`EmbeddedError`]; [`EmbeddedError::NotStarted`] carries the end of the node's log.
    pub fn start(options: KafkaOptions) -> Result<Self, EmbeddedError> {
        let folder = absolute_folder(&options.folder)?;
        let lock = FolderLock::acquire(&folder)?;
        wait_until_unused(&folder, PREVIOUS_DEADLINE)?;
        let java = environment::java()?;
        let cache = options
            .cache
            .clone()
            .map_or_else(environment::cache_folder, Ok)?;
        let class_path = class_path(&cache)?;
        let files = KafkaFiles::new(&folder);
        let [broker, controller] = stored_ports(&files.ports())?;
        let mut server = Self {
            options,
            files,
            ports: KafkaPorts { broker, controller },
            brokers: format!("127.0.0.1:{broker}"),
            java,
            class_path,
            child: None,
            _lock: lock,
        };
        server
            .files
            .write_properties(server.ports, &server.options)?;
        server
            .files
            .format_once(|class| server.java_command(Command::new(&server.java), class))?;
        server.launch()?;
        Ok(server)
    }

    /// `host:port` for clients; the same for the whole life of this value.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Process id of the running node, `None` while it is stopped.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(OwnedChild::id)
    }

    /// The file that receives the node's log.
    pub fn log_file(&self) -> PathBuf {
        self.files.server_log()
    }

    /// Controlled shutdown, then a kill once the stop timeout has passed. Returns whether it stopped by itself.
    pub fn stop(&mut self) -> bool {
        let timeout = self.options.stop_timeout;
        self.child
            .take()
            .is_none_or(|mut child| child.stop(Signal::TERM, timeout))
    }

    /// Kills the node at once, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill();
        }
    }

    /// Starts the node again on the same port and data; stops it first if it runs.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn restart(&mut self) -> Result<(), EmbeddedError> {
        self.stop();
        self.launch()
    }

    fn launch(&mut self) -> Result<(), EmbeddedError> {
        let death = match self.options.durability {
            Durability::Durable => DeathSignal::Terminate,
            Durability::Disposable => DeathSignal::Kill,
        };
        let mut base = setpriv(None, Some(death))?;
        base.arg(&self.java);
        let mut command = self.java_command(base, "kafka.Kafka");
        command.arg(self.files.properties());
        let mut child = OwnedChild::spawn(command, self.files.folder(), &self.log_file())?;
        self.wait_until_ready(&mut child)?;
        self.child = Some(child);
        Ok(())
    }

    /// `base` (which ends with the Java launcher) with the options and class path of Kafka.
    fn java_command(&self, mut base: Command, class: &str) -> Command {
        base.arg(format!("-Xmx{}m", self.options.heap_megabytes));
        base.args([
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
        ]);
        base.args(["-cp", &self.class_path, class]);
        base
    }

    fn wait_until_ready(&self, child: &mut OwnedChild) -> Result<(), EmbeddedError> {
        let until = Instant::now() + self.options.start_timeout;
        loop {
            if let Some(status) = child.exit_status() {
                return Err(self.not_started(format!("it ended with {status}")));
            }
            if is_connectable(self.ports.broker) && answers(&self.brokers) {
                return Ok(());
            }
            if Instant::now() >= until {
                let seconds = self.options.start_timeout.as_secs();
                return Err(self.not_started(format!("no metadata within {seconds} s")));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn not_started(&self, reason: String) -> EmbeddedError {
        let log = self.log_file();
        let tail = tail_of(&log);
        EmbeddedError::NotStarted {
            service: "Kafka",
            reason,
            log,
            tail,
        }
    }
}

impl Drop for KafkaServer {
    fn drop(&mut self) {
        match self.options.durability {
            Durability::Durable => drop(self.stop()),
            Durability::Disposable => self.kill(),
        }
    }
}

/// `folder`, made if missing, as an absolute path without symbolic links.
pub(crate) fn absolute_folder(folder: &Path) -> Result<PathBuf, EmbeddedError> {
    std::fs::create_dir_all(folder).map_err(EmbeddedError::file("create", folder))?;
    folder
        .canonicalize()
        .map_err(EmbeddedError::file("resolve", folder))
}

/// Saves a client with its threads and its reconnect back-off while nothing listens yet.
fn is_connectable(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// Whether a metadata request succeeds and names a broker, which it does only once the node has registered.
fn answers(brokers: &str) -> bool {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set_log_level(RDKafkaLogLevel::Emerg);
    let Ok(consumer) = config.create::<BaseConsumer>() else {
        return false;
    };
    match consumer.fetch_metadata(None, Duration::from_secs(2)) {
        Ok(metadata) => !metadata.brokers().is_empty(),
        Err(_) => false,
    }
}
