//! Kept counts: what triggers make of what a sink writes.

use schemas::ids::OrganisationId;
use storage::{ensure_partitions, org_transaction, sink_transaction};
use testkit::TestDatabase;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::common::{
    DAY, DAY_MS, apply, client, date, empty_with_client, migrated_database, session_id,
};

const HOUR_MS: i64 = 3_600_000;
/// The tables of counts.
const ROLLUPS: [&str; 4] = [
    "session_rollups",
    "session_rollups_daily",
    "organisation_rollups",
    "organisation_rollups_daily",
];

/// Sessions of two organisations, two surveys and three hours, in every state.
const INSERT: &str = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, survey_id, is_completed, \
    window_count, event_count, generation, rev_offset, rev_phase, is_bot, confidence_score, score_thousandths, \
    risk_level, class, methods) \
    SELECT (left(uuid_floor('2026-09-21'::timestamptz + n * interval '3 minutes')::text, 24) || lpad(n::text, 12, '0'))::uuid, \
    CASE n % 3 WHEN 0 THEN 'theirs' ELSE 'ours' END, '2026-09-21', '2026-09-21'::timestamptz + n * interval '1 s', \
    (ARRAY['active', 'completed', 'idle', 'max_length'])[n % 4 + 1], (ARRAY['SV_1', 'SV_2', NULL])[n % 3 + 1], n % 4 = 1, \
    CASE WHEN n % 10 = 0 THEN 0 ELSE 1 END, n, 1, n, 2, n % 5 > 3, 0.5, score, \
    CASE WHEN score < 300 THEN 'LOW' WHEN score < 600 THEN 'MEDIUM' WHEN score < 900 THEN 'HIGH' WHEN score < 1000 THEN 'CRITICAL' END, \
    CASE WHEN score IS NOT NULL THEN (ARRAY['human', 'scripted_bot', 'ai_agent', 'ai_assisted', 'declared_agent', 'insufficient_data'])[n % 6 + 1] END, \
    CASE WHEN score IS NULL THEN 0 ELSE n * 37 % 1024 END \
    FROM generate_series(1, 60) AS n, LATERAL (SELECT CASE WHEN n % 7 > 0 THEN n * 83 % 1000 END AS score) AS scored";

