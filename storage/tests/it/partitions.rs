//! Days become partitions, and are dropped when their time is over.

use crate::common::{
    DAY, DAY_MS, client, date, migrated_database, organisation, session_id, store_session,
};
use storage::{
    SESSION_TABLES, count_default_rows, delete_leftovers_before, drop_partition_before,
    ensure_partitions, org_transaction, sink_transaction,
};

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
    assert_eq!(made.unwrap(), 6);
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
    assert_eq!(made, 16, "five tables of three days, one of their week");
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
async fn what_holds_a_week_is_dropped_when_all_of_it_is_over_and_its_rows_before() {
    let (_database, pool) = migrated_database().await;
    let mut client = client(&pool).await;
    // Monday to Thursday: two weeks.
    ensure_partitions(&mut client, date("2026-09-21"), date("2026-09-24"))
        .await
        .unwrap();
    for age in [-40, -5, 0, 3, 40] {
        let id = session_id(DAY + age * DAY_MS, 1);
        store_session(&mut client, "ours", id).await;
    }
    let transaction = sink_transaction(&mut client).await.unwrap();
    let name = "UPDATE sessions SET respondent_id = 'R_1'";
    assert_eq!(transaction.execute(name, &[]).await.unwrap(), 5);
    transaction.commit().await.unwrap();
    assert_eq!(
        stored_weeks(&mut client).await,
        [
            "-40 default",
            "-5 default",
            "0 p20260923",
            "3 p20260930",
            "40 default"
        ]
    );
    let table = SESSION_TABLES[1];
    assert_eq!(table.name, "session_respondents");
    for (first_kept, left) in [
        (
            "2026-09-21",
            vec!["0 p20260923", "3 p20260930", "40 default"],
        ),
        ("2026-09-22", vec!["3 p20260930", "40 default"]),
    ] {
        let dropped = drop_partition_before(&mut client, &[table], date(first_kept)).await;
        assert_eq!(dropped.unwrap(), None, "{first_kept}");
        while delete_leftovers_before(&mut client, table, date(first_kept))
            .await
            .unwrap()
            > 0
        {}
        assert_eq!(stored_weeks(&mut client).await, left);
    }
    let dropped = drop_partition_before(&mut client, &[table], date("2026-09-24")).await;
    assert_eq!(
        dropped.unwrap().as_deref(),
        Some("session_respondents_p20260923")
    );
}

/// Days from [`DAY`] on of the sessions that are stored by their respondent, and the partition of each.
async fn stored_weeks(client: &mut deadpool_postgres::Client) -> Vec<String> {
    let transaction = sink_transaction(client).await.unwrap();
    let statement = "SELECT concat_ws(' ', extract(day FROM candor_hour_of(session_id) - '2026-09-21'::timestamptz), \
        replace(tableoid::regclass::text, 'session_respondents_', '')) FROM session_respondents ORDER BY session_id";
    let rows = transaction.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
