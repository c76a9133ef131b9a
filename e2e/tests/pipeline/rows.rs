//! Comparing what two pipelines stored, row for row.

use std::time::Duration;

use testkit::{TestDatabase, wait_until};

/// Tables filled from verdicts, and the columns that no function of the log decides.
const VERDICT_TABLES: [(&str, &str); 3] = [
    ("sessions", ""),
    ("session_windows", "processing_time_ms"),
    ("detection_results", "processing_time_ms"),
];

/// Every row of `table` as JSON text, sorted, without column `left_out`.
pub(crate) async fn dump(database: &TestDatabase, table: &str, left_out: &str) -> Vec<String> {
    let query =
        format!("SELECT (to_jsonb(t) - '{left_out}')::text AS line FROM {table} t ORDER BY line");
    let rows = database.client().await.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Waits until both databases hold the same rows, and says which differ if they never do.
pub(crate) async fn wait_until_equal(left: &TestDatabase, right: &TestDatabase, sessions: usize) {
    for (table, left_out) in VERDICT_TABLES {
        wait_until(
            &format!("equal rows of {table}"),
            Duration::from_secs(60),
            async || {
                let (left, right) = (
                    dump(left, table, left_out).await,
                    dump(right, table, left_out).await,
                );
                let only_left: Vec<&String> = left
                    .iter()
                    .filter(|row| !right.contains(row))
                    .take(2)
                    .collect();
                let only_right: Vec<&String> = right
                    .iter()
                    .filter(|row| !left.contains(row))
                    .take(2)
                    .collect();
                let enough = table != "sessions" || left.len() == sessions;
                if only_left.is_empty() && only_right.is_empty() && enough {
                    Ok(())
                } else {
                    Err(format!(
                        "{} and {} rows, only left {only_left:?}, only right {only_right:?}",
                        left.len(),
                        right.len()
                    ))
                }
            },
        )
        .await;
    }
}

/// Waits until every one of `sessions` is completed with a final verdict, and `events` raw events are stored.
pub(crate) async fn wait_until_complete(database: &TestDatabase, sessions: usize, events: u64) {
    let client = database.client().await;
    wait_until("complete tables", Duration::from_secs(90), async || {
        let completed = "SELECT count(*) FROM sessions s WHERE is_completed AND EXISTS \
                         (SELECT FROM detection_results r WHERE r.session_id = s.id AND r.rev_phase = 2)";
        let finished: i64 = client.query_one(completed, &[]).await.unwrap().get(0);
        let raw = client.query_one("SELECT coalesce(sum(event_count), 0)::bigint FROM behavior_batches", &[]).await;
        let raw: i64 = raw.unwrap().get(0);
        let seen = (finished as usize, raw as u64);
        if seen == (sessions, events) { Ok(()) } else { Err(format!("{seen:?} of {:?}", (sessions, events))) }
    })
    .await;
}
