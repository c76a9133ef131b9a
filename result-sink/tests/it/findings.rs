//! What the verdict sink stores of findings, and what they make of a session, in any order and number of deliveries.

use std::time::Duration;

use result_sink::metrics::ROWS_WRITTEN;
use result_sink::{BufferConfig, SinkConfig};
use schemas::coordination::Fingerprint;
use schemas::verdict::Phase;
use testkit::{TestDatabase, TestTopics, wait_until};

use crate::build::{finding, session, shuffled, stories, verdict};
use crate::harness::{
    DEADLINE, GroupView, TestSink, Told, contents, database, produce_all, run_to_end, sink_config,
};

/// Status, windows, the verdict's risk, findings and the effective risk of every session.
async fn risks(database: &TestDatabase) -> Vec<String> {
    let statement = "SELECT concat_ws(' ', status, window_count, risk_level, score_thousandths, finding_count, \
        coalesce(finding_risk, '-'), effective_risk, effective_score_thousandths) FROM sessions ORDER BY id";
    let client = database.client().await;
    let rows = client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn stored_after(steps: &[&[Told]]) -> TestDatabase {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    for step in steps {
        produce_all(&topics, step).await;
        run_to_end(&topics, &url).await;
    }
    database
}

#[tokio::test]
async fn the_effective_risk_is_the_higher_of_verdict_and_findings() {
    let judged = |number, score| {
        let record = verdict(session(number), 0, 30, Phase::Final, score);
        Told::Verdict(Box::new(record))
    };
    let found = |number, score| Told::Finding(finding(session(number), 6, score));
    let records = [
        judged(1, 0.1),
        found(1, 0.35),
        judged(2, 0.95),
        found(2, 0.65),
        judged(3, 0.4),
    ];
    let database = stored_after(&[&records]).await;
    assert_eq!(
        risks(&database).await,
        [
            "completed 1 LOW 100 1 MEDIUM MEDIUM 350",
            "completed 1 CRITICAL 950 1 HIGH CRITICAL 950",
            "completed 1 MEDIUM 400 0 - MEDIUM 400",
        ]
    );
    let statement = "SELECT concat_ws('|', organisation, kind, fingerprint, survey_id, revision, sessions, \
        extract(epoch FROM first_at)::bigint - 1789948800, extract(epoch FROM last_at)::bigint - 1789948800, \
        score_thousandths, risk_level, code, description, evidence) FROM coordination_findings ORDER BY session_id LIMIT 1";
    let client = database.client().await;
    let row: String = client.query_one(statement, &[]).await.unwrap().get(0);
    let expected = "acme|device|00000000000000000000000000000007|SV_1|6|6|0|6|350|MEDIUM|coordination.same_device|\
        6 sessions came from one device.|{\"sessions\": 6.0}";
    assert_eq!(row, expected);
}

#[tokio::test]
async fn a_finding_may_come_before_its_session_and_a_session_before_its_finding() {
    let judged = [Told::from(&verdict(session(1), 0, 30, Phase::Final, 0.1))];
    let found = [Told::Finding(finding(session(1), 6, 0.35))];
    let first = stored_after(&[&found]).await;
    assert_eq!(risks(&first).await, ["active 0 1 MEDIUM MEDIUM 350"]);
    let created: i64 = first
        .client()
        .await
        .query_one(
            "SELECT extract(epoch FROM created_at)::bigint - 1789948800 FROM sessions",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(created, 0, "as the id says");
    let finding_first = stored_after(&[&found, &judged]).await;
    let verdict_first = stored_after(&[&judged, &found]).await;
    assert_eq!(
        risks(&finding_first).await,
        ["completed 1 LOW 100 1 MEDIUM MEDIUM 350"]
    );
    assert_eq!(
        contents(&finding_first).await,
        contents(&verdict_first).await
    );
}

#[tokio::test]
async fn more_sessions_replace_fewer_and_never_the_other_way_round() {
    let told = |sessions, score| Told::Finding(finding(session(1), sessions, score));
    let judged = Told::from(&verdict(session(1), 0, 30, Phase::Final, 0.1));
    let mut other = finding(session(1), 3, 0.3);
    other.fingerprint = Fingerprint::new(8);
    let database = stored_after(&[
        &[judged, told(6, 0.37)],
        &[told(12, 0.44), told(8, 0.4)],
        &[told(4, 0.33), Told::Finding(other)],
    ])
    .await;
    let statement = "SELECT concat_ws(' ', right(fingerprint, 1), revision, score_thousandths) \
        FROM coordination_findings ORDER BY fingerprint";
    let rows = database.client().await.query(statement, &[]).await.unwrap();
    let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(rows, ["7 12 440", "8 3 300"]);
    assert_eq!(
        risks(&database).await,
        ["completed 1 LOW 100 2 MEDIUM MEDIUM 440"]
    );
}

/// Whose a session is, its windows say: what another organisation found neither counts nor shows.
#[tokio::test]
async fn a_finding_of_another_organisation_does_not_count() {
    let judged = [Told::from(&verdict(session(1), 0, 30, Phase::Final, 0.1))];
    let mut foreign = finding(session(1), 60, 0.65);
    foreign.organisation = "intruder".parse().unwrap();
    let foreign = [Told::Finding(foreign)];
    for steps in [[&foreign, &judged], [&judged, &foreign]] {
        let database = stored_after(&[steps[0], steps[1]]).await;
        assert_eq!(risks(&database).await, ["completed 1 LOW 100 0 - LOW 100"]);
        let owner = "SELECT string_agg(organisation, ' ') FROM sessions";
        let owner: String = database
            .client()
            .await
            .query_one(owner, &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(owner, "acme");
    }
}

/// The stories of sessions, and what two thirds of them are told at three counts.
fn stories_with_findings(sessions: u16) -> Vec<Told> {
    let mut records: Vec<Told> = stories(sessions).iter().map(Told::from).collect();
    for count in [3_u32, 6, 60] {
        let told = (0..sessions).filter(|number| number % 3 > 0);
        records.extend(told.map(|number| {
            let score = f64::from(count + u32::from(number % 30)) / 100.0;
            Told::Finding(finding(session(number), count, score))
        }));
    }
    records
}

#[tokio::test]
async fn replaying_findings_changes_no_row() {
    let (topics, (database, url)) = (TestTopics::create(3).await, database().await);
    produce_all(&topics, &stories_with_findings(90)).await;
    run_to_end(&topics, &url).await;
    let before = contents(&database).await;
    assert_eq!(before.len(), 90 + 180 + 90 * 4 + 60);
    GroupView::verdicts(&topics).rewind().await;
    run_to_end(&topics, &url).await;
    assert!(
        contents(&database).await == before,
        "the replay changed a row"
    );
}

#[tokio::test]
async fn sinks_that_bring_verdicts_and_findings_of_one_session_at_once_lose_neither() {
    let records = stories_with_findings(150);
    let (alone, expected) = (TestTopics::create(1).await, database().await);
    produce_all(&alone, &records).await;
    run_to_end(&alone, &expected.1).await;
    let (database, url) = database().await;
    // Small batches: many transactions that meet in the same rows.
    let buffer = BufferConfig {
        batch_rows: 30,
        linger: Duration::from_millis(1),
        ..BufferConfig::default()
    };
    let (verdicts, findings): (Vec<Told>, Vec<Told>) = records
        .into_iter()
        .partition(|record| matches!(record, Told::Verdict(_)));
    let mut sinks = Vec::new();
    // Two bring verdicts only and two findings only, so that every session is begun by one and found by another.
    for (seed, records) in (1..).zip([&verdicts, &findings, &verdicts, &findings]) {
        let topics = TestTopics::create(2).await;
        produce_all(&topics, &shuffled(records, seed)).await;
        let config = SinkConfig {
            raw_events: false,
            buffer: buffer.clone(),
            ..sink_config(&topics, &url)
        };
        sinks.push((GroupView::verdicts(&topics), topics, config));
    }
    let running: Vec<_> = sinks
        .into_iter()
        .map(|(group, topics, config)| (group, topics, TestSink::spawn(config)))
        .collect();
    for (group, _topics, sink) in running {
        group.wait_for_end().await;
        sink.stop().await;
    }
    let (seen, wanted) = (contents(&database).await, contents(&expected.0).await);
    assert_eq!(seen, wanted);
}

/// Lets every transaction that writes `table` wait at its commit for as long as the returned connection holds on.
async fn hold_commits_of(table: &str, database: &TestDatabase) -> tokio_postgres::Client {
    let holder = database.client().await;
    let statements = format!(
        "CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END';
         CREATE CONSTRAINT TRIGGER wait_for_test AFTER INSERT ON {table}_default
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_test();
         SELECT pg_advisory_lock(42);"
    );
    holder.batch_execute(&statements).await.unwrap();
    holder
}

/// Waits until so many transactions of the database wait for a lock, or `done`.
async fn wait_for_blocked(wanted: i64, database: &TestDatabase, done: impl Fn() -> bool) {
    let client = database.client().await;
    let statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    wait_until("blocked transactions", DEADLINE, async || {
        let blocked: i64 = client.query_one(statement, &[]).await.unwrap().get(0);
        if blocked >= wanted || done() {
            Ok(())
        } else {
            Err(format!("{blocked} of {wanted}"))
        }
    })
    .await;
}

/// The one that has written and not yet committed is not seen by the other: neither may overlook the session's row.
#[tokio::test]
async fn a_verdict_and_a_finding_that_commit_at_the_same_moment_both_count() {
    let judged = Told::from(&verdict(session(1), 0, 30, Phase::Final, 0.1));
    let found = Told::Finding(finding(session(1), 6, 0.35));
    for (held, first, second) in [
        ("coordination_findings", &found, &judged),
        ("session_windows", &judged, &found),
    ] {
        let (database, url) = database().await;
        let holder = hold_commits_of(held, &database).await;
        let mut sinks = Vec::new();
        for (blocked, record) in [(1, first), (2, second)] {
            let topics = TestTopics::create(1).await;
            produce_all(&topics, std::slice::from_ref(record)).await;
            let sink = TestSink::spawn(SinkConfig {
                raw_events: false,
                ..sink_config(&topics, &url)
            });
            wait_for_blocked(blocked, &database, || sink.metric(ROWS_WRITTEN) > 0.0).await;
            sinks.push((GroupView::verdicts(&topics), topics, sink));
        }
        let release = "SELECT pg_advisory_unlock(42)";
        holder.batch_execute(release).await.unwrap();
        for (group, _topics, sink) in sinks {
            group.wait_for_end().await;
            sink.stop().await;
        }
        let expected = ["completed 1 LOW 100 1 MEDIUM MEDIUM 350"];
        assert_eq!(risks(&database).await, expected, "{held} held");
    }
}
