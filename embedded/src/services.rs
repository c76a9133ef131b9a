//! Kafka and PostgreSQL together, in one data folder, each replaceable by a server of the user's own.
//!
//! One process at a time uses a data folder. `fresh` empties it, but only if the folder bears the mark of an earlier
//! use (the lock file) or is empty: a mistyped path must not cost anybody their files.

use std::path::{Path, PathBuf};

use crate::Durability;
use crate::error::EmbeddedError;
use crate::kafka::{KafkaOptions, KafkaServer, absolute_folder};
use crate::lock::{FolderLock, wait_until_unused};
use crate::postgres::{PREVIOUS_DEADLINE, PostgresOptions, PostgresServer};
use crate::postgres_files::remove_outside;

/// Where the embedded services keep everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    path: PathBuf,
}

impl DataFolder {
    /// The folder at `path`; it is made when the services start.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Folder of the Kafka node.
    pub fn kafka(&self) -> PathBuf {
        self.path.join("kafka")
    }

    /// Folder of the PostgreSQL server.
    pub fn postgres(&self) -> PathBuf {
        self.path.join("postgres")
    }
}

impl Default for DataFolder {
    /// `.candor` in the current folder.
    fn default() -> Self {
        Self::new(".candor")
    }
}

/// What is started, and how.
#[derive(Clone)]
pub struct ServiceOptions {
    /// Brokers of the user's own (`CANDOR_KAFKA_BROKERS`); then no Kafka is started.
    pub kafka_brokers: Option<String>,
    /// Database of the user's own (`CANDOR_DATABASE_URL`); then no PostgreSQL is started.
    pub database_url: Option<String>,
    /// Empties the data folder first.
    pub fresh: bool,
    /// Maximum Java heap of the embedded Kafka, MiB.
    pub kafka_heap_megabytes: u32,
    /// What the data are worth.
    pub durability: Durability,
    /// Folder of PostgreSQL's programs; `None` to look for one.
    pub postgres_binaries: Option<PathBuf>,
}

impl Default for ServiceOptions {
    /// Both services embedded, data kept, 256 MiB for Kafka (enough for a demonstration).
    fn default() -> Self {
        Self {
            kafka_brokers: None,
            database_url: None,
            fresh: false,
            kafka_heap_megabytes: 256,
            durability: Durability::Durable,
            postgres_binaries: None,
        }
    }
}

impl std::fmt::Debug for ServiceOptions {
    /// Without the database URL, which may hold a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServiceOptions")
            .field("kafka_brokers", &self.kafka_brokers)
            .field("external_database", &self.database_url.is_some())
            .field("fresh", &self.fresh)
            .field("kafka_heap_megabytes", &self.kafka_heap_megabytes)
            .field("durability", &self.durability)
            .field("postgres_binaries", &self.postgres_binaries)
            .finish()
    }
}

/// The services of one data folder; they end with this value, and with this process.
#[derive(Debug)]
pub struct Services {
    kafka: Option<KafkaServer>,
    postgres: Option<PostgresServer>,
    brokers: String,
    database_url: DatabaseUrl,
    // Last, so that the folder is released after the servers have ended.
    _lock: FolderLock,
}

struct DatabaseUrl(String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Services {
    /// Starts what is not given from outside, both at the same time, and waits until both answer.
    ///
    /// Blocks; from asynchronous code call it on a blocking thread.
    ///
    /// # Errors
    /// [`EmbeddedError::Locked`] when another process uses the folder; anything a single start may report.
    pub fn start(folder: &DataFolder, options: ServiceOptions) -> Result<Self, EmbeddedError> {
        let known = folder.path().join(FolderLock::FILE).is_file();
        let folder = DataFolder::new(absolute_folder(folder.path())?);
        if options.fresh && !known && !is_empty(folder.path())? {
            return Err(EmbeddedError::NotADataFolder { path: folder.path });
        }
        let lock = FolderLock::acquire(folder.path())?;
        if options.fresh {
            empty(&folder)?;
        }
        let (kafka, postgres) = start_both(&folder, &options)?;
        let own_brokers = kafka.as_ref().map(|kafka| kafka.brokers().to_owned());
        let own_url = postgres.as_ref().map(PostgresServer::url);
        Ok(Self {
            brokers: options.kafka_brokers.or(own_brokers).unwrap_or_default(),
            database_url: DatabaseUrl(options.database_url.or(own_url).unwrap_or_default()),
            kafka,
            postgres,
            _lock: lock,
        })
    }

    /// Bootstrap brokers, embedded or given.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Database URL with its password, embedded or given.
    pub fn database_url(&self) -> &str {
        &self.database_url.0
    }

    /// The embedded Kafka node, `None` when brokers were given.
    pub fn kafka(&mut self) -> Option<&mut KafkaServer> {
        self.kafka.as_mut()
    }

    /// The embedded PostgreSQL server, `None` when a database was given.
    pub fn postgres(&mut self) -> Option<&mut PostgresServer> {
        self.postgres.as_mut()
    }

    /// Stops both in order, at the same time; the folder is free afterwards.
    pub fn stop(mut self) {
        std::thread::scope(|scope| {
            if let Some(kafka) = &mut self.kafka {
                scope.spawn(|| kafka.stop());
            }
            if let Some(postgres) = &mut self.postgres {
                postgres.stop();
            }
        });
    }
}

type Started = (Option<KafkaServer>, Option<PostgresServer>);

fn start_both(folder: &DataFolder, options: &ServiceOptions) -> Result<Started, EmbeddedError> {
    let kafka_options = KafkaOptions {
        heap_megabytes: options.kafka_heap_megabytes,
        durability: options.durability,
        ..KafkaOptions::new(folder.kafka())
    };
    let postgres_options = PostgresOptions {
        durability: options.durability,
        binaries: options.postgres_binaries.clone(),
        ..PostgresOptions::new(folder.postgres())
    };
    std::thread::scope(|scope| {
        let wanted = options.kafka_brokers.is_none();
        let kafka = wanted.then(|| scope.spawn(|| KafkaServer::start(kafka_options)));
        let wanted = options.database_url.is_none();
        let postgres = wanted
            .then(|| PostgresServer::start(postgres_options))
            .transpose();
        let kafka = kafka.map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        Ok((kafka.transpose()?, postgres?))
    })
}

fn is_empty(folder: &Path) -> Result<bool, EmbeddedError> {
    let mut entries = std::fs::read_dir(folder).map_err(EmbeddedError::file("read", folder))?;
    Ok(entries.next().is_none())
}

/// Removes everything but the lock, once the servers of a killed owner have ended.
fn empty(folder: &DataFolder) -> Result<(), EmbeddedError> {
    wait_until_unused(&folder.kafka(), PREVIOUS_DEADLINE)?;
    wait_until_unused(&folder.postgres().join("data"), PREVIOUS_DEADLINE)?;
    remove_outside(&folder.postgres())?;
    let path = folder.path();
    let entries = std::fs::read_dir(path).map_err(EmbeddedError::file("read", path))?;
    for entry in entries.flatten() {
        if entry.file_name() == FolderLock::FILE {
            continue;
        }
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_folder {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.map_err(EmbeddedError::file("remove", path))?;
    }
    Ok(())
}
