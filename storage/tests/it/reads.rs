//! Reads of one round trip.

use crate::common::{
    DAY, client, empty_database, migrated_database, organisation, session_id, store_session,
};
use storage::{DatabaseConfig, Read, StorageError, migrate, org_read, pool};
use tokio_postgres::error::SqlState;

#[tokio::test]
async fn reads_of_one_round_trip_see_one_organisation_and_leave_nothing_behind() {
    let (database, pool) = migrated_database().await;
    let mut owner = client(&pool).await;
    let (ours, theirs) = (session_id(DAY, 1), session_id(DAY, 2));
    store_session(&mut owner, "ours", ours).await;
    store_session(&mut owner, "theirs", theirs).await;
    // Also as a login that could see everything.
    let superuser = database.client().await;
    for client in [&superuser, &**owner] {
        let ids = client.prepare("SELECT id FROM sessions").await.unwrap();
        let count = client
            .prepare("SELECT count(*) FROM sessions WHERE id = $1")
            .await
            .unwrap();
        for (name, own, counted) in [("ours", ours, 1_i64), ("theirs", theirs, 0)] {
            let reads = [
                Read {
                    statement: &ids,
                    values: &[],
                },
                Read {
                    statement: &count,
                    values: &[&ours],
                },
            ];
            let [listed, number] = org_read(client, &organisation(name), reads).await.unwrap();
            let seen: Vec<uuid::Uuid> = listed.iter().map(|row| row.get(0)).collect();
            assert_eq!(seen, [own], "{name}");
            assert_eq!(number[0].get::<_, i64>(0), counted, "{name}");
        }
        let left = client
            .query_one(
                "SELECT current_user = session_user, coalesce(current_setting('candor.organisation', true), '')",
                &[],
            )
            .await
            .unwrap();
        assert!(left.get::<_, bool>(0));
        assert_eq!(left.get::<_, String>(1), "");
    }
}

#[tokio::test]
async fn a_read_that_fails_spoils_neither_its_answer_nor_the_connection() {
    let (_database, pool) = migrated_database().await;
    let client = client(&pool).await;
    let failing = client.prepare("SELECT 1 / $1::int").await.unwrap();
    let fine = client.prepare("SELECT 7").await.unwrap();
    let ask = async |divisor: i32| {
        let reads = [
            Read {
                statement: &failing,
                values: &[&divisor],
            },
            Read {
                statement: &fine,
                values: &[],
            },
        ];
        let answer = org_read(&client, &organisation("ours"), reads).await;
        answer.map(|[_, rows]| rows[0].get::<_, i32>(0))
    };
    let StorageError::Statement { source, .. } = ask(0).await.unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(source.code(), Some(&SqlState::DIVISION_BY_ZERO));
    assert_eq!(ask(1).await.unwrap(), 7);
}

#[tokio::test]
async fn nothing_is_read_when_the_transaction_cannot_be_opened() {
    let (database, url) = empty_database().await;
    migrate(&url).await.unwrap();
    // May log in, but is no member of the services.
    let stranger = format!("candor_test_stranger_{}", std::process::id());
    let superuser = database.client().await;
    let statements = format!(
        "CREATE ROLE {stranger} LOGIN PASSWORD 'stranger'; GRANT SELECT ON sessions TO {stranger};
         CREATE POLICY stranger ON sessions FOR SELECT TO {stranger} USING (true)"
    );
    superuser.batch_execute(&statements).await.unwrap();
    let pool = pool(&DatabaseConfig::new(database.url_as(&stranger, "stranger"))).unwrap();
    let client = client(&pool).await;
    let ids = client.prepare("SELECT id FROM sessions").await.unwrap();
    let read = Read {
        statement: &ids,
        values: &[],
    };
    let refused = org_read(&client, &organisation("ours"), [read]).await;
    let StorageError::Statement { source, .. } = refused.unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(source.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    drop(client);
    pool.close();
    let undo = format!("DROP OWNED BY {stranger}; DROP ROLE {stranger}");
    superuser.batch_execute(&undo).await.unwrap();
}
