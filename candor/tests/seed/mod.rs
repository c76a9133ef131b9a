//! `candor seed` on a real PostgreSQL: the rows that were asked for, once, and read by the API.

use std::collections::BTreeMap;
use std::time::Duration;

use dashboard_api::DashboardConfig;
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::config::{Config, Reader};
use runtime::health::Health;
use runtime::tasks::Tasks;
use schemas::ids::{OrganisationId, SessionId, SessionSecret};
use serde_json::Value;
use testkit::{TestDatabase, TestTopics, wait_until};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::candor;

const SECRET: &str = "a-session-secret-of-these-tests";
const KEY: &str = "sk_test_seeded_0123456789abcdef";
const UNTIL: &str = "2026-11-20T18:00:00Z";
/// Sessions of one transaction of the command.
const CHUNK: i64 = 5000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command; its last line.
fn seed(database: &TestDatabase, sessions: &str) -> String {
    let arguments = [
        ["--sessions", sessions],
        ["--organisations", "4"],
        ["--surveys", "12"],
        ["--days", "3"],
        ["--until", UNTIL],
        ["--seed", "7"],
        ["--raw-every", "100"],
        ["--writers", "2"],
    ];
    let arguments: Vec<&str> = std::iter::once("seed")
        .chain(arguments.into_iter().flatten())
        .collect();
    let variables = [
        ("CANDOR_DATABASE_URL", database.url()),
        ("CANDOR_SESSION_SECRET", SECRET),
    ];
    candor(&arguments, &variables)
}

async fn number(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// Every row of the tables, and which transaction wrote it.
async fn contents(client: &Client, with_writers: bool) -> BTreeMap<&'static str, (i64, i64)> {
    let mut contents = BTreeMap::new();
    for (table, counted) in [
        ("sessions", true),
        ("session_windows", true),
        ("detection_results", true),
        ("coordination_findings", true),
        ("behavior_batches", true),
        ("session_rollups", false),
        ("session_rollups_daily", false),
        ("organisation_rollups", false),
        ("organisation_rollups_daily", false),
        ("campaigns", false),
    ] {
        let writer = if with_writers && counted {
            "xmin::text ||"
        } else {
            ""
        };
        let query = format!(
            "SELECT count(*), coalesce(sum(hashtextextended({writer} t::text, 0) % 1000000007), 0)::bigint FROM {table} AS t"
        );
        let row = client.query_one(&query, &[]).await.unwrap();
        contents.insert(table, (row.get(0), row.get(1)));
    }
    contents
}

async fn check_what_was_asked(client: &Client) {
    let all = "SELECT count(*) FROM sessions WHERE window_count > 0";
    assert_eq!(number(client, all).await, 6000);
    let organisations = "SELECT count(DISTINCT organisation) FROM sessions";
    assert_eq!(number(client, organisations).await, 4);
    let surveys = "SELECT count(DISTINCT survey_id) FROM sessions";
    assert_eq!(number(client, surveys).await, 12);
    let outside = "SELECT count(*) FROM sessions WHERE created_at NOT BETWEEN '2026-11-17T18:00:00Z' AND '2026-11-20T18:00:00Z'";
    assert_eq!(number(client, outside).await, 0);
    let default_rows = "SELECT (SELECT count(*) FROM sessions_default) + (SELECT count(*) FROM session_windows_default) \
        + (SELECT count(*) FROM detection_results_default)";
    assert_eq!(number(client, default_rows).await, 0);
    let early = "SELECT count(*) FROM sessions WHERE status = 'active' AND created_at < '2026-11-20T17:00:00Z'";
    assert_eq!(number(client, early).await, 0);
    assert!(
        number(
            client,
            "SELECT count(*) FROM sessions WHERE status = 'active'"
        )
        .await
            > 0
    );
}

/// What the detector says of them: mostly people, some bots with reasons, a few campaigns.
async fn check_verdicts(client: &Client) {
    let people = number(
        client,
        "SELECT count(*) FROM sessions WHERE class = 'human'",
    )
    .await;
    assert!(
        (4800..5700).contains(&people),
        "{people} of 6000 are taken for people"
    );
    for (what, least, query) in [
        ("bots", 200, "SELECT count(*) FROM sessions WHERE is_bot"),
        (
            "reasons",
            200,
            "SELECT count(*) FROM session_windows WHERE reasons <> '[]'",
        ),
        (
            "methods",
            200,
            "SELECT count(*) FROM sessions WHERE methods <> 0",
        ),
        ("campaigns", 1, "SELECT count(*) FROM campaigns"),
        (
            "findings",
            3,
            "SELECT count(*) FROM sessions WHERE finding_count > 0",
        ),
    ] {
        let found = number(client, query).await;
        assert!(found >= least, "{what}: {found}");
    }
}

async fn check_events(client: &Client) {
    let with_events = number(
        client,
        "SELECT count(DISTINCT session_id) FROM behavior_batches",
    )
    .await;
    assert!(
        (50..=60).contains(&with_events),
        "{with_events} of 60 sessions have events"
    );
    // As many events as the verdict says that it has seen.
    let differing = "SELECT count(*) FROM sessions JOIN (SELECT session_id AS id, sum(event_count) AS stored FROM behavior_batches GROUP BY 1) AS raw \
        USING (id) WHERE stored <> event_count";
    assert_eq!(number(client, differing).await, 0);
}

async fn check_ids(client: &Client) {
    let secret = SessionSecret::new(SECRET).unwrap();
    for row in client
        .query("SELECT id, organisation FROM sessions", &[])
        .await
        .unwrap()
    {
        let id = SessionId::try_from(row.get::<_, Uuid>(0)).unwrap();
        let organisation: OrganisationId = row.get::<_, &str>(1).parse().unwrap();
        assert!(secret.verifies(&organisation, id), "{id} of {organisation}");
    }
}