/// Runs the statements as the sink.
async fn as_sink(client: &mut deadpool_postgres::Client, statements: &[&str]) {
    let transaction = sink_transaction(client).await.unwrap();
    for statement in statements {
        transaction.batch_execute(statement).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

/// Sessions, judged ones, bots and events of all hours of an organisation; as its API sees them.
async fn totals(client: &mut deadpool_postgres::Client, organisation: &str, table: &str) -> String {
    let organisation: OrganisationId = organisation.parse().unwrap();
    let transaction = org_transaction(client, &organisation).await.unwrap();
    let statement = format!(
        "SELECT concat_ws(' ', sum(sessions), sum(judged), sum(bots), sum(events), max(latest_update)) FROM {table}"
    );
    transaction.query_one(&statement, &[]).await.unwrap().get(0)
}

async fn assert_right(database: &TestDatabase) {
    assert_eq!(database.rollup_differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn roll_ups_follow_what_is_inserted_changed_and_erased() {
    let (database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    as_sink(&mut client, &[INSERT]).await;
    assert_right(&database).await;
    let hours = database.count("organisation_rollups").await;
    assert_eq!(
        hours, 6,
        "two organisations, three hours with sessions that count"
    );
    for change in [
        "UPDATE sessions SET status = 'completed', event_count = event_count + 7 WHERE status = 'active'",
        "UPDATE sessions SET window_count = 1 WHERE window_count = 0 AND right(id::text, 2) < '40'",
        "UPDATE sessions SET survey_id = 'SV_3' WHERE survey_id IS NULL",
        "UPDATE sessions SET respondent_id = 'R_' || event_count % 7 WHERE event_count % 9 > 0",
        "UPDATE sessions SET respondent_id = nullif('R_' || event_count % 3, 'R_0') WHERE event_count % 5 = 0",
        "UPDATE sessions SET finding_count = 2, finding_score_thousandths = 950, finding_risk = 'CRITICAL' WHERE is_bot",
        "UPDATE sessions SET is_bot = NULL, confidence_score = NULL, score_thousandths = NULL, risk_level = NULL, \
            class = NULL, methods = 0 WHERE class = 'human'",
        "UPDATE sessions SET organisation = 'third' WHERE survey_id = 'SV_2'",
        "UPDATE sessions SET status = 'idle' WHERE organisation = 'nobody'",
    ] {
        as_sink(&mut client, &[change]).await;
        assert_right(&database).await;
    }
    let superuser = database.client().await;
    let erased = superuser
        .execute("DELETE FROM sessions WHERE status = 'completed'", &[])
        .await;
    assert!(erased.unwrap() > 5);
    assert_right(&database).await;
    superuser
        .execute("DELETE FROM sessions", &[])
        .await
        .unwrap();
    assert_right(&database).await;
    let left: i64 = superuser
        .query_one(
            "SELECT count(*) FROM session_rollups WHERE sessions <> 0 OR method_model <> 0",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_upsert_counts_what_it_inserted_and_what_it_changed_once() {
    let (database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    as_sink(
        &mut client,
        &[INSERT, "UPDATE sessions SET window_count = 1"],
    )
    .await;
    let upsert = INSERT.replace("generate_series(1, 60)", "generate_series(41, 90)")
        + " ON CONFLICT (id) DO UPDATE SET status = 'idle', event_count = sessions.event_count + 1";
    as_sink(&mut client, &[&upsert]).await;
    assert_right(&database).await;
    assert_eq!(database.count("sessions").await, 90);
}

#[tokio::test]
async fn making_and_dropping_partitions_changes_no_roll_up() {
    let (database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    as_sink(&mut client, &[INSERT]).await;
    let before = totals(&mut client, "ours", "session_rollups").await;
    assert_eq!(
        before,
        totals(&mut client, "ours", "organisation_rollups").await
    );
    assert!(before.starts_with("36 "), "{before}");
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-21"))
        .await
        .unwrap();
    assert_eq!(database.count("sessions_p20260921").await, 60);
    assert_right(&database).await;
    let drop = "SELECT candor_drop_partitions_before('2026-09-22')";
    client.query_one(drop, &[]).await.unwrap();
    assert_eq!(database.count("sessions").await, 0);
    for table in ROLLUPS {
        assert_eq!(totals(&mut client, "ours", table).await, before);
    }
}

/// A finding about a session of `organisation`.
async fn find(client: &mut deadpool_postgres::Client, organisation: &str, id: Uuid, sessions: i32) {
    let transaction = sink_transaction(client).await.unwrap();
    let statement = "INSERT INTO coordination_findings SELECT $1, $2, 'device', repeat('ab', 16), 'SV_1', told, told, \
        '2026-09-21', '2026-09-21'::timestamptz + told * interval '1 s', 10 * told, \
        CASE WHEN told > 50 THEN 'HIGH' ELSE 'MEDIUM' END, 'coordination.same_device', 'text', '{}' \
        FROM (SELECT $3::integer) AS finding (told) \
        ON CONFLICT (session_id, kind, fingerprint) DO UPDATE SET revision = excluded.revision, \
        sessions = excluded.sessions, last_at = excluded.last_at, score_thousandths = excluded.score_thousandths, \
        risk_level = excluded.risk_level";
    let written = transaction
        .execute(statement, &[&id, &organisation, &sessions])
        .await;
    assert_eq!(written.unwrap(), 1);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_campaign_is_the_greatest_of_what_its_findings_tell() {
    let (database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    for (organisation, number, sessions) in [
        ("ours", 1, 6),
        ("ours", 2, 60),
        ("theirs", 3, 3),
        ("ours", 1, 9),
    ] {
        find(&mut client, organisation, session_id(DAY, number), sessions).await;
        assert_right(&database).await;
    }
    let organisation: OrganisationId = "ours".parse().unwrap();
    let transaction = org_transaction(&mut client, &organisation).await.unwrap();
    let statement = "SELECT concat_ws(' ', organisation, kind, survey_id, sessions, score_thousandths, risk_level, code, \
        extract(epoch FROM last_at - first_at)::int) FROM campaigns";
    let rows = transaction.query(statement, &[]).await.unwrap();
    let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        seen,
        ["ours device SV_1 60 600 HIGH coordination.same_device 60"]
    );
}

#[tokio::test]
async fn the_api_reads_roll_ups_of_its_organisation_and_changes_none() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    as_sink(&mut client, &[INSERT]).await;
    find(&mut client, "theirs", session_id(DAY, 3), 3).await;
    for table in ROLLUPS {
        let (ours, theirs) = (
            totals(&mut client, "ours", table).await,
            totals(&mut client, "theirs", table).await,
        );
        assert!(
            ours.starts_with("36 ") && theirs.starts_with("18 "),
            "{ours}, {theirs}"
        );
        assert_eq!(totals(&mut client, "nobody", table).await, "");
    }
    let ours: OrganisationId = "ours".parse().unwrap();
    let transaction = org_transaction(&mut client, &ours).await.unwrap();
    let campaigns = transaction
        .query("SELECT FROM campaigns", &[])
        .await
        .unwrap();
    assert_eq!(campaigns.len(), 0);
    transaction.rollback().await.unwrap();
    for statement in [
        "UPDATE session_rollups SET sessions = 0",
        "INSERT INTO organisation_rollups (organisation, hour) VALUES ('ours', now())",
        "DELETE FROM campaigns",
        "SELECT candor_count('{}')",
        "SELECT candor_take_turn('{}', true)",
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
async fn what_the_version_before_stored_is_rolled_up() {
    let (database, mut client) = empty_with_client().await;
    apply(&client, 1..=5).await;
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-21"))
        .await
        .unwrap();
    let before = INSERT
        .replace(", methods)", ")")
        .replace("CASE WHEN score IS NULL THEN 0 ELSE n * 37 % 1024 END", "");
    let before = before.replace("END,  FROM", "END FROM");
    let headlines = "INSERT INTO session_windows (session_id, organisation, generation, window_offset, rev_offset, \
        rev_phase, status, created_at, updated_at, method_scores) \
        SELECT id, organisation, 1, 5, 9, 2, 'completed', created_at, updated_at, \
        '{\"mouse\": 0.5, \"model\": 0.9, \"scroll\": 0.499}' FROM sessions WHERE class = 'ai_agent'";
    let point =
        "UPDATE sessions SET headline_generation = 1, headline_window = 5 WHERE class = 'ai_agent'";
    as_sink(&mut client, &[&before, headlines, point]).await;
    find(
        &mut client,
        "ours",
        session_id(DAY - 3 * DAY_MS + HOUR_MS, 1),
        6,
    )
    .await;
    apply(&client, 6..=10).await;
    assert_right(&database).await;
    let statement =
        "SELECT concat_ws(' ', methods, count(*)) FROM sessions GROUP BY methods ORDER BY methods";
    let rows = database.client().await.query(statement, &[]).await.unwrap();
    let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(seen, ["0 52", "514 8"]);
    assert_eq!(database.count("campaigns").await, 1);
    assert!(database.count("session_rollups").await > 6);
    // The partition that was there and the next one keep room for new versions of rows.
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-22"))
        .await
        .unwrap();
    let options = "SELECT count(*) FROM pg_class WHERE relname IN \
        ('sessions_p20260921', 'sessions_p20260922', 'sessions_default') AND 'fillfactor=70' = ANY (reloptions)";
    let row = client.query_one(options, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 3);
}

/// Transactions of two hours meet in the counts of their day: without this they could wait for each other.
#[tokio::test]
async fn one_transaction_at_a_time_has_the_turn_of_a_day() {
    let (_database, pool) = migrated_database().await;
    let (mut first, mut second) = (client(&pool).await, client(&pool).await);
    let turn = |hours: i64| {
        let id = session_id(DAY + hours * HOUR_MS, 1);
        format!("SELECT candor_take_turn(ARRAY['{id}'::uuid], false)")
    };
    let holder = sink_transaction(&mut first).await.unwrap();
    holder.batch_execute(&turn(1)).await.unwrap();
    for (hours, is_free) in [(1, false), (22, false), (24, true), (-24, true)] {
        let transaction = sink_transaction(&mut second).await.unwrap();
        let limited = format!("SET LOCAL lock_timeout = '50ms'; {}", turn(hours));
        let outcome = transaction.batch_execute(&limited).await;
        match outcome {
            Ok(()) => assert!(is_free, "{hours} hours"),
            Err(error) => {
                assert_eq!(error.code(), Some(&SqlState::LOCK_NOT_AVAILABLE), "{error}");
                assert!(!is_free, "{hours} hours");
            }
        }
        transaction.rollback().await.unwrap();
    }
}
