//! Settings of the service; read once, in `main`.

use std::net::SocketAddr;
use std::time::Duration;

use kafka::config::KafkaConfig;
use runtime::config::{Config, Millis, Reader, Secret};
use runtime::service::ServiceConfig;
use schemas::ids::{MIN_SECRET_BYTES, OrganisationId};
use storage::DatabaseConfig;

use crate::export::ExportConfig;
use crate::integrations::{GatewayUrl, PublicUrl};
use crate::live::LiveConfig;

/// What every bootstrap key starts with.
pub(crate) const SECRET_KEY_PREFIXES: [&str; 2] = ["sk_test_", "sk_live_"];

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct DashboardConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Kafka and its topics.
    pub kafka: KafkaConfig,
    /// PostgreSQL; the API only reads.
    pub database: DatabaseConfig,
    /// A read replica to ask instead of `database`.
    pub database_read_url: Option<Secret>,
    /// The key that signs in at the page, and reads; further reading keys are in the control topic.
    pub secret_key: Secret,
    /// The organisation of that key.
    pub organisation: String,
    /// Checks session ids and seals cookies; shared with the gateway.
    pub session_secret: Secret,
    /// Longest wait of `analyze` for the verdict.
    pub analyze_wait: Duration,
    /// Most `analyze` calls that wait at a time.
    pub analyze_waiters: usize,
    /// How long a search for sessions goes on before the page is answered as it is.
    pub search_time: Duration,
    /// How long readers share a page of surveys; 0 for not at all.
    pub surveys_shared: Duration,
    /// How often the pipeline is looked at while somebody asks.
    pub pipeline_interval: Duration,
    /// Where the test console reaches the gateway; without it there is nothing to test.
    pub gateway_url: Option<GatewayUrl>,
    /// Where respondents' browsers and platforms reach the gateway; `gateway_url` when not given.
    pub gateway_public_url: Option<PublicUrl>,
    /// Origin of the page (`https://candor.example.org`) when a proxy changes the Host header.
    pub public_origin: Option<String>,
    /// The live feed.
    pub live: LiveConfig,
    /// Files for analysts.
    pub exports: ExportConfig,
}

/// Longest wait for a verdict, longest search, how long pages of surveys are shared, time between two looks at the pipeline.
fn read_times(reader: &mut Reader<'_>) -> [Duration; 4] {
    let mut millis = |name, default, help| reader.or::<Millis>(name, default, help).0;
    let analyze_wait = millis(
        "ANALYZE_WAIT_MS",
        "1000",
        "longest wait for a requested verdict",
    );
    let search_time = millis(
        "SEARCH_TIME_MS",
        "30",
        "how long a search for sessions goes on before its page is answered as it is",
    );
    let surveys_shared = millis(
        "SURVEYS_SHARED_MS",
        "500",
        "how long readers of an organisation share a page of surveys, 0 for not at all",
    );
    let pipeline_interval = millis(
        "PIPELINE_INTERVAL_MS",
        "2000",
        "time between two looks at the pipeline while somebody asks",
    );
    [analyze_wait, search_time, surveys_shared, pipeline_interval]
}

impl Config for DashboardConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let [analyze_wait, search_time, surveys_shared, pipeline_interval] = read_times(reader);
        let config = Self {
            listen: reader.or("LISTEN", "127.0.0.1:8081", "address to listen on"),
            kafka: KafkaConfig::read(reader),
            database: DatabaseConfig::read(reader),
            database_read_url: reader
                .optional("DATABASE_READ_URL", "read replica of the database, if any"),
            secret_key: reader.required(
                "BOOTSTRAP_SECRET_KEY",
                "the key that signs in at the page, sk_test_... or sk_live_...",
            ),
            organisation: reader.or(
                "BOOTSTRAP_ORGANISATION",
                "default",
                "organisation of the bootstrap key",
            ),
            session_secret: reader.required(
                "SESSION_SECRET",
                "secret of session ids, shared with the gateway, 16 bytes or more",
            ),
            analyze_wait,
            analyze_waiters: reader.or(
                "ANALYZE_WAITERS",
                "4096",
                "most requests that wait for a verdict at a time",
            ),
            search_time,
            surveys_shared,
            pipeline_interval,
            gateway_url: reader.optional(
                "GATEWAY_URL",
                "where the test console of integrations reaches the gateway, http://host:port",
            ),
            gateway_public_url: reader.optional(
                "GATEWAY_PUBLIC_URL",
                "where respondents' browsers reach the gateway, https://host, if not at CANDOR_GATEWAY_URL",
            ),
            public_origin: reader.optional(
                "PUBLIC_ORIGIN",
                "origin of the page when a proxy changes the Host header",
            ),
            live: LiveConfig::read(reader),
            exports: ExportConfig::read(reader),
        };
        config.check(reader);
        config
    }
}

impl DashboardConfig {
    /// Where respondents' browsers reach the gateway, as far as the settings say.
    pub(crate) fn gateway_address(&self) -> Option<String> {
        let public = self.gateway_public_url.as_ref().map(PublicUrl::text);
        let address = public.or(self.gateway_url.as_ref().map(GatewayUrl::text));
        address.map(str::to_owned)
    }

    fn check(&self, reader: &mut Reader<'_>) {
        let key = self.secret_key.expose();
        let is_secret_key = SECRET_KEY_PREFIXES
            .iter()
            .any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
        reader.check(
            key.is_empty() || is_secret_key,
            "CANDOR_BOOTSTRAP_SECRET_KEY must start with sk_test_ or sk_live_",
        );
        let secret = self.session_secret.expose();
        if !secret.is_empty() && secret.len() < MIN_SECRET_BYTES {
            reader.problem(format!(
                "CANDOR_SESSION_SECRET must have at least {MIN_SECRET_BYTES} bytes"
            ));
        }
        if let Err(error) = self.organisation.parse::<OrganisationId>() {
            reader.problem(format!("CANDOR_BOOTSTRAP_ORGANISATION: {error}"));
        }
        reader.check(
            self.pipeline_interval >= Duration::from_millis(100),
            "CANDOR_PIPELINE_INTERVAL_MS must be at least 100",
        );
        reader.check(
            self.analyze_waiters > 0,
            "CANDOR_ANALYZE_WAITERS must not be 0",
        );
    }
}

impl ServiceConfig for DashboardConfig {
    fn listen(&self) -> SocketAddr {
        self.listen
    }
}
