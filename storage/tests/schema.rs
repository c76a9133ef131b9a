//! The schema on a real PostgreSQL, always as an ordinary login.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod common;
mod rollups;

use chrono::NaiveDate;
use common::{
    DAY, DAY_MS, client, empty_database, migrated_database, owner_url, session_id, store_session,
};
use schemas::ids::OrganisationId;
use storage::{
    DatabaseConfig, Read, SCHEMA_VERSION, StorageError, count_default_rows, ensure_partitions,
    migrate, org_read, org_transaction, org_write_transaction, pool, relay_transaction,
    sink_transaction,
};
use tokio_postgres::error::SqlState;

fn organisation(name: &str) -> OrganisationId {
    name.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_second_migration_changes_nothing() {
    let database = empty_database().await;
    let url = owner_url(&database);
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
        .flat_map(|database| [owner_url(database), owner_url(database)])
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
        (21, 21),
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
async fn rows_of_no_day_go_to_the_default_partition_and_leave_it_when_their_day_comes() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    let (inside, outside) = (session_id(DAY + DAY_MS - 1, 1), session_id(DAY + DAY_MS, 2));
    for id in [inside, outside] {
        store_session(&mut client, "ours", id).await;
    }
    assert_eq!(count_default_rows(&mut client).await.unwrap(), 2);
    let made = ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-21")).await;
    assert_eq!(made.unwrap(), 5);
    assert_eq!(count_default_rows(&mut client).await.unwrap(), 1);
    let transaction = org_transaction(&mut client, &organisation("ours"))
        .await
        .unwrap();
    let statement = "SELECT id, tableoid::regclass::text FROM sessions ORDER BY id";
    let rows = transaction.query(statement, &[]).await.unwrap();
    let seen: Vec<(uuid::Uuid, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [
        (inside, "sessions_p20260921".to_owned()),
        (outside, "sessions_default".to_owned()),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_day_that_is_a_partition_takes_its_new_rows() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-22"))
        .await
        .unwrap();
    for (low, millis) in [(1, DAY), (2, DAY + DAY_MS - 1), (3, DAY + DAY_MS)] {
        store_session(&mut client, "ours", session_id(millis, low)).await;
    }
    assert_eq!(count_default_rows(&mut client).await.unwrap(), 0);
}

#[tokio::test]
async fn partitions_made_by_several_at_once_are_made_once() {
    let (_database, pool) = migrated_database().await;
    let makers: Vec<_> = (0..4)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut client = pool.get().await.unwrap();
                ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-23"))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut made = 0;
    for maker in makers {
        made += maker.await.unwrap();
    }
    assert_eq!(made, 15, "five tables, three days");
    let mut client = client(&pool).await;
    let again = ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-23")).await;
    assert_eq!(again.unwrap(), 0);
    let backwards = ensure_partitions(&mut client, date("2026-09-23"), date("2026-09-21")).await;
    assert!(backwards.is_err(), "{backwards:?}");
}

#[tokio::test]
async fn retention_drops_days_and_old_rows_of_the_default_partition() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    ensure_partitions(&mut client, date("2026-09-20"), date("2026-09-21"))
        .await
        .unwrap();
    for (low, millis) in [
        (1, DAY - DAY_MS),
        (2, DAY),
        (3, DAY - 9 * DAY_MS),
        (4, DAY + 9 * DAY_MS),
    ] {
        store_session(&mut client, "ours", session_id(millis, low)).await;
    }
    let row = client
        .query_one("SELECT candor_drop_partitions_before('2026-09-21')", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i32>(0), 5);
    let transaction = sink_transaction(&mut client).await.unwrap();
    let rows = transaction
        .query("SELECT id FROM sessions ORDER BY id", &[])
        .await
        .unwrap();
    let kept: Vec<uuid::Uuid> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(kept, [session_id(DAY, 2), session_id(DAY + 9 * DAY_MS, 4)]);
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

/// Applies the migrations up to that version.
async fn migrate_to(client: &deadpool_postgres::Client, version: usize) {
    let files = [
        include_str!("../migrations/V1__roles.sql"),
        include_str!("../migrations/V2__tables.sql"),
        include_str!("../migrations/V3__partitions.sql"),
        include_str!("../migrations/V4__rights.sql"),
        include_str!("../migrations/V5__coordination.sql"),
    ];
    for statements in &files[..version] {
        client.batch_execute(statements).await.unwrap();
    }
}

/// A database of the version before, with a day that is a partition and with rows.
async fn database_before_findings(client: &mut deadpool_postgres::Client) {
    migrate_to(client, 4).await;
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
    let database = empty_database().await;
    let pool = storage::pool(&storage::DatabaseConfig::new(owner_url(&database))).unwrap();
    let mut client = client(&pool).await;
    database_before_findings(&mut client).await;
    let migration = include_str!("../migrations/V5__coordination.sql");
    client.batch_execute(migration).await.unwrap();
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

/// Twenty thousand sessions of two organisations, and what the planner needs to know of them.
async fn fill_sessions(client: &mut deadpool_postgres::Client) {
    let transaction = sink_transaction(client).await.unwrap();
    let statement = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, platform, survey_id, \
        respondent_id, is_completed, window_count, event_count, generation, rev_offset, rev_phase, is_bot, \
        confidence_score, score_thousandths, risk_level, class) \
        SELECT (left(uuid_floor('2026-09-21'::timestamptz + n * interval '1 second')::text, 24) || lpad(n::text, 12, '0'))::uuid, \
        CASE n % 2 WHEN 0 THEN 'ours' ELSE 'theirs' END, '2026-09-21', '2026-09-21', \
        CASE WHEN n % 50 = 0 THEN 'idle' ELSE 'completed' END, CASE WHEN n % 50 = 0 THEN 'qualtrics' ELSE 'decipher' END, \
        'SV_' || n % 100, 'R_' || n, true, 1, 9, 1, n, 2, false, 0.5, n % 1000, \
        CASE WHEN n % 50 = 0 THEN 'HIGH' ELSE 'LOW' END, CASE WHEN n % 50 = 0 THEN 'ai_agent' ELSE 'human' END \
        FROM generate_series(1, 20000) AS n";
    transaction.execute(statement, &[]).await.unwrap();
    transaction.commit().await.unwrap();
    client
        .batch_execute("VACUUM (ANALYZE) sessions")
        .await
        .unwrap();
}

/// What PostgreSQL would do, as the API of `ours`.
async fn plan(client: &mut deadpool_postgres::Client, query: &str) -> String {
    let transaction = org_transaction(client, &organisation("ours"))
        .await
        .unwrap();
    let explain = format!("EXPLAIN {query}");
    let rows = transaction.query(&explain, &[]).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    lines.join("\n")
}

#[tokio::test]
async fn every_filter_of_the_session_list_uses_an_index_under_row_level_security() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    fill_sessions(&mut client).await;
    for filter in [
        "id < uuid_floor('2026-09-21T00:05:00Z')",
        "survey_id >= 'SV_7' AND survey_id < 'SV_70'",
        "respondent_id = 'R_900'",
    ] {
        let plan = plan(
            &mut client,
            &format!("SELECT id FROM sessions WHERE {filter}"),
        )
        .await;
        let column = filter.split(' ').next().unwrap();
        let condition = plan
            .lines()
            .find(|line| line.contains("Index Cond"))
            .unwrap_or_default();
        assert!(condition.contains(column), "{filter}: {plan}");
    }
    // Found in the index itself, in the order of the list.
    for filter in [
        "status = 'idle'",
        "effective_risk = ANY (ARRAY['HIGH', 'CRITICAL'])",
        "class = 'ai_agent' AND platform = 'qualtrics'",
        "score_bucket >= 18",
    ] {
        let page = format!(
            "SELECT id FROM sessions WHERE window_count > 0 AND {filter} ORDER BY id DESC LIMIT 50"
        );
        let plan = plan(&mut client, &page).await;
        assert!(plan.contains("Index Only Scan"), "{filter}: {plan}");
        assert!(!plan.contains("Sort"), "{filter}: {plan}");
    }
}

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
    let database = empty_database().await;
    let url = owner_url(&database);
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
