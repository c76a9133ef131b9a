//! The sink is killed at every step of a transaction, and several come and go: afterwards the tables are those of one
//! sink that met nothing of it.

use std::time::Duration;

use result_sink::SinkConfig;
use testkit::{ChildProcess, TcpFault};

use crate::faults::through;
use crate::harness::{DEADLINE, TestSink};
use crate::scene::Scene;

/// Makes commits of both sinks wait while somebody holds the lock of [`STOP_COMMITS`].
pub(crate) async fn hold_commits(scene: &Scene) {
    let statements = "
        CREATE FUNCTION wait_for_turn() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER commits_wait AFTER INSERT ON session_windows
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_turn();
        CREATE CONSTRAINT TRIGGER commits_wait AFTER INSERT ON behavior_batches
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_turn();";
    let client = scene.database.client().await;
    client.batch_execute(statements).await.unwrap();
}

pub(crate) const STOP_COMMITS: &str = "SELECT pg_advisory_lock(4711)";
pub(crate) const LET_COMMIT: &str = "SELECT pg_advisory_unlock(4711)";
/// A row when both sinks wait in their COMMIT.
pub(crate) const WAITING_COMMITS: &str = "SELECT FROM pg_stat_activity WHERE datname = current_database() \
    AND wait_event = 'advisory' AND query = 'COMMIT' HAVING count(*) >= 2";

/// Where a sink is when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    BeforeCopy,
    AfterCopy,
    BetweenTables,
    InCommit,
    BeforeOffsets,
}

fn spawn_sink(scene: &Scene, url: &str, commit_interval: &str) -> ChildProcess {
    let variables = [
        ("CANDOR_KAFKA_BROKERS", scene.topics.brokers()),
        ("CANDOR_TOPIC_PREFIX", scene.topics.prefix()),
        ("CANDOR_DATABASE_URL", url),
        ("CANDOR_LISTEN", "127.0.0.1:0"),
        // The next one gets the dead one's partitions this late.
        ("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "6"),
        ("CANDOR_SINK_DRAIN_TIMEOUT_MS", "3000"),
        ("CANDOR_SINK_BATCH_ROWS", "50"),
        ("CANDOR_SINK_COMMIT_INTERVAL_MS", commit_interval),
        ("CANDOR_SINK_RAW_WRITERS", "1"),
        ("CANDOR_SINK_PARTITION_DAYS", "1"),
        // Half of the sessions are of a day long past.
        ("CANDOR_RAW_RETENTION_DAYS", "0"),
    ];
    ChildProcess::spawn(env!("CARGO_BIN_EXE_result-sink"), &[], variables)
}

/// Lets a sink come to that step and kills it there.
async fn kill_at(step: Step, scene: &Scene) {
    match step {
        Step::BeforeCopy => {
            let link = TcpFault::before(scene.database.address()).await;
            link.stall().await;
            let mut sink = spawn_sink(scene, &through(&scene.url, link.address()), "100");
            // It has its partitions and records, and every connection waits for its first answer.
            sink.wait_for_line("batch not written", DEADLINE).await;
            sink.kill9();
            assert_eq!(scene.database.count("session_windows").await, 0);
        }
        Step::AfterCopy => {
            let first = "INSERT INTO session_windows";
            kill_behind(scene, "session_windows, behavior_batches", first).await;
        }
        Step::BetweenTables => kill_behind(scene, "sessions, behavior_batches", "sessions").await,
        Step::InCommit => {
            hold_commits(scene).await;
            let holder = scene.database.client().await;
            holder.batch_execute(STOP_COMMITS).await.unwrap();
            let mut sink = spawn_sink(scene, &scene.url, "100");
            scene
                .wait_for_row("commits that wait", WAITING_COMMITS)
                .await;
            sink.kill9();
            holder.batch_execute(LET_COMMIT).await.unwrap();
        }
        Step::BeforeOffsets => {
            let mut sink = spawn_sink(scene, &scene.url, "60000");
            for table in ["sessions", "behavior_batches"] {
                let stored = format!("SELECT FROM {table} LIMIT 1");
                scene.wait_for_row(table, &stored).await;
            }
            sink.kill9();
            let committed = scene.verdicts.committed().await.unwrap_or_default();
            assert_eq!(committed, 0, "the offsets were quicker");
        }
    }
}

/// Kills a sink whose statement waits for the lock of one of the `held` tables; the other one waits for raw events.
async fn kill_behind(scene: &Scene, held: &str, statement: &str) {
    let mut holder = scene.database.client().await;
    let lock = format!("LOCK TABLE {held} IN EXCLUSIVE MODE");
    let transaction = holder.transaction().await.unwrap();
    transaction.batch_execute(&lock).await.unwrap();
    let mut sink = spawn_sink(scene, &scene.url, "100");
    scene
        .wait_for_blocked(&[statement, "INSERT INTO behavior_batches"])
        .await;
    sink.kill9();
    transaction.rollback().await.unwrap();
}

/// Kills a sink at that step, lets another one go on, and compares.
async fn die_at(step: Step) {
    let scene = Scene::new().await;
    scene.tell(0..60).await;
    kill_at(step, &scene).await;
    let mut sink = spawn_sink(&scene, &scene.url, "100");
    scene.wait_for_end().await;
    let status = sink.terminate(DEADLINE).await;
    assert!(status.success(), "{step:?} {status}: {}", sink.output());
    scene.assert_undisturbed().await;
}

#[tokio::test]
async fn a_sink_killed_before_during_and_after_a_transaction_loses_and_doubles_nothing() {
    // Side by side: most of the time each waits until the group has given up its dead member.
    tokio::join!(
        die_at(Step::BeforeCopy),
        die_at(Step::AfterCopy),
        die_at(Step::BetweenTables),
    );
    tokio::join!(die_at(Step::InCommit), die_at(Step::BeforeOffsets));
}

#[tokio::test]
async fn several_sinks_that_come_and_go_under_load_leave_the_tables_of_one() {
    let scene = Scene::new().await;
    let config = || SinkConfig {
        commit_interval: Duration::from_millis(20),
        ..scene.config()
    };
    let mut sinks = vec![TestSink::spawn(config())];
    for round in 0..5_u16 {
        let told = u32::from(round + 1) * 60;
        scene.tell(round * 60..(round + 1) * 60).await;
        if round == 2 || round == 4 {
            // The oldest leaves while there is work.
            sinks.remove(0).stop().await;
        } else {
            sinks.push(TestSink::spawn(config()));
        }
        let half = format!(
            "SELECT FROM behavior_batches HAVING count(*) >= {}",
            told * 2
        );
        scene.wait_for_row("half of the batches", &half).await;
    }
    scene.wait_for_end().await;
    for sink in sinks {
        sink.stop().await;
    }
    scene.assert_undisturbed().await;
}
