//! One real PostgreSQL server as an owned child process.
//!
//! A started server has signed us in over loopback TCP with its generated password and has the database `candor`.
//! Data, port and password stay in its folder. It listens nowhere else: no unix socket, no other address. Schema and
//! roles are not made here.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::Durability;
use crate::child::{Account, DeathSignal, OwnedChild, POLL_INTERVAL, setpriv};
use crate::environment;
use crate::error::EmbeddedError;
use crate::kafka::absolute_folder;
use crate::lock::{FolderLock, wait_until_unused};
use crate::output::tail_of;
use crate::ports::stored_ports;
use crate::postgres_account::server_account;
use crate::postgres_binaries::{Binaries, Wanted};
use crate::postgres_client::{answers, ensure_database};
use crate::postgres_files::{Password, PostgresFiles, SUPERUSER};

/// How long the server of a killed owner may take to end.
pub(crate) const PREVIOUS_DEADLINE: Duration = Duration::from_secs(30);

/// Settings of a server whose data nobody needs after a crash of the machine. `synchronous_commit` stays on: without
/// it a kill of the server alone would lose committed rows, and tests kill servers.
const DISPOSABLE_SETTINGS: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// How a PostgreSQL server is run.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Its folder; made if missing.
    pub folder: PathBuf,
    /// Whether it synchronises, and how it ends with its owner.
    pub durability: Durability,
    /// Folder that holds `postgres` and `initdb`; `None` to look for one.
    pub binaries: Option<PathBuf>,
    /// Where fetched binaries are kept; `None` for [`crate::cache_folder`].
    pub cache: Option<PathBuf>,
    /// Longest wait for the server to answer; recovery after a kill counts.
    pub start_timeout: Duration,
    /// Longest wait for a fast shutdown before the server is killed.
    pub stop_timeout: Duration,
}

impl PostgresOptions {
    /// A durable server in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            durability: Durability::Durable,
            binaries: None,
            cache: None,
            start_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(30),
        }
    }
}

/// A PostgreSQL server that ends with this value, and with this process.
#[derive(Debug)]
pub struct PostgresServer {
    options: PostgresOptions,
    files: PostgresFiles,
    binaries: Binaries,
    account: Option<Account>,
    port: u16,
    password: Password,
    child: Option<OwnedChild>,
    _lock: FolderLock,
}

impl PostgresServer {
    /// Finds the binaries, makes the data if needed, starts the server and waits until it answers.
    ///
    /// Blocks; from asynchronous code call it on a blocking thread.
    ///
    /// # Errors
    /// Any [`EmbeddedError`]; [`EmbeddedError::NotStarted`] carries the end of the server's log.
    pub fn start(options: PostgresOptions) -> Result<Self, EmbeddedError> {
        let folder = absolute_folder(&options.folder)?;
        let lock = FolderLock::acquire(&folder)?;
        let account = server_account()?;
        let files = PostgresFiles::locate(&folder, account)?;
        let account = files.owner(account);
        wait_until_unused(&files.data(), PREVIOUS_DEADLINE)?;
        let binaries = find_binaries(&options, &files, account)?;
        let password = files.initialise_once(&binaries, account, options.durability)?;
        let [port] = stored_ports(&files.ports())?;
        let child = None;
        let mut server = Self {
            options,
            files,
            binaries,
            account,
            port,
            password,
            child,
            _lock: lock,
        };
        server.launch()?;
        ensure_database(&server.url_for("postgres"), SUPERUSER)?;
        Ok(server)
    }

    /// URL of the database `candor`, with the superuser's name and password.
    pub fn url(&self) -> String {
        self.url_for(SUPERUSER)
    }

