//! `candor webhook` and the API's test console: each platform is played against a real gateway on a real Kafka, and what
//! was taken is listed and logged.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::process::Command;
use std::time::Duration;

use dashboard_api::DashboardConfig;
use ingest_gateway::GatewayConfig;
use result_sink::SinkConfig;
use runtime::CancellationToken;
use serde_json::{Value, json};
use testkit::{TestDatabase, TestFolder, TestTopics, wait_until};
use tokio::task::{JoinHandle, block_in_place};

const SECRET: &str = "a-session-secret-of-these-tests";
/// The bootstrap key of the API.
const KEY: &str = "sk_test_4f1c2b7a90d84e55";
const DEADLINE: Duration = Duration::from_secs(30);

/// An installation: topics, a gateway, and the command with the settings to reach them.
struct Installation {
    topics: TestTopics,
    folder: TestFolder,
    url: String,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Installation {
    async fn new() -> Self {
        let topics = TestTopics::create(1).await;
        let find = |name: &str| match name {
            "CANDOR_KAFKA_BROKERS" => Some(topics.brokers().to_owned()),
            "CANDOR_TOPIC_PREFIX" => Some(topics.prefix().to_owned()),
            "CANDOR_LISTEN" => Some("127.0.0.1:0".to_owned()),
            "CANDOR_SESSION_SECRET" => Some(SECRET.to_owned()),
            _ => None,
        };
        let config = runtime::config::load_from::<GatewayConfig>(find).unwrap();
        let bound = ingest_gateway::bind(config.config).await.unwrap();
        let url = format!("http://{}", bound.address());
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(bound.run(shutdown.clone()));
        Self {
            topics,
            folder: TestFolder::new(),
            url,
            shutdown,
            running,
        }
    }

    /// Exit code and standard output of the command.
    fn run(&self, line: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
        command
            .args(line.split_whitespace())
            .env("CANDOR_KAFKA_BROKERS", self.topics.brokers())
            .env("CANDOR_TOPIC_PREFIX", self.topics.prefix())
            .env("CANDOR_SESSION_SECRET", SECRET);
        let ended = block_in_place(|| command.output()).unwrap();
        let problems = String::from_utf8_lossy(&ended.stderr).into_owned();
        let code = ended.status.code().unwrap();
        assert!(code < 2, "{line}: {problems}");
        (code, String::from_utf8(ended.stdout).unwrap())
    }

    fn json(&self, line: &str) -> Value {
        let (code, out) = self.run(line);
        assert_eq!(code, 0, "{line}: {out}");
        serde_json::from_str(&out).unwrap()
    }

    /// Makes an integration; its id, and its secret in a file.
    fn integration(&self, platform: &str) -> (String, String) {
        let line = format!("integrations create --organisation acme --platform {platform} --json");
        let made = self.json(&line);
        let file = self.folder.path().join(platform);
        std::fs::write(&file, made["secret"].as_str().unwrap_or_default()).unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        (id, file.display().to_string())
    }

    /// Makes a key; its text, in a file as well.
    fn key(&self, scope: &str) -> (String, String) {
        let line = format!(
            "keys create --organisation acme --kind secret --mode live --scope {scope} --json"
        );
        let made = self.json(&line);
        let text = made["key"].as_str().unwrap().to_owned();
        let file = self.folder.path().join(scope.replace(':', "-"));
        std::fs::write(&file, &text).unwrap();
        (text, file.display().to_string())
    }

    /// Statuses and bodies that `candor webhook send` printed, and whether it succeeded.
    fn send(&self, line: &str) -> (bool, Vec<(u16, Value)>) {
        let (code, out) = self.run(&format!("webhook send --url {} {line}", self.url));
        let answer = |line: &str| {
            let (status, body) = line.split_once(' ').unwrap();
            (status.parse().unwrap(), serde_json::from_str(body).unwrap())
        };
        (code == 0, out.lines().map(answer).collect())
    }

    /// An API with a test console for this gateway, and a sink, both on one database; the API's address.
    async fn with_api(&self, database: &TestDatabase) -> String {
        let login = "candor_console_tests";
        let statement = format!(
            "DO $$ BEGIN CREATE ROLE {login} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'api' IN ROLE candor_services; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        let superuser = database.client().await;
        superuser.batch_execute(&statement).await.unwrap();
        let url = database.url_as(login, "api");
        let address = format!("127.0.0.1:{}", testkit::free_port().unwrap());
        let find = |name: &str| match name {
            "CANDOR_KAFKA_BROKERS" => Some(self.topics.brokers().to_owned()),
            "CANDOR_TOPIC_PREFIX" => Some(self.topics.prefix().to_owned()),
            "CANDOR_DATABASE_URL" => Some(url.clone()),
            "CANDOR_SESSION_SECRET" => Some(SECRET.to_owned()),
            "CANDOR_BOOTSTRAP_SECRET_KEY" => Some(KEY.to_owned()),
            "CANDOR_BOOTSTRAP_ORGANISATION" => Some("acme".to_owned()),
            "CANDOR_GATEWAY_URL" => Some(self.url.clone()),
            "CANDOR_SINK_VERDICTS" | "CANDOR_SINK_RAW" => Some("false".to_owned()),
            "CANDOR_LISTEN" => Some(address.clone()),
            _ => None,
        };
        let api = runtime::config::load_from::<DashboardConfig>(find).unwrap();
        let mut sink = runtime::config::load_from::<SinkConfig>(find)
            .unwrap()
            .config;
        sink.listen = ([127, 0, 0, 1], 0).into();
        tokio::spawn(dashboard_api::run(api.config, self.shutdown.clone()));
        tokio::spawn(result_sink::run(sink, self.shutdown.clone()));
        format!("http://{address}")
    }

    async fn session(&self, key: &str) -> String {
        let address = format!("{}/api/v1/detection/sessions", self.url);
        let client = reqwest::Client::new();
        wait_until("a session", DEADLINE, async || {
            let response = client.post(&address).bearer_auth(key).send().await.unwrap();
            let status = response.status().as_u16();
            let body: Value = response.json().await.unwrap();
            match status {
                201 => Ok(body["session_id"].as_str().unwrap().to_owned()),
                _ => Err(body),
            }
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_platform_is_played_and_what_it_said_is_listed() {
    let here = Installation::new().await;
    let (_, qualtrics) = here.integration("qualtrics");
    let (generic_id, generic) = here.integration("generic");
    here.integration("decipher");
    let (_, survey) = here.key("webhooks:write");
    let (key, _) = here.key("sessions:write");
    let session = here.session(&key).await;
    let played = [
        format!("qualtrics --secret-file {qualtrics} --session {session} --response R_1"),
        format!("generic --secret-file {generic} --session {session} --integration {generic_id}"),
        format!("decipher --secret-file {survey} --session {session} --event terminated"),
    ];
    for line in &played {
        let (fine, answers) = here.send(line);
        let [(status, body)] = answers.as_slice() else {
            panic!("{line}: {answers:?}")
        };
        assert!(fine && *status == 200, "{line}: {body}");
        assert_eq!(body["outcome"], "session_completed", "{line}: {body}");
    }
    let (fine, answers) = here.send(&format!("{} --repeat 3", played[0]));
    assert!(fine && answers.len() == 3);
    assert!(
        answers.iter().all(|(_, body)| body["duplicate"] == true),
        "{answers:?}"
    );
    for line in &played {
        let (fine, answers) = here.send(&format!("{line} --tamper"));
        assert!(!fine && answers[0].0 == 401, "{line}: {answers:?}");
    }
    let lost = format!("qualtrics --secret-file {qualtrics} --response R_lost --survey SV_7");
    assert_eq!(here.send(&lost).1[0].1["outcome"], "unmatched");

    let (_, all) = here.run("webhook list");
    assert_eq!(all.lines().count(), 4, "{all}");
    assert_eq!(all.matches(&session).count(), 3, "{all}");
    let unmatched = here.json("webhook list --unmatched --organisation acme --since 1h --json");
    assert_eq!(unmatched["response_id"], "R_lost");
    assert_eq!(unmatched["organisation"], "acme");
    assert_eq!(here.run("webhook list --organisation other").1, "");
    assert_eq!(here.run("webhook list --limit 1").1.lines().count(), 1);
    here.shutdown.cancel();
    here.running.await.unwrap();
}

/// What the console says once the API knows the integration and the sink has begun.
async fn console(api: &str, id: &str, ask: &Value) -> Value {
    let client = reqwest::Client::new();
    let address = format!("{api}/api/v1/integrations/{id}/test");
    wait_until("a test that is logged", 2 * DEADLINE, async || {
        let request = client.post(&address).bearer_auth(KEY).json(ask);
        let response = request.send().await.map_err(|error| error.to_string())?;
        let (status, report): (_, Value) = (response.status(), response.json().await.unwrap());
        if status == 200 && report["log"] != "not_yet" {
            Ok(report)
        } else {
            Err(format!("{status} {report}"))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_proves_each_integration_at_a_real_gateway_and_in_the_log() {
    let here = Installation::new().await;
    let migrate = async |url: String| drop(storage::migrate(&url).await.unwrap());
    let database = TestDatabase::create_with("candor-console", migrate).await;
    let api = here.with_api(&database).await;
    let (key, _) = here.key("sessions:write");
    for platform in ["qualtrics", "generic", "decipher"] {
        let (id, file) = here.integration(platform);
        let secret = std::fs::read_to_string(file).unwrap();
        let noted = console(&api, &id, &json!({})).await;
        let seen = (&noted["answer"]["status"], &noted["outcome"], &noted["log"]);
        assert_eq!(
            seen,
            (&json!(200), &json!("noted"), &json!("stored")),
            "{noted}"
        );
        assert!(secret.is_empty() || !noted.to_string().contains(&secret));
        let session = here.session(&key).await;
        let ask = json!({"event": "completed", "session_id": session});
        let completed = console(&api, &id, &ask).await;
        assert_eq!(completed["outcome"], "session_completed", "{completed}");
        let tampered = console(&api, &id, &json!({"tamper": true})).await;
        let seen = (&tampered["answer"]["status"], &tampered["log"]);
        assert_eq!(seen, (&json!(401), &json!("nothing_taken")), "{tampered}");
    }
    let client = reqwest::Client::new();
    let log = client.get(format!(
        "{api}/api/v1/integrations/deliveries?outcome=session_completed"
    ));
    let log: Value = log
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let mut platforms: Vec<&str> = log["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delivery| delivery["platform"].as_str().unwrap())
        .collect();
    platforms.sort_unstable();
    assert_eq!(platforms, ["decipher", "generic", "qualtrics"]);
    here.shutdown.cancel();
    here.running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_or_read_is_said_in_a_sentence() {
    let here = Installation::new().await;
    for line in [
        "webhook send generic --secret-file /nonexistent/file",
        "webhook send qualtrics --secret-file Cargo.toml --event nothing",
        "webhook send generic --secret-file Cargo.toml",
        "webhook send qualtrics --secret-file Cargo.toml --url http://127.0.0.1:1",
    ] {
        assert_eq!(here.run(line), (1, String::new()), "{line}");
    }
    here.shutdown.cancel();
    here.running.await.unwrap();
}
