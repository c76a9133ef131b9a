//! An API on a port of its own, with its own topics and database.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dashboard_api::{
    AppState, DashboardConfig, ExportConfig, LiveConfig, router, serve_background, setup,
};
use kafka::config::KafkaConfig;
use prometheus::Registry;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use runtime::CancellationToken;
use runtime::config::Secret;
use runtime::health::Health;
use runtime::tasks::Tasks;
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use serde_json::Value;
use storage::DatabaseConfig;
use testkit::{TestDatabase, TestTopics, wait_until};

pub(crate) const KEY: &str = "sk_test_4f1c2b7a90d84e55";
pub(crate) const SECRET: &str = "a-session-secret-of-these-tests";
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Login of the API: no superuser, no owner, only a member of the services' group.
const LOGIN: (&str, &str) = ("candor_api_tests", "api");

pub(crate) struct TestApi {
    pub(crate) address: SocketAddr,
    pub(crate) topics: TestTopics,
    pub(crate) client: reqwest::Client,
    organisation: OrganisationId,
    shutdown: CancellationToken,
}

/// A migrated database with the API's login.
pub(crate) async fn database() -> TestDatabase {
    let migrate = async |url: String| {
        storage::migrate(&url).await.unwrap();
    };
    let database = TestDatabase::create_with("dashboard-api", migrate).await;
    let (user, password) = LOGIN;
    let statement = format!(
        "DO $$ BEGIN CREATE ROLE {user} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{password}' IN ROLE candor_services; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    let superuser = database.client().await;
    superuser.batch_execute(&statement).await.unwrap();
    database
}

/// The API's URL of the database.
pub(crate) fn login_url(database: &TestDatabase) -> String {
    database.url_as(LOGIN.0, LOGIN.1)
}

/// Settings of an API on these topics.
fn config(url: &str, topics: &TestTopics) -> DashboardConfig {
    DashboardConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        kafka: KafkaConfig {
            brokers: topics.brokers().to_owned(),
            prefix: topics.prefix().to_owned(),
            ..KafkaConfig::default()
        },
        database: DatabaseConfig::new(url),
        database_read_url: None,
        secret_key: Secret::new(KEY),
        organisation: "ours".to_owned(),
        session_secret: Secret::new(SECRET),
        analyze_wait: Duration::from_millis(500),
        analyze_waiters: 64,
        // However busy the machine is: what is found does not depend on time.
        search_time: DEADLINE,
        // What a test has just written is seen by its next read.
        surveys_shared: Duration::ZERO,
        pipeline_interval: Duration::from_millis(100),
        gateway_url: None,
        gateway_public_url: None,
        public_origin: None,
        live: LiveConfig::default(),
        exports: ExportConfig::default(),
    }
}

impl TestApi {
    /// An API of the organisation `ours` that waits half a second for verdicts.
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(&login_url(database), |_| {}).await
    }

    pub(crate) async fn start_with(url: &str, change: impl FnOnce(&mut DashboardConfig)) -> Self {
        let api = Self::start_lost(url, change).await;
        api.wait_until_topics_are_followed().await;
        api
    }

    /// The same, without waiting for its topics, which may not be there.
    pub(crate) async fn start_lost(url: &str, change: impl FnOnce(&mut DashboardConfig)) -> Self {
        crate::logs::collect();
        let topics = TestTopics::create(3).await;
        let mut config = config(url, &topics);
        config.database.connect_timeout = Duration::from_secs(2);
        change(&mut config);
        let (health, registry) = (Health::default(), Registry::new());
        let state: AppState = setup(&config, &health, &registry).unwrap();
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        serve_background(&state, &mut tasks, &shutdown);
        let listener = tokio::net::TcpListener::bind(config.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving =
            runtime::http::serve(listener, router(state, health, registry), shutdown.clone());
        tasks.spawn("http", serving);
        tokio::spawn(tasks.wait(DEADLINE));
        let api = Self {
            address,
            topics,
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            organisation: config.organisation.parse().unwrap(),
            shutdown,
        };
        api.wait_ready(StatusCode::OK).await;
        api
    }

    pub(crate) fn organisation(&self) -> &OrganisationId {
        &self.organisation
    }

    pub(crate) async fn wait_ready(&self, wanted: StatusCode) {
        wait_until("readiness", DEADLINE, async || {
            let response = self.request(Method::GET, "/health/detailed").send().await;
            let response = response.map_err(|error| error.to_string())?;
            let (status, text) = (response.status(), response.text().await);
            if status == wanted {
                Ok(())
            } else {
                Err(format!("{status} {text:?}"))
            }
        })
        .await;
    }

    async fn wait_until_topics_are_followed(&self) {
        wait_until("verdicts and keys", DEADLINE, async || {
            let response = self.request(Method::GET, "/health/detailed").send().await;
            let health: Value = response.unwrap().json().await.unwrap();
            let up = |name: &str| health["components"][name]["state"] == "up";
            if up("verdicts") && up("control") {
                Ok(())
            } else {
                Err(health)
            }
        })
        .await;
    }

    /// A request without credentials.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = self.request(Method::GET, path).bearer_auth(KEY);
        request.send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str) -> Response {
        let request = self.request(Method::POST, path).bearer_auth(KEY);
        request.send().await.unwrap()
    }

    /// The body of a GET that must be answered 200.
    pub(crate) async fn json(&self, path: &str) -> Value {
        body(self.get(path).await, StatusCode::OK).await
    }

    /// A genuine id of the API's organisation, made now.
    pub(crate) fn mint(&self) -> SessionId {
        mint(self.organisation.as_str())
    }
}

impl Drop for TestApi {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A genuine id of an organisation, made now.
pub(crate) fn mint(organisation: &str) -> SessionId {
    mint_at(organisation, Utc::now())
}

/// A genuine id of an organisation, made at that time.
pub(crate) fn mint_at(organisation: &str, at: DateTime<Utc>) -> SessionId {
    let secret = SessionSecret::new(SECRET).unwrap();
    secret.mint(&organisation.parse().unwrap(), at, rand::random())
}

/// A genuine id of the organisation `ours`, made some time ago.
pub(crate) fn minted_ago(ago: TimeDelta) -> SessionId {
    mint_at("ours", Utc::now() - ago)
}

/// The JSON body of a response with that status.
pub(crate) async fn body(response: Response, status: StatusCode) -> Value {
    let seen = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(seen, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Checks that a response is a problem with that status and code, and returns it.
pub(crate) async fn problem(response: Response, status: u16, code: &str) -> Value {
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = body(response, StatusCode::from_u16(status).unwrap()).await;
    assert_eq!(kind, "application/problem+json");
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["request_id"], id.as_str());
    assert_eq!(body["status"], status);
    body
}
