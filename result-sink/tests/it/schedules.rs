//! Random schedules: what several sinks make of the same records, in any order, with lost connections and replays.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use result_sink::metrics::DEAD_LETTERS;
use result_sink::{BufferConfig, SinkConfig};
use schemas::verdict::{Method, Phase, SessionClass, VerdictRecord, WindowStatus};
use testkit::{TestDatabase, TestTopics};

use crate::build::{finding, session_at, time_of, verdict};
use crate::harness::{
    GroupView, TestSink, Told, contents, database, produce_all, run_to_end, sink_config,
};

/// 2026-09-21T00:50Z: the sessions lie in two hours.
const BEGIN: i64 = 1_789_951_800_000;
const ORGANISATIONS: [&str; 3] = ["acme", "beta", "gamma"];
const SURVEYS: [Option<&str>; 4] = [None, Some("SV_1"), Some("SV_2"), Some("SV_3")];
const CLASSES: [SessionClass; 4] = [
    SessionClass::Human,
    SessionClass::ScriptedBot,
    SessionClass::AiAgent,
    SessionClass::InsufficientData,
];

/// A verdict of the window that began at `window`.
fn random_verdict(
    random: &mut StdRng,
    number: u16,
    (window, offset, phase): (i64, i64, Phase),
) -> VerdictRecord {
    let id = session_at(BEGIN + i64::from(number) * 20_000, number);
    let score = f64::from(random.random_range(0..=1000_u16)) / 1000.0;
    let mut record = verdict(id, window, offset, phase, score);
    record.organisation = ORGANISATIONS[usize::from(number) % 3].parse().unwrap();
    // What a later window says of the survey it may have forgotten, and what it says otherwise counts.
    record.session.survey_id = SURVEYS.choose(random).unwrap().map(str::to_owned);
    record.session.updated_at = time_of(offset);
    record.risk_changed = random.random_bool(0.3);
    if phase == Phase::Final {
        let ends = [
            WindowStatus::Completed,
            WindowStatus::Idle,
            WindowStatus::MaxLength,
        ];
        record.status = *ends.choose(random).unwrap();
    }
    match record.verdict.as_mut() {
        Some(verdict) if random.random_bool(0.9) => {
            verdict.class = *CLASSES.choose(random).unwrap();
            let scores =
                Method::ALL.map(|method| (method, f64::from(random.random_range(0..10_u8)) / 9.0));
            let some = scores.into_iter().filter(|_| random.random_bool(0.5));
            verdict.method_scores = some.collect::<BTreeMap<_, _>>();
        }
        _ => record.verdict = None,
    }
    record
}

/// Verdicts of sessions with up to three windows of up to five revisions, and findings about a third of them.
fn random_records(random: &mut StdRng, sessions: u16) -> Vec<Told> {
    let mut records = Vec::new();
    for number in 0..sessions {
        for window in 0..random.random_range(1..=3_i64) {
            let begin = 1000 * window + i64::from(number);
            let revisions = random.random_range(1..=5);
            for step in 0..revisions {
                let phase = match step {
                    _ if step + 1 == revisions => Phase::Final,
                    2 => Phase::Requested,
                    _ => Phase::Running,
                };
                let record = random_verdict(random, number, (begin, begin + 7 * step, phase));
                records.push(Told::Verdict(Box::new(record)));
            }
        }
        if number % 3 == 0 {
            let id = session_at(BEGIN + i64::from(number) * 20_000, number);
            for count in 3..random.random_range(4..12_u32) {
                let mut told = finding(id, count, f64::from(count) / 16.0);
                told.organisation = ORGANISATIONS[usize::from(number) % 3].parse().unwrap();
                records.push(Told::Finding(told));
            }
        }
    }
    records
}

/// Ends the connections of the sinks, whatever they are doing.
async fn cut_connections(database: &TestDatabase) {
    let statement = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'candor'";
    let client = database.client().await;
    client.query_one(statement, &[]).await.unwrap();
}

