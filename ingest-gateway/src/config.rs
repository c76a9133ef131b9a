//! Settings of the gateway. Every bound of it is here (INV-8); nothing below reads the environment.

use std::net::SocketAddr;
use std::time::Duration;

use kafka::config::KafkaConfig;
use runtime::config::{Config, Millis, Reader, Seconds, Secret};
use runtime::service::ServiceConfig;
use schemas::ids::SessionSecret;

use crate::access_log::AccessLogOptions;
use crate::agent::Authorities;
use crate::client::TrustedProxies;
use crate::limits::{LimitOptions, Networks};
use crate::server::ServerLimits;

/// Largest body limit: its record with envelope and headers must fit the topic's 2 MiB.
const MAX_BODY_LIMIT: usize = 2_000_000;

/// Most webhooks that may be remembered; each takes about 100 bytes.
const MAX_REMEMBERED: usize = 10_000_000;

/// Bounds of requests and of what is in flight.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest body, bytes, as sent and as decompressed.
    pub body_bytes: usize,
    /// Most events of one batch.
    pub batch_events: usize,
    /// Most bytes of bodies being worked on, and most bytes of records waiting for the broker.
    pub in_flight_bytes: usize,
    /// Most requests being answered.
    pub concurrent_requests: usize,
    /// Most webhooks that are remembered, to recognise repetitions.
    pub webhooks_remembered: usize,
    /// Longest wait for a whole body.
    pub body_read_timeout: Duration,
    /// Longest wait for the broker's acknowledgement.
    pub ack_timeout: Duration,
    /// How long a record waits for company before it is sent. Longer is cheaper, shorter is faster.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            batch_events: 5_000,
            in_flight_bytes: 64 << 20,
            concurrent_requests: 4_096,
            webhooks_remembered: 100_000,
            body_read_timeout: Duration::from_secs(10),
            ack_timeout: Duration::from_secs(5),
            linger: Duration::from_millis(2),
        }
    }
}

/// Everything the gateway is told at its start.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where Kafka is.
    pub kafka: KafkaConfig,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Mints session ids and ingest tokens; shared with the API.
    pub session_secret: SessionSecret,
    /// How long an ingest token is valid.
    pub session_lifetime: Duration,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Names that clients reach this deployment by; signatures of agents are made for one of them.
    pub public_authorities: Authorities,
    /// Networks that are not served.
    pub denied_networks: Networks,
    /// Who may ask how often.
    pub rate_limits: LimitOptions,
    /// Which requests are logged.
    pub access_log: AccessLogOptions,
    /// Bounds of requests.
    pub limits: Limits,
    /// Bounds of connections.
    pub server: ServerLimits,
    /// How long the requests that have begun may take after a shutdown, and then the flush.
    pub drain_timeout: Duration,
}

impl ServiceConfig for GatewayConfig {
    fn listen(&self) -> SocketAddr {
        self.listen
    }
}

impl Config for GatewayConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            kafka: KafkaConfig::read(reader),
            listen: reader.or(
                "LISTEN",
                "127.0.0.1:8080",
                "address to listen on, host:port",
            ),
            session_secret: session_secret(reader),
            session_lifetime: session_lifetime(reader),
            trusted_proxies: reader.or(
                "TRUSTED_PROXIES",
                "",
                "networks whose X-Forwarded-For is believed, e.g. 10.0.0.0/8,fd00::/8",
            ),
            public_authorities: reader.or(
                "PUBLIC_AUTHORITY",
                "",
                "names that clients reach this by, e.g. ingest.example.com; Host is believed when empty",
            ),
            denied_networks: reader.or(
                "INGEST_DENY_NETWORKS",
                "",
                "networks that are not served, e.g. 203.0.113.0/24,2001:db8::/32",
            ),
            rate_limits: LimitOptions::read(reader),
            access_log: AccessLogOptions::read(reader),
            limits: Limits::read(reader),
            server: ServerLimits::read(reader),
            drain_timeout: seconds(
                reader,
                ("DRAIN_TIMEOUT_SECONDS", "10"),
                "how long a shutdown waits for requests, and then for the broker",
            ),
        }
    }
}

fn seconds(reader: &mut Reader<'_>, (name, default): (&str, &str), help: &'static str) -> Duration {
    reader.or::<Seconds>(name, default, help).0
}

fn session_secret(reader: &mut Reader<'_>) -> SessionSecret {
    let text: Secret = reader.required(
        "SESSION_SECRET",
        "at least 16 bytes, shared by gateway and API, e.g. from `openssl rand -hex 32`",
    );
    // The default of a missing secret is blank and has been reported.
    let given = !text.expose().is_empty();
    SessionSecret::new(text.expose().as_bytes()).unwrap_or_else(|problem| {
        reader.check(!given, &format!("CANDOR_SESSION_SECRET: {problem}"));
        unusable_secret()
    })
}

/// Stands in until the reader reports the problem; no service starts with it.
fn unusable_secret() -> SessionSecret {
    #[expect(clippy::expect_used, reason = "32 bytes are enough for a secret")]
    SessionSecret::new(rand::random::<[u8; 32]>()).expect("32 bytes are a secret")
}

fn session_lifetime(reader: &mut Reader<'_>) -> Duration {
    let lifetime = seconds(
        reader,
        ("SESSION_LIFETIME_SECONDS", "86400"),
        "how long the ingest token of a session is valid",
    );
    let within = (60..=30 * 86_400).contains(&lifetime.as_secs());
    reader.check(
        within,
        "CANDOR_SESSION_LIFETIME_SECONDS must be between 60 and 2592000 (30 days)",
    );
    lifetime
}

