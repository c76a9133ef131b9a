//! Bounds and times of the live feed.

use std::time::Duration;

use runtime::config::{Config, Millis, Reader};

/// A watcher's right to read is judged again at least so often.
const LONGEST_RECHECK: Duration = Duration::from_secs(30);

/// Settings of the live feed.
#[derive(Debug, Clone)]
pub struct LiveConfig {
    /// Most watchers of this process.
    pub clients: usize,
    /// Most watchers of one organisation at this process.
    pub organisation_clients: usize,
    /// Most messages that wait for one watcher; beyond, they become one `snapshot`.
    pub queue_messages: usize,
    /// Most bytes that wait for one watcher.
    pub queue_bytes: usize,
    /// Most messages kept of one organisation for watchers that return.
    pub replay_messages: usize,
    /// Most bytes kept of all organisations together.
    pub replay_bytes: usize,
    /// Records of each partition that are read at the start, for watchers of a process before.
    pub replay_back: u32,
    /// How often a silent connection is given a sign of life.
    pub heartbeat: Duration,
    /// How long a watcher may take nothing of what waits for it.
    pub write_timeout: Duration,
    /// How often a watcher's right to read is judged again.
    pub recheck: Duration,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            clients: 8192,
            organisation_clients: 2048,
            queue_messages: 512,
            queue_bytes: 256 << 10,
            replay_messages: 4096,
            replay_bytes: 64 << 20,
            replay_back: 256,
            heartbeat: Duration::from_secs(15),
            write_timeout: Duration::from_secs(10),
            recheck: Duration::from_secs(15),
        }
    }
}

impl Config for LiveConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut config = Self::default();
        config.read_bounds(reader);
        config.read_times(reader);
        config.check(reader);
        config
    }
}

impl LiveConfig {
    fn read_bounds(&mut self, reader: &mut Reader<'_>) {
        self.clients = reader.or("LIVE_CLIENTS", "8192", "most live connections");
        self.organisation_clients = reader.or(
            "LIVE_ORGANISATION_CLIENTS",
            "2048",
            "most live connections of one organisation",
        );
        self.queue_messages = reader.or(
            "LIVE_QUEUE_MESSAGES",
            "512",
            "most messages that wait for one live connection",
        );
        self.queue_bytes = reader.or(
            "LIVE_QUEUE_BYTES",
            "262144",
            "most bytes that wait for one live connection",
        );
        self.replay_messages = reader.or(
            "LIVE_REPLAY_MESSAGES",
            "4096",
            "messages kept of an organisation for those who return",
        );
        self.replay_bytes = reader.or(
            "LIVE_REPLAY_BYTES",
            "67108864",
            "bytes of messages kept of all organisations",
        );
        self.replay_back = reader.or(
            "LIVE_REPLAY_BACK",
            "256",
            "records of each partition read at the start",
        );
    }

    fn read_times(&mut self, reader: &mut Reader<'_>) {
        let mut millis = |name: &str, default: &str, help: &'static str| {
            reader.or::<Millis>(name, default, help).0
        };
        self.heartbeat = millis(
            "LIVE_HEARTBEAT_MS",
            "15000",
            "how often a live connection is given a sign of life",
        );
        self.write_timeout = millis(
            "LIVE_WRITE_TIMEOUT_MS",
            "10000",
            "longest time that a live connection takes nothing",
        );
        self.recheck = millis(
            "LIVE_RECHECK_MS",
            "15000",
            "how often a watcher's key or cookie is judged again",
        );
    }

    fn check(&self, reader: &mut Reader<'_>) {
        let counts = [
            self.clients,
            self.organisation_clients,
            self.queue_messages,
            self.queue_bytes,
        ];
        reader.check(
            counts.iter().all(|count| *count > 0),
            "CANDOR_LIVE_CLIENTS, _ORGANISATION_CLIENTS, _QUEUE_MESSAGES and _QUEUE_BYTES must not be 0",
        );
        let times = [self.heartbeat, self.write_timeout, self.recheck];
        reader.check(
            times.iter().all(|time| !time.is_zero()),
            "CANDOR_LIVE_HEARTBEAT_MS, _WRITE_TIMEOUT_MS and _RECHECK_MS must not be 0",
        );
        reader.check(
            self.recheck <= LONGEST_RECHECK,
            "CANDOR_LIVE_RECHECK_MS must not be above 30000",
        );
    }
}