/// Where every row's present version lies and who wrote it: equal texts mean that nothing was written.
async fn versions(database: &TestDatabase) -> Vec<String> {
    let client = database.client().await;
    let mut rows = Vec::new();
    for table in [
        "sessions",
        "session_windows",
        "detection_results",
        "coordination_findings",
        "session_rollups",
        "session_rollups_daily",
        "organisation_rollups",
        "organisation_rollups_daily",
        "campaigns",
    ] {
        let statement = format!(
            "SELECT concat_ws(' ', tableoid::regclass, ctid, xmin, t::text) FROM {table} AS t ORDER BY 1"
        );
        let found = client.query(&statement, &[]).await.unwrap();
        rows.extend(found.iter().map(|row| row.get::<_, String>(0)));
    }
    rows
}

/// Each record to one sink of `sinks`, a third of them to two.
async fn deal(random: &mut StdRng, records: &[Told], sinks: usize) -> Vec<TestTopics> {
    let mut dealt = Vec::new();
    for sink in 0..sinks {
        let mut share: Vec<Told> = Vec::new();
        for (number, record) in records.iter().enumerate() {
            let again = number % 3 == 0 && (number + 1) % sinks == sink;
            if number % sinks == sink || again {
                share.push(record.clone());
            }
        }
        share.shuffle(random);
        let topics = TestTopics::create(random.random_range(1..=3)).await;
        produce_all(&topics, &share).await;
        dealt.push(topics);
    }
    dealt
}

async fn run_at_once(
    random: &mut StdRng,
    topics: &[TestTopics],
    (database, url): (&TestDatabase, &str),
) {
    let running: Vec<(GroupView, TestSink)> = topics
        .iter()
        .map(|topics| {
            let buffer = BufferConfig {
                batch_rows: random.random_range(5..60),
                linger: Duration::from_millis(1),
                ..BufferConfig::default()
            };
            let config = SinkConfig {
                raw_events: false,
                buffer,
                ..sink_config(topics, url)
            };
            (GroupView::verdicts(topics), TestSink::spawn(config))
        })
        .collect();
    let cuts = async {
        loop {
            // Not a wait for anything: only the rhythm of the faults.
            tokio::time::sleep(Duration::from_millis(300)).await;
            cut_connections(database).await;
        }
    };
    let few_cuts = tokio::time::timeout(Duration::from_millis(1600), cuts);
    assert!(few_cuts.await.is_err(), "it would go on for ever");
    for (group, sink) in running {
        group.wait_for_end().await;
        assert!(sink.metric(DEAD_LETTERS) < 1.0);
        sink.stop().await;
    }
}

#[tokio::test]
async fn sinks_at_once_agree_with_one_alone_and_counts_with_what_is_there() {
    for seed in 1..=2 {
        let mut random = StdRng::seed_from_u64(seed);
        let sinks = random.random_range(2..=4);
        let records = random_records(&mut random, 60);
        let (alone, expected) = (TestTopics::create(1).await, database().await);
        produce_all(&alone, &records).await;
        run_to_end(&alone, &expected.1).await;
        let (database, url) = database().await;
        let topics = deal(&mut random, &records, sinks).await;
        run_at_once(&mut random, &topics, (&database, &url)).await;
        let (seen, wanted) = (contents(&database).await, contents(&expected.0).await);
        assert!(seen == wanted, "seed {seed}: the tables differ");
        for database in [&database, &expected.0] {
            let differences = database.rollup_differences().await;
            assert_eq!(differences, Vec::<String>::new(), "seed {seed}");
        }
        assert_eq!(deadlocks(&database).await, 0, "seed {seed}");

        let before = versions(&database).await;
        for topics in &topics {
            GroupView::verdicts(topics).rewind().await;
            run_to_end(topics, &url).await;
        }
        assert!(
            versions(&database).await == before,
            "seed {seed}: the replay wrote a row"
        );
    }
}

/// How often PostgreSQL had to break a circle of waiting transactions.
async fn deadlocks(database: &TestDatabase) -> i64 {
    let statement = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let client = database.client().await;
    client.query_one(statement, &[]).await.unwrap().get(0)
}
