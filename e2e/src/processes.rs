//! Starting the services as processes, and talking to them as their users do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::{
    ChildProcess, TestDatabase, TestFolder, TestKafka, TestPostgres, TestTopics, free_port,
    wait_until,
};

/// The secret key that everything accepts; of the organisation `default`.
pub const KEY: &str = "sk_test_endtoend0123456789abcdef01234567";
const SECRET: &str = "an end-to-end secret of 32 bytes";
const START: Duration = Duration::from_secs(60);

/// The binaries of this build, built once so that none is missing or old.
fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap().to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--bins", "--manifest-path"]);
        build.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
        for package in [
            "ingest-gateway",
            "detector-worker",
            "result-sink",
            "dashboard-api",
            "candor",
        ] {
            build.args(["-p", package]);
        }
        assert!(
            build.status().unwrap().success(),
            "the services do not build"
        );
        folder
    })
}

/// Where a pipeline's records and rows live.
#[derive(Debug)]
pub struct Stack {
    /// Its topics.
    pub topics: TestTopics,
    brokers: String,
}

impl Stack {
    /// Topics of its own on the shared broker.
    pub async fn shared() -> Self {
        Self::with(TestTopics::create(4).await)
    }

    /// Topics on a broker of its own, that the test may stop.
    pub async fn on(kafka: &TestKafka) -> Self {
        Self::with(TestTopics::create_on(kafka, 4).await)
    }

    /// The key is there before the gateway, as an operator would put it there.
    fn with(topics: TestTopics) -> Self {
        let stack = Self {
            brokers: topics.brokers().to_owned(),
            topics,
        };
        let folder = TestFolder::new();
        let file = folder.path().join("key");
        std::fs::write(&file, KEY).unwrap();
        let file = file.to_str().unwrap();
        stack.operate(&[
            "keys",
            "create",
            "--organisation",
            "default",
            "--kind",
            "secret",
            "--mode",
            "test",
            "--key-file",
            file,
        ]);
        stack
    }

    /// Runs an operator's command, which has to succeed.
    pub fn operate(&self, arguments: &[&str]) {
        let ended = Command::new(binaries().join("candor"))
            .args(arguments)
            .envs(self.variables("127.0.0.1:0"))
            .output()
            .unwrap();
        let problems = String::from_utf8_lossy(&ended.stderr);
        assert!(
            ended.status.success(),
            "candor {arguments:?} failed: {problems}"
        );
    }

