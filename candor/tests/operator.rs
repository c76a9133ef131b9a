//! The operator's verbs on a real Kafka and a real PostgreSQL: done once, harmless when repeated.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

mod seed;

use std::process::Command;

use testkit::{TestDatabase, TestKafka};

/// Runs the command and returns its standard output.
fn candor(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    let ended = command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let problems = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {problems}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn topics_are_created_once_and_listed() {
    let prefix = format!("verbs{}", std::process::id());
    let brokers = TestKafka::shared().brokers();
    let variables = [
        ("CANDOR_KAFKA_BROKERS", brokers),
        ("CANDOR_TOPIC_PREFIX", prefix.as_str()),
    ];
    let count = schemas::topic::Topics::new(&prefix).specs().len();
    let missing = candor(&["topics", "list"], &variables);
    assert_eq!(missing.matches("missing").count(), count, "{missing}");
    let create = [
        "topics",
        "create",
        "--partitions",
        "3",
        "--replication-factor",
        "1",
    ];
    let created = candor(&create, &variables);
    assert_eq!(created.matches("created").count(), count, "{created}");
    let again = candor(&create, &variables);
    assert_eq!(again.matches("exists").count(), count, "{again}");
    let listed = candor(&["topics", "list"], &variables);
    assert!(
        listed.contains(&format!("3 partitions  {prefix}.events.v1\n")),
        "{listed}"
    );
    assert!(
        listed.contains(&format!("1 partitions  {prefix}.control.v1\n")),
        "{listed}"
    );
}

#[tokio::test]
async fn a_database_is_migrated_once() {
    let database = TestDatabase::create_empty().await;
    let variables = [("CANDOR_DATABASE_URL", database.url())];
    let first = candor(&["migrate"], &variables);
    assert!(first.contains("applied  V1"), "{first}");
    assert!(
        first.ends_with(&format!("schema version {}\n", storage::SCHEMA_VERSION)),
        "{first}"
    );
    let again = candor(&["migrate"], &variables);
    assert!(again.starts_with("nothing to do\n"), "{again}");
    assert_eq!(database.count("sessions").await, 0);
}
