//! PostgreSQL dies, loses connections, has no space, holds locks, or is away for long: afterwards the tables are those of
//! a run that met nothing of it.

use std::time::Duration;

use result_sink::metrics::{BUFFERED_ROWS, FAILED_WRITES, ROWS_WRITTEN};
use result_sink::{BufferConfig, SinkConfig};
use testkit::{SmallDisk, TcpFault, TestPostgres, wait_until};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::faults::through;
use crate::harness::{DEADLINE, TestSink, kafka_config};
use crate::scene::Scene;

const RECORDS: &str = "kafka_consumer_records_total";
const REBALANCES: &str = "kafka_consumer_rebalances_total";
/// As short as the broker allows.
const SESSION_TIMEOUT: Duration = Duration::from_secs(6);

/// How long a lock is held that costs nobody anything: far longer than a session timeout.
const LOCK_HELD: Duration = Duration::from_secs(30);

/// Settings under which a member that is not heard of is soon out of its group.
fn watched(scene: &Scene, url: &str) -> SinkConfig {
    let mut config = SinkConfig {
        drain_timeout: Duration::from_secs(3),
        ..scene.config()
    };
    config.kafka = kafka_config(&scene.topics);
    config.kafka.session_timeout = SESSION_TIMEOUT;
    config.database.url = runtime::config::Secret::new(url);
    config
}

#[tokio::test]
async fn a_server_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let mut server = TestPostgres::own();
    let scene = Scene::on_server(&server).await;
    let sink = TestSink::spawn(scene.config());
    for round in 0..3 {
        let (written, failed) = (sink.metric(ROWS_WRITTEN), sink.metric(FAILED_WRITES));
        scene.tell(round * 80..(round + 1) * 80).await;
        sink.wait_for(ROWS_WRITTEN, |rows| rows > written + 100.0)
            .await;
        server.kill();
        sink.wait_for(FAILED_WRITES, |failures| failures > failed)
            .await;
        server.restart();
    }
    scene.wait_for_end().await;
    sink.stop().await;
    scene.assert_undisturbed().await;
}

#[tokio::test]
async fn connections_cut_in_the_middle_of_transactions_leave_nothing_of_them() {
    let scene = Scene::new().await;
    let link = TcpFault::before(scene.database.address()).await;
    let config = watched(&scene, &through(&scene.url, link.address()));
    scene.tell(0..60).await;
    let mut holder = scene.database.client().await;
    let sink = {
        // Both writers are behind their COPY and before their COMMIT when the line is cut.
        let held = hold(&mut holder, "session_windows, behavior_batches").await;
        let sink = TestSink::spawn(config);
        scene
            .wait_for_blocked(&[
                "INSERT INTO session_windows",
                "INSERT INTO behavior_batches",
            ])
            .await;
        link.cut().await;
        held.rollback().await.unwrap();
        sink
    };
    sink.wait_for(FAILED_WRITES, |failed| failed >= 2.0).await;
    for table in ["session_windows", "behavior_batches"] {
        assert_eq!(scene.database.count(table).await, 0, "{table}");
    }
    link.heal().await;
    scene.wait_for_end().await;
    sink.stop().await;
    scene.assert_undisturbed().await;
}

/// A lock that lets nobody write the tables.
async fn hold<'a>(client: &'a mut Client, tables: &str) -> tokio_postgres::Transaction<'a> {
    let transaction = client.transaction().await.unwrap();
    let lock = format!("LOCK TABLE {tables} IN EXCLUSIVE MODE");
    transaction.batch_execute(&lock).await.unwrap();
    transaction
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_made_once() {
    let scene = Scene::new().await;
    crate::deaths::hold_commits(&scene).await;
    let link = TcpFault::before(scene.database.address()).await;
    let config = SinkConfig {
        raw_writers: 1,
        ..watched(&scene, &through(&scene.url, link.address()))
    };
    scene.tell(0..60).await;
    let holder = scene.database.client().await;
    holder
        .batch_execute(crate::deaths::STOP_COMMITS)
        .await
        .unwrap();
    let sink = TestSink::spawn(config);
    scene
        .wait_for_row("commits that wait", crate::deaths::WAITING_COMMITS)
        .await;
    link.stall().await;
    holder
        .batch_execute(crate::deaths::LET_COMMIT)
        .await
        .unwrap();
    // Durable, and nobody has told the sink.
    scene
        .wait_for_row("session that is stored", "SELECT FROM sessions LIMIT 1")
        .await;
    scene
        .wait_for_row(
            "batch that is stored",
            "SELECT FROM behavior_batches LIMIT 1",
        )
        .await;
    link.cut().await;
    assert_eq!(sink.metric(ROWS_WRITTEN), 0.0);
    link.heal().await;
    scene.wait_for_end().await;
    assert!(sink.metric(FAILED_WRITES) >= 2.0);
    sink.stop().await;
    scene.assert_undisturbed().await;
}

/// A server on that disk, and a sink that has stored something in it.
async fn on_disk(disk: &SmallDisk) -> (TestPostgres, Scene, TestSink) {
    let server = TestPostgres::on_disk(disk);
    let scene = Scene::on_server(&server).await;
    let sink = TestSink::spawn(scene.config());
    scene.tell(0..40).await;
    scene.wait_for_end().await;
    (server, scene, sink)
}