    fn variables(&self, listen: &str) -> Vec<(String, String)> {
        let pairs = [
            ("CANDOR_KAFKA_BROKERS", self.brokers.as_str()),
            ("CANDOR_TOPIC_PREFIX", self.topics.prefix()),
            ("CANDOR_LISTEN", listen),
            ("CANDOR_BOOTSTRAP_SECRET_KEY", KEY),
            ("CANDOR_SESSION_SECRET", SECRET),
            ("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "6"),
            ("CANDOR_SINK_DRAIN_TIMEOUT_MS", "3000"),
        ];
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    /// Starts one service and waits until it is ready.
    pub async fn service(&self, name: &str, more: &[(&str, &str)]) -> Service {
        let address = format!("127.0.0.1:{}", free_port().unwrap());
        self.service_at(&address, name, more).await
    }

    /// The same at an address of its own, for example where it has been before.
    pub async fn service_at(&self, address: &str, name: &str, more: &[(&str, &str)]) -> Service {
        let mut variables = self.variables(address);
        variables.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let process = ChildProcess::spawn(binaries().join(name), &[], variables);
        let mut service = Service {
            process,
            url: format!("http://{address}"),
        };
        service.wait_ready(name).await;
        service
    }
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// Its process.
    pub process: ChildProcess,
    /// Where it answers.
    pub url: String,
}

impl Service {
    async fn wait_ready(&mut self, name: &str) {
        let client = Client::new();
        wait_until(&format!("ready {name}"), START, async || {
            if let Some(status) = self.process.exit_status() {
                panic!("{name} ended with {status}:\n{}", self.process.output());
            }
            match client
                .get(format!("{}/health/ready", self.url))
                .send()
                .await
            {
                Ok(answer) if answer.status() == StatusCode::OK => Ok(()),
                Ok(answer) => Err(format!("{}\n{}", answer.status(), self.process.output())),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }
}

/// All four services.
#[derive(Debug)]
pub struct Pipeline {
    /// `ingest-gateway`.
    pub gateway: Service,
    /// `detector-worker`.
    pub worker: Service,
    /// `result-sink`.
    pub sink: Service,
    /// `dashboard-api`.
    pub api: Service,
    /// What sink and API share.
    pub database: TestDatabase,
    client: Client,
}

impl Pipeline {
    /// On the shared PostgreSQL.
    pub async fn start(stack: &Stack) -> Self {
        let database = migrated().await;
        Self::start_on(stack, database).await
    }

    /// On a server that the test may stop.
    pub async fn start_with(stack: &Stack, server: &TestPostgres) -> Self {
        let database = TestDatabase::create_empty_on(server).await;
        storage::migrate(database.url()).await.unwrap();
        Self::start_on(stack, database).await
    }

    async fn start_on(stack: &Stack, database: TestDatabase) -> Self {
        let url = database.url().to_owned();
        let rows = [("CANDOR_DATABASE_URL", url.as_str())];
        let (gateway, worker, sink, api) = tokio::join!(
            stack.service("ingest-gateway", &[]),
            stack.service("detector-worker", &[]),
            stack.service("result-sink", &rows),
            stack.service("dashboard-api", &rows),
        );
        Self {
            gateway,
            worker,
            sink,
            api,
            database,
            client: Client::new(),
        }
    }

    /// Asks the API, and expects 200.
    pub async fn api_get(&self, path: &str) -> Value {
        let request = self
            .client
            .get(format!("{}{path}", self.api.url))
            .bearer_auth(KEY);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// A new session; its id.
    pub async fn create_session(&self) -> String {
        self.create_session_of(&json!({"platform": "test"})).await
    }

    /// A new session of that description; its id.
    pub async fn create_session_of(&self, description: &Value) -> String {
        let request = self
            .client
            .post(format!("{}/api/v1/detection/sessions", self.gateway.url));
        let answer = request
            .bearer_auth(KEY)
            .json(description)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["session_id"].as_str().unwrap().to_owned()
    }

    /// Posts a batch; status and body.
    pub async fn post_events(&self, id: &str, events: &Value) -> (u16, Value) {
        let (status, body, _) = self.try_post(id, events).await.unwrap();
        (status, body)
    }

    /// Status, body and `Retry-After` of one batch.
    pub async fn try_post(
        &self,
        id: &str,
        events: &Value,
    ) -> Result<(u16, Value, Option<String>), reqwest::Error> {
        let url = format!("{}/api/v1/detection/sessions/{id}/events", self.gateway.url);
        let answer = self
            .client
            .post(url)
            .bearer_auth(KEY)
            .json(events)
            .send()
            .await?;
        let status = answer.status().as_u16();
        let retry = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        Ok((status, answer.json().await?, retry))
    }

    /// Ends a session.
    pub async fn complete(&self, id: &str) {
        let url = format!(
            "{}/api/v1/detection/sessions/{id}/complete",
            self.gateway.url
        );
        let answer = self.client.post(url).bearer_auth(KEY).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status} {:?}", answer.text().await);
    }

    /// Asks for a verdict now; status and body.
    pub async fn analyze(&self, id: &str) -> (u16, Value) {
        let url = format!("{}/api/v1/detection/sessions/{id}/analyze", self.api.url);
        let answer = self.client.post(url).bearer_auth(KEY).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// A database of its own with the whole schema.
pub async fn migrated() -> TestDatabase {
    TestDatabase::create_with("storage", async |url: String| {
        storage::migrate(&url).await.unwrap();
    })
    .await
}

/// What a load run did.
#[derive(Debug)]
pub struct LoadReport {
    /// What it says at its end.
    pub summary: Value,
    /// One object a session: `session_id`, `events`, ...
    pub sessions: Vec<Value>,
}

/// A load run in the background.
#[derive(Debug)]
pub struct LoadRun {
    process: ChildProcess,
    sessions: PathBuf,
    _folder: TestFolder,
}

impl LoadRun {
    /// Starts `candor loadgen` against the pipeline's gateway.
    pub fn start(pipeline: &Pipeline, arguments: &[&str]) -> Self {
        let folder = TestFolder::new();
        let sessions = folder.path().join("sessions.jsonl");
        let file = sessions.to_str().unwrap().to_owned();
        let mut all = vec![
            "loadgen",
            "--target",
            &pipeline.gateway.url,
            "--key",
            KEY,
            "--quiet",
            "--sessions-out",
            &file,
        ];
        all.extend_from_slice(arguments);
        let process = ChildProcess::spawn(
            binaries().join("candor"),
            &all,
            std::iter::empty::<(&str, &str)>(),
        );
        Self {
            process,
            sessions,
            _folder: folder,
        }
    }

    /// Waits for its end.
    pub async fn finish(mut self) -> LoadReport {
        let status = self.process.wait_for_exit(Duration::from_secs(180)).await;
        let output = self.process.output();
        assert!(status.success(), "{output}");
        let line = output.lines().rfind(|line| line.starts_with('{'));
        let summary = serde_json::from_str(line.unwrap_or_default());
        let sessions = std::fs::read_to_string(&self.sessions).unwrap();
        LoadReport {
            summary: summary.unwrap_or_else(|error| panic!("{error}: {output}")),
            sessions: sessions
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        }
    }
}

/// Runs `candor loadgen` to its end.
pub async fn loadgen(pipeline: &Pipeline, arguments: &[&str]) -> LoadReport {
    LoadRun::start(pipeline, arguments).finish().await
}