    /// URL of another database of this server, which need not exist.
    pub fn url_for(&self, database: &str) -> String {
        let Self {
            port,
            password: Password(password),
            ..
        } = self;
        format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// `host:port`, for a proxy in front of the server.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Process id of the running server, `None` while it is stopped.
    pub fn process_id(&self) -> Option<u32> {
        self.child.as_ref().map(OwnedChild::id)
    }

    /// The file that receives the server's log.
    pub fn log_file(&self) -> PathBuf {
        self.files.server_log()
    }

    /// The folder that holds the server's data, which may lie outside the server's folder.
    pub fn data_folder(&self) -> PathBuf {
        self.files.data()
    }

    /// Fast shutdown, then a kill once the stop timeout has passed. Returns whether it stopped by itself.
    pub fn stop(&mut self) -> bool {
        let timeout = self.options.stop_timeout;
        self.child
            .take()
            .is_none_or(|mut child| child.stop(Signal::INT, timeout))
    }

    /// Kills the server at once; its sessions notice and end by themselves.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill();
        }
    }

    /// Starts the server again on the same port and data; stops it first if it runs.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn restart(&mut self) -> Result<(), EmbeddedError> {
        self.stop();
        self.launch()
    }

    fn launch(&mut self) -> Result<(), EmbeddedError> {
        let data = self.files.data();
        // After a kill the server's own processes need a moment to notice; they hold its shared memory until then.
        wait_until_unused(&data, PREVIOUS_DEADLINE)?;
        self.files.remove_stale_process_file();
        let death = match self.options.durability {
            Durability::Durable => DeathSignal::Interrupt,
            Durability::Disposable => DeathSignal::Quit,
        };
        let mut command = setpriv(self.account, Some(death))?;
        command
            .arg(self.binaries.folder.join("postgres"))
            .arg("-D")
            .arg(&data);
        command.args([
            "-c",
            &format!("port={}", self.port),
            "-c",
            "listen_addresses=127.0.0.1",
        ]);
        command.args([
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=200",
            // A statement over a year of daily partitions holds a lock on each of them and of their indexes.
            "-c",
            "max_locks_per_transaction=1024",
        ]);
        if self.options.durability == Durability::Disposable {
            command.args(
                DISPOSABLE_SETTINGS
                    .iter()
                    .flat_map(|setting| ["-c", setting]),
            );
        }
        let mut child = OwnedChild::spawn(command, &data, &self.log_file())?;
        self.wait_until_ready(&mut child)?;
        self.child = Some(child);
        Ok(())
    }

    fn wait_until_ready(&self, child: &mut OwnedChild) -> Result<(), EmbeddedError> {
        let url = self.url_for("postgres");
        let until = Instant::now() + self.options.start_timeout;
        loop {
            if let Some(status) = child.exit_status() {
                return Err(self.not_started(format!("it ended with {status}")));
            }
            if answers(&url) {
                return Ok(());
            }
            if Instant::now() >= until {
                let seconds = self.options.start_timeout.as_secs();
                return Err(self.not_started(format!("no answer within {seconds} s")));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn not_started(&self, reason: String) -> EmbeddedError {
        let log = self.log_file();
        let tail = tail_of(&log);
        EmbeddedError::NotStarted {
            service: "PostgreSQL",
            reason,
            log,
            tail,
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let signal = match self.options.durability {
            Durability::Durable => Signal::INT,
            Durability::Disposable => Signal::QUIT,
        };
        if let Some(mut child) = self.child.take() {
            child.stop(signal, self.options.stop_timeout);
        }
    }
}

fn find_binaries(
    options: &PostgresOptions,
    files: &PostgresFiles,
    account: Option<Account>,
) -> Result<Binaries, EmbeddedError> {
    let cache = options
        .cache
        .clone()
        .map_or_else(environment::cache_folder, Ok)?;
    let given = options.binaries.as_deref();
    let major = files.data_major();
    let binaries = Binaries::find(&Wanted {
        given,
        major,
        account,
        cache: &cache,
    })?;
    match major {
        Some(data) if data != binaries.major => Err(EmbeddedError::PostgresVersion {
            path: files.data(),
            folder: binaries.folder,
            data,
            binaries: binaries.major,
        }),
        _ => Ok(binaries),
    }
}
