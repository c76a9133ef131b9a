//! The plan of the sink's statement of sessions. It is made once and kept, often while tables are empty.

use storage::DatabaseConfig;

use crate::harness::database;

/// A plan that reads a table from end to end, or compares all of one side with all of another, is over in no time with
/// empty tables and takes minutes with full ones.
#[tokio::test]
async fn a_plan_made_over_empty_tables_does_for_full_ones() {
    let (database, url) = database().await;
    let partitions = "SELECT candor_ensure_partitions(current_date - 1, current_date)";
    let superuser = database.client().await;
    superuser.execute(partitions, &[]).await.unwrap();
    let pool = result_sink::store::pool(&DatabaseConfig::new(url)).unwrap();
    let mut client = pool.get().await.unwrap();
    let transaction = storage::sink_transaction(&mut client).await.unwrap();
    let statement = result_sink::store::sessions_statement();
    let prepare = format!("PREPARE write_sessions (uuid[], uuid, uuid) AS {statement}");
    transaction.batch_execute(&prepare).await.unwrap();
    let ids = "uuid_floor(now() - interval '1 day'), uuid_floor(now())";
    let explain = format!("EXPLAIN EXECUTE write_sessions (ARRAY[{ids}], {ids})");
    let rows = transaction.query(&explain, &[]).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = lines.join("\n");
    assert!(plan.contains("session_windows_p"), "{plan}");
    for bad in ["Seq Scan", "Nested Loop"] {
        assert!(!plan.contains(bad), "{bad}: {plan}");
    }
}