async fn check_rollups(client: &Client) {
    let counted = "SELECT count(*) FROM (SELECT organisation, coalesce(survey_id, '') AS survey_id, count(*) AS sessions, \
        count(*) FILTER (WHERE is_bot) AS bots, count(*) FILTER (WHERE effective_risk = 'CRITICAL') AS risk_critical \
        FROM sessions GROUP BY 1, 2) AS counted FULL JOIN (SELECT organisation, survey_id, sum(sessions) AS sessions, \
        sum(bots) AS bots, sum(risk_critical) AS risk_critical FROM session_rollups GROUP BY 1, 2) AS kept \
        USING (organisation, survey_id, sessions, bots, risk_critical) WHERE counted IS NULL OR kept IS NULL";
    assert_eq!(number(client, counted).await, 0);
    let sum = "SELECT sum(sessions)::bigint FROM organisation_rollups";
    assert_eq!(number(client, sum).await, 6000);
}

#[tokio::test]
async fn a_database_is_seeded_as_asked_and_a_repetition_changes_nothing() {
    let database = TestDatabase::create_empty().await;
    let said = seed(&database, "6000");
    assert!(
        said.starts_with("6000 sessions written, 0 stood there"),
        "{said}"
    );
    let client = database.client().await;
    check_what_was_asked(&client).await;
    check_verdicts(&client).await;
    check_events(&client).await;
    check_ids(&client).await;
    check_rollups(&client).await;

    let before = contents(&client, true).await;
    let again = seed(&database, "6000");
    assert!(
        again.starts_with("0 sessions written, 6000 stood there"),
        "{again}"
    );
    assert_eq!(contents(&client, true).await, before);

    // A run that was broken off: the last chunk is missing.
    let before = contents(&client, false).await;
    let first: Uuid = client
        .query_one(
            "SELECT id FROM sessions ORDER BY created_at, id OFFSET $1 LIMIT 1",
            &[&CHUNK],
        )
        .await
        .unwrap()
        .get(0);
    for (table, key) in [
        ("sessions", "id"),
        ("session_windows", "session_id"),
        ("detection_results", "session_id"),
    ] {
        let statement = format!("DELETE FROM {table} WHERE {key} >= $1");
        assert!(
            client.execute(&statement, &[&first]).await.unwrap() > 900,
            "{table}"
        );
    }
    let last = seed(&database, "6000");
    assert!(
        last.starts_with("1000 sessions written, 5000 stood there"),
        "{last}"
    );
    assert_eq!(contents(&client, false).await, before);
    check_rollups(&client).await;
}

/// The API's answer.
async fn ask(address: &str, path: &str) -> Value {
    let client = reqwest::Client::new();
    let answer = client
        .get(format!("{address}{path}"))
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// An API over `database`, with settings as they come; ends with the token.
async fn start_api(database: &TestDatabase, topics: &TestTopics) -> (String, CancellationToken) {
    let settings = |name: &str| match name {
        "CANDOR_KAFKA_BROKERS" => Some(topics.brokers().to_owned()),
        "CANDOR_TOPIC_PREFIX" => Some(topics.prefix().to_owned()),
        "CANDOR_DATABASE_URL" => Some(database.url().to_owned()),
        "CANDOR_BOOTSTRAP_SECRET_KEY" => Some(KEY.to_owned()),
        "CANDOR_SESSION_SECRET" => Some(SECRET.to_owned()),
        _ => None,
    };
    let config = DashboardConfig::read(&mut Reader::new(settings));
    let (health, registry) = (Health::default(), Registry::new());
    let state = dashboard_api::setup(&config, &health, &registry).unwrap();
    let shutdown = CancellationToken::new();
    let mut tasks = Tasks::new(shutdown.clone());
    dashboard_api::serve_background(&state, &mut tasks, &shutdown);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = dashboard_api::router(state, health, registry);
    tasks.spawn(
        "http",
        runtime::http::serve(listener, router, shutdown.clone()),
    );
    tokio::spawn(tasks.wait(PATIENCE));
    let ready = format!("{address}/health/ready");
    wait_until("readiness", PATIENCE, async || {
        match reqwest::get(&ready).await {
            Ok(answer) if answer.status() == 200 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    (address, shutdown)
}

#[tokio::test]
async fn the_api_reads_what_was_seeded() {
    let database = TestDatabase::create_empty().await;
    seed(&database, "400");
    let topics = TestTopics::create(1).await;
    let (address, shutdown) = start_api(&database, &topics).await;
    let mut listed = Vec::new();
    let first = "/api/v1/dashboard/sessions?limit=200&from=2026-11-01";
    let mut path = first.to_owned();
    loop {
        let page = ask(&address, &path).await;
        let sessions = page["sessions"].as_array().unwrap();
        let ids = sessions
            .iter()
            .map(|session| session["session_id"].as_str().unwrap());
        listed.extend(ids.map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{first}&cursor={cursor}");
    }
    let client = database.client().await;
    let ours = "SELECT count(*) FROM sessions WHERE organisation = 'default'";
    let ours = number(&client, ours).await;
    assert_eq!(listed.len(), usize::try_from(ours).unwrap());
    assert!(ours > 100, "{ours}");
    let status = format!("/api/v1/detection/sessions/{}/status", listed[0]);
    let status = ask(&address, &status).await;
    assert_ne!(status["status"], "pending", "{status}");
    let details = format!("/api/v1/dashboard/sessions/{}/details", listed[10]);
    let details = ask(&address, &details).await;
    assert!(details.to_string().contains("builtin-1"), "{details}");
    shutdown.cancel();
}