impl Config for Limits {
    fn read(reader: &mut Reader<'_>) -> Self {
        let limits = Self {
            body_bytes: reader.or(
                "INGEST_BODY_LIMIT_BYTES",
                "1048576",
                "largest body, as sent and as decompressed",
            ),
            batch_events: reader.or(
                "INGEST_BATCH_LIMIT_EVENTS",
                "5000",
                "most events of a batch",
            ),
            in_flight_bytes: reader.or(
                "INGEST_IN_FLIGHT_BYTES",
                "67108864",
                "most bytes of bodies at work, and of records waiting for the broker",
            ),
            concurrent_requests: reader.or(
                "INGEST_CONCURRENT_REQUESTS",
                "4096",
                "most requests answered at the same time",
            ),
            webhooks_remembered: reader.or(
                "INGEST_WEBHOOKS_REMEMBERED",
                "100000",
                "most webhooks of the last day that are recognised when they come again",
            ),
            body_read_timeout: seconds(
                reader,
                ("INGEST_BODY_READ_TIMEOUT_SECONDS", "10"),
                "longest wait for a whole body",
            ),
            ack_timeout: reader
                .or::<Millis>(
                    "INGEST_ACK_TIMEOUT_MS",
                    "5000",
                    "longest wait for the broker's acknowledgement",
                )
                .0,
            linger: reader
                .or::<Millis>(
                    "INGEST_LINGER_MS",
                    "2",
                    "how long a record waits for company before it is sent",
                )
                .0,
        };
        limits.check(reader);
        limits
    }
}

impl Limits {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.check(
            (1024..=MAX_BODY_LIMIT).contains(&self.body_bytes),
            "CANDOR_INGEST_BODY_LIMIT_BYTES must be between 1024 and 2000000, what the topic takes",
        );
        reader.check(
            self.batch_events > 0 && self.concurrent_requests > 0,
            "CANDOR_INGEST_BATCH_LIMIT_EVENTS and CANDOR_INGEST_CONCURRENT_REQUESTS must not be 0",
        );
        reader.check(
            self.webhooks_remembered <= MAX_REMEMBERED,
            "CANDOR_INGEST_WEBHOOKS_REMEMBERED must be at most 10000000, about 1 GB",
        );
        // A byte budget is counted in 32 bits.
        let budget = 2 * self.body_bytes..=u32::MAX as usize;
        reader.check(
            budget.contains(&self.in_flight_bytes),
            "CANDOR_INGEST_IN_FLIGHT_BYTES must be at least twice the body limit, and below 4 GiB",
        );
        reader.check(
            self.ack_timeout >= Duration::from_millis(100) && !self.body_read_timeout.is_zero(),
            "CANDOR_INGEST_ACK_TIMEOUT_MS must be at least 100, and no timeout 0",
        );
        reader.check(
            self.linger <= self.ack_timeout / 2,
            "CANDOR_INGEST_LINGER_MS must be at most half of CANDOR_INGEST_ACK_TIMEOUT_MS",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::load_from;

    fn load(pairs: &[(&str, &str)]) -> Result<GatewayConfig, Vec<String>> {
        let basic = [
            ("CANDOR_KAFKA_BROKERS", "k:9092"),
            ("CANDOR_SESSION_SECRET", "0123456789abcdef"),
        ];
        let find = |name: &str| {
            let all = pairs.iter().chain(&basic);
            all.clone()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        load_from(find)
            .map(|loaded| loaded.config)
            .map_err(|errors| errors.0)
    }

    #[test]
    fn defaults_need_only_brokers_and_a_secret() {
        let config = load(&[]).unwrap();
        assert_eq!(config.limits.body_bytes, 1 << 20);
        assert_eq!(config.session_lifetime, Duration::from_secs(86_400));
        let missing = load_from::<GatewayConfig>(|_| None).unwrap_err().0;
        assert_eq!(missing.len(), 2, "{missing:?}");
    }

    #[test]
    fn every_bad_setting_is_named_and_no_secret_is_shown() {
        let bad = [
            ("CANDOR_SESSION_SECRET", "hunter2"),
            ("CANDOR_TRUSTED_PROXIES", "everyone"),
            ("CANDOR_SESSION_LIFETIME_SECONDS", "5"),
            ("CANDOR_INGEST_BODY_LIMIT_BYTES", "9999999"),
            ("CANDOR_INGEST_IN_FLIGHT_BYTES", "1"),
            ("CANDOR_INGEST_BATCH_LIMIT_EVENTS", "0"),
            ("CANDOR_INGEST_ACK_TIMEOUT_MS", "0"),
            ("CANDOR_INGEST_WEBHOOKS_REMEMBERED", "10000001"),
            ("CANDOR_INGEST_LINGER_MS", "60000"),
            ("CANDOR_HEADER_READ_TIMEOUT_SECONDS", "0"),
            ("CANDOR_PUBLIC_AUTHORITY", "https://ingest.example.com"),
            ("CANDOR_INGEST_DENY_NETWORKS", "everybody"),
            ("CANDOR_INGEST_KEY_BURST", "0"),
            ("CANDOR_ACCESS_LOG_SAMPLE", "2"),
        ];
        let problems = load(&bad).unwrap_err().join("\n");
        for (name, _) in bad {
            assert!(problems.contains(name), "{name} is not in:\n{problems}");
        }
        assert!(!problems.contains("hunter2"), "{problems}");
    }
}