#[tokio::test]
async fn a_full_disk_is_waited_out() {
    let disk = SmallDisk::new(224 << 20);
    let (server, scene, sink) = on_disk(&disk).await;
    // Room in the server's own log, without which it would not refuse but end.
    let client = scene.database.client().await;
    let next_segment = "SELECT pg_switch_wal(); CREATE TABLE room (); DROP TABLE room";
    client.batch_execute(next_segment).await.unwrap();
    disk.fill();
    scene.tell(40..300).await;
    sink.wait_for(FAILED_WRITES, |failed| failed >= 4.0).await;
    let more = "CREATE TABLE more AS SELECT generate_series(1, 100000)";
    let error = client.batch_execute(more).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::DISK_FULL), "{error}");
    assert!(!sink.health.is_ready());
    disk.free();
    scene.wait_for_end().await;
    sink.stop().await;
    scene.assert_undisturbed().await;
    drop(scene);
    drop(server);
}

#[tokio::test]
async fn a_server_that_ends_because_its_log_has_no_room_loses_nothing() {
    let disk = SmallDisk::new(224 << 20);
    let (mut server, scene, sink) = on_disk(&disk).await;
    let client = scene.database.client().await;
    disk.fill();
    scene.tell(40..300).await;
    let log =
        "SELECT pg_switch_wal(), pg_logical_emit_message(true, 'candor', repeat('x', 100000))";
    wait_until("server without room for its log", DEADLINE, async || {
        // Nothing else makes it leave its clients.
        client
            .query(log, &[])
            .await
            .is_err_and(|_| client.is_closed())
            .then_some(())
    })
    .await;
    sink.wait_for(FAILED_WRITES, |failed| failed >= 4.0).await;
    assert!(!sink.health.is_ready());
    disk.free();
    // It may have given up by itself.
    server.kill();
    server.restart();
    scene.wait_for_end().await;
    sink.stop().await;
    scene.assert_undisturbed().await;
    drop(scene);
    drop(server);
}

#[tokio::test]
async fn locks_that_outlast_the_statement_timeout_are_waited_out() {
    let scene = Scene::new().await;
    scene.tell(0..30).await;
    let mut config = scene.config();
    config.database.statement_timeout = Duration::from_millis(400);
    let sink = TestSink::spawn(config);
    scene.wait_for_end().await;
    let mut holder = scene.database.client().await;
    {
        let held = holder.transaction().await.unwrap();
        let lock = "SELECT FROM sessions ORDER BY id LIMIT 1 FOR UPDATE; LOCK TABLE behavior_batches IN EXCLUSIVE MODE";
        held.batch_execute(lock).await.unwrap();
        let failed = sink.metric(FAILED_WRITES);
        // Among them what the locked session was told already.
        scene.tell(0..60).await;
        sink.wait_for(FAILED_WRITES, |failures| failures >= failed + 4.0)
            .await;
        held.rollback().await.unwrap();
    }
    scene.wait_for_end().await;
    sink.stop().await;
    scene.assert_undisturbed().await;
}

#[tokio::test]
async fn a_lock_held_for_longer_than_the_session_timeout_costs_no_membership() {
    let scene = Scene::new().await;
    let mut config = watched(&scene, &scene.url);
    // The defaults are as long as the lock; what happens when they end sooner is another test's.
    config.database.statement_timeout = 2 * LOCK_HELD;
    config.write_timeout = 2 * LOCK_HELD;
    let sink = TestSink::spawn(config);
    scene.tell(0..30).await;
    scene.wait_for_end().await;
    let before = (sink.metric(REBALANCES), sink.metric(FAILED_WRITES));
    let mut holder = scene.database.client().await;
    let held = hold(&mut holder, "sessions, behavior_batches").await;
    scene.tell(30..60).await;
    scene
        .wait_for_blocked(&["sessions", "INSERT INTO behavior_batches"])
        .await;
    // The fault itself: a lock that is held for this long.
    tokio::time::sleep(LOCK_HELD).await;
    held.rollback().await.unwrap();
    scene.wait_for_end().await;
    let after = (sink.metric(REBALANCES), sink.metric(FAILED_WRITES));
    assert_eq!(after, before, "rebalances and failed writes");
    sink.stop().await;
    scene.assert_undisturbed().await;
}

#[tokio::test]
async fn without_a_database_the_sinks_pause_and_keep_polling_and_go_on_when_it_is_back() {
    let scene = Scene::new().await;
    let link = TcpFault::before(scene.database.address()).await;
    let bound = 300;
    let mut config = watched(&scene, &through(&scene.url, link.address()));
    config.buffer = BufferConfig {
        rows: bound,
        ..config.buffer
    };
    let sink = TestSink::spawn(config);
    scene.tell(0..30).await;
    scene.wait_for_end().await;
    let rebalances = sink.metric(REBALANCES);
    link.cut().await;
    scene.tell(30..600).await;
    #[expect(clippy::cast_precision_loss, reason = "a count of a test")]
    let told = (scene.verdicts.end() + scene.events.end()) as f64;
    let both_bounds = 2.0 * f64::from(u32::try_from(bound).unwrap());
    sink.wait_for(BUFFERED_ROWS, |rows| rows >= both_bounds)
        .await;
    // The fault itself: longer than a silent member stays in its group.
    tokio::time::sleep(SESSION_TIMEOUT * 2).await;
    let held = sink.metric(BUFFERED_ROWS);
    // One round of a consumer may pass its bound before it pauses.
    assert!(held <= 3000.0, "{held} rows are held");
    let read = sink.metric(RECORDS);
    assert!(
        read < told,
        "all {told} records were read without a place for them"
    );
    assert!(!sink.health.is_ready());
    link.heal().await;
    scene.wait_for_end().await;
    assert_eq!(sink.metric(REBALANCES), rebalances);
    assert!(sink.health.is_ready());
    sink.stop().await;
    scene.assert_undisturbed().await;
}
