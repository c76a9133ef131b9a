//! What PostgreSQL would do for the filters of the list.

use crate::common::{client, migrated_database, organisation};
use storage::{org_transaction, sink_transaction};

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
        .batch_execute("VACUUM (ANALYZE) sessions, session_respondents")
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
        "respondent_id >= 'R_900' AND respondent_id < 'R_901'",
    ] {
        let table = match filter.starts_with("respondent") {
            true => "session_respondents",
            false => "sessions",
        };
        let plan = plan(&mut client, &format!("SELECT FROM {table} WHERE {filter}")).await;
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
        "survey_id = 'SV_7' AND effective_risk = 'HIGH' AND status = 'completed'",
    ] {
        let page = format!(
            "SELECT id FROM sessions WHERE window_count > 0 AND {filter} \
             AND id >= uuid_floor('2026-09-21T01:00:00Z') AND id < uuid_floor('2026-09-21T04:00:00Z') ORDER BY id DESC LIMIT 50"
        );
        let plan = plan(&mut client, &page).await;
        assert!(plan.contains("Index Only Scan"), "{filter}: {plan}");
        assert!(!plan.contains("Sort"), "{filter}: {plan}");
    }
}
