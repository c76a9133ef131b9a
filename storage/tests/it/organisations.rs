//! Row level security: what a role sees and may write, of which organisation.

use crate::common::{DAY, client, migrated_database, organisation, session_id, store_session};
use storage::{org_transaction, org_write_transaction, relay_transaction, sink_transaction};
use tokio_postgres::error::SqlState;

#[tokio::test]
async fn an_organisation_sees_its_own_rows_and_no_others() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    let (ours, theirs) = (session_id(DAY, 1), session_id(DAY, 2));
    store_session(&mut client, "ours", ours).await;
    store_session(&mut client, "theirs", theirs).await;
    for (name, expected) in [
        ("ours", vec![ours]),
        ("theirs", vec![theirs]),
        ("nobody", vec![]),
    ] {
        let transaction = org_transaction(&mut client, &organisation(name))
            .await
            .unwrap();
        let rows = transaction
            .query("SELECT id FROM sessions", &[])
            .await
            .unwrap();
        let seen: Vec<uuid::Uuid> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(seen, expected, "{name}");
        transaction.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn without_an_organisation_nothing_is_seen_not_even_by_the_owner() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    store_session(&mut client, "ours", session_id(DAY, 1)).await;
    let transaction = org_transaction(&mut client, &organisation("ours"))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    // Role and organisation ended with the transaction.
    for role in ["candor_api", "none"] {
        let transaction = client.transaction().await.unwrap();
        let statement = format!("SET LOCAL ROLE {role}");
        transaction.batch_execute(&statement).await.unwrap();
        let row = transaction
            .query_one("SELECT count(*) FROM sessions", &[])
            .await
            .unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "as {role}");
    }
    let forced = "SELECT count(*), count(*) FILTER (WHERE relrowsecurity AND relforcerowsecurity) FROM pg_class \
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> 'refinery_schema_history'";
    let row = client.query_one(forced, &[]).await.unwrap();
    let (tables, closed): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(
        (tables, closed),
        (23, 23),
        "tables, and those with forced row-level security"
    );
}

#[tokio::test]
async fn the_api_role_cannot_write_and_cannot_read_a_partition_past_its_policies() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    store_session(&mut client, "theirs", session_id(DAY, 1)).await;
    for statement in [
        "SELECT * FROM sessions_default",
        "DELETE FROM sessions",
        "UPDATE sessions SET status = 'idle'",
        "SELECT candor_ensure_partitions('2026-09-21', '2026-09-21')",
        "SELECT candor_drop_partitions_before('2026-09-21')",
    ] {
        let transaction = client.transaction().await.unwrap();
        transaction
            .batch_execute("SET LOCAL ROLE candor_api; SET LOCAL candor.organisation = 'ours'")
            .await
            .unwrap();
        let refused = transaction.batch_execute(statement).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {refused}"
        );
    }
}

#[tokio::test]
async fn settings_and_labels_are_written_for_one_organisation_and_their_trails_never_changed() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    let insert = "INSERT INTO review_labels (organisation, session_id, label, actor, created_at) \
        VALUES ($1, gen_random_uuid(), 'bot', 'key', now())";
    for organisation in ["ours", "theirs"] {
        let own = organisation.parse().unwrap();
        let transaction = org_write_transaction(&mut client, &own).await.unwrap();
        transaction.execute(insert, &[&organisation]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let ours = "ours".parse().unwrap();
    let transaction = org_write_transaction(&mut client, &ours).await.unwrap();
    let seen = transaction
        .query("SELECT organisation FROM review_labels", &[])
        .await
        .unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].get::<_, &str>(0), "ours");
    let refused = transaction.execute(insert, &[&"theirs"]).await.unwrap_err();
    assert_eq!(
        refused.code(),
        Some(&SqlState::INSUFFICIENT_PRIVILEGE),
        "{refused}"
    );
    drop(transaction);
    for statement in [
        "UPDATE review_labels SET label = 'human'",
        "DELETE FROM review_labels",
        "UPDATE survey_settings_history SET version = 9",
        "DELETE FROM survey_settings",
        "UPDATE settings_outbox SET published_at = now()",
        "DELETE FROM settings_outbox",
    ] {
        let transaction = org_write_transaction(&mut client, &ours).await.unwrap();
        let refused = transaction.batch_execute(statement).await.unwrap_err();
        let code = refused.code();
        assert_eq!(
            code,
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {refused}"
        );
    }
}

#[tokio::test]
async fn the_relay_sees_the_outbox_of_every_organisation_and_nothing_else() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    for organisation in ["ours", "theirs"] {
        let own = organisation.parse().unwrap();
        let transaction = org_write_transaction(&mut client, &own).await.unwrap();
        let insert = "INSERT INTO settings_outbox (organisation, survey_id, record_key, record_value) \
            VALUES ($1, 'S', 'key', '{}')";
        transaction.execute(insert, &[&organisation]).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let transaction = relay_transaction(&mut client).await.unwrap();
    let mark = "UPDATE settings_outbox SET published_at = now(), attempts = 1, last_error = NULL";
    assert_eq!(transaction.execute(mark, &[]).await.unwrap(), 2);
    transaction.commit().await.unwrap();
    for statement in [
        "SELECT FROM survey_settings",
        "SELECT FROM session_reviews",
        "SELECT FROM sessions",
        "UPDATE settings_outbox SET record_value = '{}'",
        "INSERT INTO settings_outbox (organisation, survey_id, record_key, record_value) VALUES ('a', 'b', 'c', '')",
    ] {
        let transaction = relay_transaction(&mut client).await.unwrap();
        let refused = transaction.batch_execute(statement).await.unwrap_err();
        let code = refused.code();
        assert_eq!(
            code,
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_batch_reads_as_one_row_per_event_by_its_organisation_only() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    let id = session_id(DAY, 1);
    let transaction = sink_transaction(&mut client).await.unwrap();
    let statement = r#"INSERT INTO behavior_batches VALUES ('ours', $1, 1, 5, 0, 'b', 3, '2026-09-21T10:00:00Z',
        '[{"event_type":"mouse_move","timestamp":1790000000250,"data":{"x":12.5}},
          {"event_type":"keypress","timestamp":"2026-09-21T14:13:20.120Z","data":{"key":"letter"}},
          {"event_type":"focus","timestamp":1790000000250}]')"#;
    transaction.execute(statement, &[&id]).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = org_transaction(&mut client, &organisation("ours"))
        .await
        .unwrap();
    let statement = "SELECT event_type || ' ' || extract(epoch FROM timestamp)::numeric(16,3) || ' ' || data::text, id \
        FROM behavior_data WHERE session_id = $1 ORDER BY log_offset, position";
    let rows = transaction.query(statement, &[&id]).await.unwrap();
    let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let expected = [
        r#"mouse_move 1790000000.250 {"x": 12.5}"#,
        r#"keypress 1790000000.120 {"key": "letter"}"#,
        "focus 1790000000.250 {}",
    ];
    assert_eq!(seen, expected);
    let ids: std::collections::BTreeSet<uuid::Uuid> = rows.iter().map(|row| row.get(1)).collect();
    assert_eq!(ids.len(), 3, "ids of events differ");
    transaction.rollback().await.unwrap();
    let transaction = org_transaction(&mut client, &organisation("theirs"))
        .await
        .unwrap();
    let count: i64 = transaction
        .query_one("SELECT count(*) FROM behavior_data", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(count, 0);
}
