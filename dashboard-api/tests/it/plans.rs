//! Plans of the statements, as the API's role and as prepared once for all values: no growing table is read from one end to
//! the other, and what is not asked for is not opened.

use dashboard_api::read_statements;
use serde_json::Value;
use tokio_postgres::Client;

use crate::harness::database;

/// Tables that grow.
const GROWING: [&str; 6] = [
    "sessions",
    "session_respondents",
    "session_windows",
    "detection_results",
    "coordination_findings",
    "behavior_batches",
];

/// Forty thousand sessions of four organisations in ten days, with their windows.
const SEED: &str = "
    SELECT candor_ensure_partitions('2026-09-01', '2026-09-10');
    SET session_replication_role = replica;
    INSERT INTO sessions (id, organisation, created_at, updated_at, status, survey_id, respondent_id, is_completed,
        window_count, event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot,
        score_thousandths, risk_level, class)
    SELECT (left(uuid_floor(at)::text, 14) || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
        'org' || n % 4, at, at, 'completed', 'SV_' || n % 7, 'R_' || n, true, 1, 10, 1, n, 2, 1, n, n % 9 = 0,
        n % 1000, (ARRAY['LOW', 'LOW', 'LOW', 'HIGH'])[1 + n % 4], 'human'
    FROM (SELECT n, timestamptz '2026-09-01' + n * interval '21 seconds' AS at, md5(n::text) AS hash
        FROM generate_series(1, 40000) n) AS made;
    INSERT INTO session_respondents SELECT organisation, respondent_id, id FROM sessions;
    INSERT INTO session_windows (session_id, organisation, generation, window_offset, rev_offset, rev_phase, status,
        created_at, updated_at, analysis_summary, reasons)
    SELECT id, organisation, 1, headline_window, rev_offset, 2, status, created_at, updated_at, 'A sentence.', '[]'
    FROM sessions;
    INSERT INTO coordination_findings (session_id, organisation, kind, fingerprint, survey_id, revision, sessions,
        first_at, last_at, score_thousandths, risk_level, code, description, evidence)
    SELECT id, organisation, 'device', md5((rev_offset % 1000)::text), survey_id, 1, 2, created_at, created_at, 600, 'HIGH',
        'c', 'A sentence.', '{}'
    FROM sessions WHERE rev_offset % 3 = 0;
    INSERT INTO session_rollups (organisation, survey_id, hour, sessions)
    SELECT 'org' || o, 'SV_' || s, timestamptz '2026-09-01' + h * interval '1 hour', 5
    FROM generate_series(0, 3) o, generate_series(0, 6) s, generate_series(0, 239) h;
    INSERT INTO organisation_rollups (organisation, hour, sessions)
    SELECT 'org' || o, timestamptz '2026-09-01' + h * interval '1 hour', 35
    FROM generate_series(0, 3) o, generate_series(0, 239) h;
    INSERT INTO session_rollups_daily (organisation, survey_id, day, sessions)
    SELECT organisation, survey_id, date_trunc('day', hour, 'UTC'), sum(sessions) FROM session_rollups GROUP BY 1, 2, 3;
    INSERT INTO organisation_rollups_daily (organisation, day, sessions)
    SELECT organisation, date_trunc('day', hour, 'UTC'), sum(sessions) FROM organisation_rollups GROUP BY 1, 2;
    SET session_replication_role = origin;
    VACUUM ANALYZE;
";

/// Every node of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let mut all = vec![plan];
    for child in plan["Plans"].as_array().into_iter().flatten() {
        all.extend(nodes(child));
    }
    all
}

fn table(node: &Value) -> Option<&str> {
    let name = node["Relation Name"].as_str()?;
    let is_growing = GROWING.iter().any(|table| name.starts_with(table));
    is_growing.then_some(name)
}

/// The values of a statement: a day, a page, and one of each filter as far as the statement has it.
fn values(name: &str, types: &[String]) -> String {
    let values = types
        .iter()
        .enumerate()
        .map(|(place, kind)| match (name, place, kind.as_str()) {
            ("items" | "timings", 0, _) => {
                "ARRAY[uuid_floor('2026-09-05 12:00'), uuid_floor('2026-09-05 13:00')]".to_owned()
            }
            (_, 0, "uuid") => "uuid_floor('2026-09-05')".to_owned(),
            (_, _, "uuid") => "uuid_floor('2026-09-06')".to_owned(),
            (_, 0, "timestamp with time zone") => "'2026-09-02'".to_owned(),
            (_, 1..4, "timestamp with time zone") => "'2026-09-03'".to_owned(),
            (_, _, "bigint") => "51".to_owned(),
            ("label checked", 19, _) => "'bot'".to_owned(),
            ("fingerprint checked", 21, _) => "'device'".to_owned(),
            ("fingerprint checked", 22, _) => "md5('7')".to_owned(),
            ("respondent checked", 11, _) => "'R_20001'".to_owned(),
            (_, 6 | 11 | 15 | 16 | 19, "text") => "NULL".to_owned(),
            (_, _, "text") => "'SV_3'".to_owned(),
            (_, 22, _) => "'{}'".to_owned(),
            (_, 21, _) => "'{SV_3}'".to_owned(),
            _ => "NULL".to_owned(),
        });
    values.collect::<Vec<_>>().join(", ")
}

async fn plan(client: &Client, name: &str, sql: &str) -> Value {
    let statement = format!("plan_of_{}", name.replace(' ', "_"));
    let prepare = format!("PREPARE {statement} AS {sql}");
    client.batch_execute(&prepare).await.unwrap();
    let types = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1";
    let types: Vec<String> = client.query_one(types, &[&statement]).await.unwrap().get(0);
    let explain = format!(
        "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {statement}({})",
        values(name, &types)
    );
    let rows = client.simple_query(&explain).await.unwrap();
    let text: String = rows
        .iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    let plans: Value = serde_json::from_str(&text).unwrap();
    plans[0]["Plan"].clone()
}

#[tokio::test]
async fn no_statement_reads_all_of_a_table_that_grows() {
    let database = database().await;
    let superuser = database.client().await;
    for statement in SEED.split(';').filter(|text| !text.trim().is_empty()) {
        superuser.batch_execute(statement).await.unwrap();
    }
    let client = database.client().await;
    client
        .batch_execute(
            "SET plan_cache_mode = force_generic_plan; SET jit = off; SET ROLE candor_api; \
             SET candor.organisation = 'org1'",
        )
        .await
        .unwrap();
    for (name, sql) in read_statements() {
        let plan = plan(&client, name, &sql).await;
        let nodes = nodes(&plan);
        let read: Vec<&Value> = nodes
            .iter()
            .copied()
            .filter(|node| node["Actual Loops"].as_i64() != Some(0) && table(node).is_some())
            .collect();
        for node in &read {
            assert_ne!(node["Node Type"], "Seq Scan", "{name}: {node}");
            let removed = node["Rows Removed by Filter"].as_f64().unwrap_or(0.0);
            assert!(removed < 1000.0, "{name}: {node}");
        }
        // A day of ten is asked for: what does not name an id opens no more than that.
        if ["newest", "survey", "respondent", "items"].contains(&name) {
            let days = read.iter().filter(|node| table(node).is_some());
            assert!(days.count() <= 3, "{name}: {plan}");
        }
        if ["newest", "survey", "respondent"].contains(&name) {
            for node in &read {
                assert_eq!(node["Node Type"], "Index Only Scan", "{name}: {node}");
                let condition = node["Index Cond"].as_str().unwrap();
                assert!(condition.contains("organisation ="), "{name}: {node}");
            }
        }
    }
}
