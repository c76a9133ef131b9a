//! Migrations: once, at once from several places, and over the rows of a version before.

use crate::common::{
    DAY, DAY_MS, apply, date, empty_database, empty_with_client, session_id, store_session,
};
use storage::{SCHEMA_VERSION, ensure_partitions, migrate, sink_transaction};

#[tokio::test]
async fn a_second_migration_changes_nothing() {
    let (_database, url) = empty_database().await;
    let first = migrate(&url).await.unwrap();
    assert_eq!(first.version, SCHEMA_VERSION);
    assert_eq!(
        first.applied.len(),
        usize::try_from(SCHEMA_VERSION).unwrap()
    );
    let second = migrate(&url).await.unwrap();
    assert_eq!(second.applied, Vec::<String>::new());
}

#[tokio::test]
async fn migrations_of_one_and_of_several_databases_may_run_at_once() {
    let databases = [
        empty_database().await,
        empty_database().await,
        empty_database().await,
    ];
    let migrations: Vec<_> = databases
        .iter()
        .flat_map(|(_, url)| [url.clone(), url.clone()])
        .map(|url| tokio::spawn(async move { migrate(&url).await }))
        .collect();
    let mut applied = 0;
    for migration in migrations {
        applied += migration.await.unwrap().unwrap().applied.len();
    }
    assert_eq!(
        applied,
        databases.len() * usize::try_from(SCHEMA_VERSION).unwrap()
    );
}

/// A database of the version before, with a day that is a partition and with rows.
async fn database_before_findings(client: &mut deadpool_postgres::Client) {
    apply(client, 1..=4).await;
    ensure_partitions(client, date("2026-09-21"), date("2026-09-21"))
        .await
        .unwrap();
    for (low, millis) in [(1, DAY), (2, DAY + DAY_MS)] {
        store_session(client, "ours", session_id(millis, low)).await;
    }
    let transaction = sink_transaction(client).await.unwrap();
    let judge = "UPDATE sessions SET risk_level = 'MEDIUM', score_thousandths = 420 WHERE id = $1";
    let judged = transaction.execute(judge, &[&session_id(DAY, 1)]).await;
    assert_eq!(judged.unwrap(), 1);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn rows_of_the_version_before_get_their_effective_risk_and_their_day_a_partition() {
    let (_database, mut client) = empty_with_client().await;
    database_before_findings(&mut client).await;
    apply(&client, 5..=5).await;
    let made = ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-21")).await;
    assert_eq!(made.unwrap(), 1, "that of the findings");
    let transaction = sink_transaction(&mut client).await.unwrap();
    let found = "UPDATE sessions SET finding_risk = $1, finding_score_thousandths = $2 RETURNING \
        concat_ws(' ', risk_level, score_thousandths, effective_risk, effective_score_thousandths)";
    let mut seen = Vec::new();
    for (risk, score) in [
        (None, None),
        (Some("LOW"), Some(100_i16)),
        (Some("HIGH"), Some(650)),
    ] {
        let rows = transaction.query(found, &[&risk, &score]).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        rows.sort();
        seen.push(rows);
    }
    let expected = [
        ["", "MEDIUM 420 MEDIUM 420"],
        ["LOW 100", "MEDIUM 420 MEDIUM 420"],
        ["HIGH 650", "MEDIUM 420 HIGH 650"],
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_the_version_before_stored_is_found_by_its_respondent() {
    let (database, mut client) = empty_with_client().await;
    apply(&client, 1..=9).await;
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-24"))
        .await
        .unwrap();
    for (low, days) in [(1, 0), (2, 0), (3, 3), (4, 30)] {
        store_session(&mut client, "ours", session_id(DAY + days * DAY_MS, low)).await;
    }
    let transaction = sink_transaction(&mut client).await.unwrap();
    let name = "UPDATE sessions SET respondent_id = 'R_1' WHERE id <> $1";
    let named = transaction.execute(name, &[&session_id(DAY, 1)]).await;
    assert_eq!(named.unwrap(), 3);
    transaction.commit().await.unwrap();
    apply(&client, 10..=10).await;
    assert_eq!(database.rollup_differences().await, Vec::<String>::new());
    let table = "session_respondents";
    for (partition, rows) in [("p20260923", 1), ("p20260930", 1), ("default", 1)] {
        let held = database.count(&format!("{table}_{partition}")).await;
        assert_eq!(held, rows, "{partition}");
    }
    let made = ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-24")).await;
    assert_eq!(made.unwrap(), 0);
}
