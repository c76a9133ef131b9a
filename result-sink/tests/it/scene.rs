//! Both sinks on one load, and the tables of a run that nothing disturbed.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::Utc;
use result_sink::{BufferConfig, SinkConfig};
use schemas::header::RecordType;
use schemas::ids::SessionId;
use testkit::{TestDatabase, TestPostgres, TestTopics, wait_until};

use crate::build::{finding, session_at, stories};
use crate::harness::{
    DEADLINE, GroupView, TestSink, Told, database, database_on, produce_all, produce_raw_all,
    sink_config,
};

/// Everything that the sinks write.
const TABLES: [&str; 11] = [
    "sessions",
    "session_respondents",
    "session_windows",
    "detection_results",
    "coordination_findings",
    "behavior_batches",
    "session_rollups",
    "session_rollups_daily",
    "organisation_rollups",
    "organisation_rollups_daily",
    "campaigns",
];

const CANONICAL: &str = r#"{"batch_id":"b-1","count":2,"writer":"w","sequence":7,"events":[
{"event_type":"mouse_move","timestamp":1790000000000,"data":{"x":12.5,"y":640}},{"event_type":"focus","timestamp":1790000000120}]}"#;
const COMPACT: &str = r#"{"batch_id":"c-1","count":2,"form":"compact.v1","t":1790000000000,"events":[
[0,0,12.5,640],[5,120.5,null,true]]}"#;
const BATCHES: u64 = 4;

/// Rows and a digest of each table: equal values are equal tables.
pub(crate) type Tables = BTreeMap<&'static str, (i64, String)>;

pub(crate) async fn tables(database: &TestDatabase) -> Tables {
    let client = database.client().await;
    let mut tables = Tables::new();
    for table in TABLES {
        let statement = format!(
            "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text COLLATE \"C\")), '') FROM {table} AS t"
        );
        let row = client.query_one(&statement, &[]).await.unwrap();
        tables.insert(table, (row.get(0), row.get(1)));
    }
    tables
}

/// Session number `number` of the load: every other one is of today and has its day's partition.
fn session_of(number: u16, now_ms: i64) -> SessionId {
    if number.is_multiple_of(2) {
        session_at(now_ms, number)
    } else {
        crate::build::session(number)
    }
}

/// Topics, a database, and what was told.
pub(crate) struct Scene {
    pub(crate) topics: TestTopics,
    pub(crate) database: TestDatabase,
    pub(crate) url: String,
    pub(crate) verdicts: GroupView,
    pub(crate) events: GroupView,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::on(database().await).await
    }

    pub(crate) async fn on_server(server: &TestPostgres) -> Self {
        Self::on(database_on(server).await).await
    }

    async fn on((database, url): (TestDatabase, String)) -> Self {
        let topics = TestTopics::create(2).await;
        // Made before any sink comes: one that is stopped while it makes them holds their locks.
        let partitions = "SELECT candor_ensure_partitions(current_date - 7, current_date + 1)";
        let client = database.client().await;
        client.execute(partitions, &[]).await.unwrap();
        Self {
            verdicts: GroupView::verdicts(&topics),
            events: GroupView::events(&topics),
            topics,
            database,
            url,
        }
    }

    /// Tells of sessions `first` to `last`: six verdicts each, findings of every third, four batches of events.
    pub(crate) async fn tell(&self, sessions: std::ops::Range<u16>) {
        let now_ms = Utc::now().timestamp_millis();
        let mut told = Vec::new();
        let numbered = stories(sessions.end).into_iter();
        for mut record in numbered {
            let number = u16::try_from(record.session_id.uuid().as_u128() & 0xFFFF).unwrap();
            if sessions.contains(&number) {
                record.session_id = session_of(number, now_ms);
                told.push(Told::Verdict(Box::new(record)));
            }
        }
        let third = told.len() / 3;
        for number in sessions.clone().filter(|number| number % 3 == 0) {
            let count = 2 + u32::from(number % 5);
            let found = finding(session_of(number, now_ms), count, f64::from(count) / 10.0);
            told.insert(usize::from(number) % third, Told::Finding(found.clone()));
            told.push(Told::Finding(found));
        }
        produce_all(&self.topics, &told).await;
        let mut batches = Vec::new();
        for turn in 0..BATCHES {
            for number in sessions.clone() {
                let payload = if turn % 2 == 0 { CANONICAL } else { COMPACT };
                batches.push((session_of(number, now_ms).to_string(), payload));
            }
        }
        let kind = RecordType::EventBatch;
        produce_raw_all(&self.topics, kind, &batches).await;
    }

    /// Settings of both sinks: small batches, so that there are many transactions.
    pub(crate) fn config(&self) -> SinkConfig {
        SinkConfig {
            buffer: BufferConfig {
                batch_rows: 50,
                linger: Duration::from_millis(1),
                ..BufferConfig::default()
            },
            partition_days: 1,
            ..sink_config(&self.topics, &self.url)
        }
    }

    /// Waits until both groups have committed all that was told.
    pub(crate) async fn wait_for_end(&self) {
        self.verdicts.wait_for_end().await;
        self.events.wait_for_end().await;
    }

    /// Waits until a query of a superuser gives a row.
    pub(crate) async fn wait_for_row(&self, what: &str, query: &str) {
        let client = self.database.client().await;
        wait_until(what, DEADLINE, async || {
            let rows = client.query(query, &[]).await.unwrap();
            (!rows.is_empty()).then_some(())
        })
        .await;
    }

    /// Waits until a statement on each of the tables waits for a lock.
    pub(crate) async fn wait_for_blocked(&self, tables: &[&str]) {
        for table in tables {
            let query = format!(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock' AND query LIKE '%{table}%'"
            );
            self.wait_for_row(&format!("statement that waits for {table}"), &query)
                .await;
        }
    }

    /// The tables are those of sinks that read the same topics and met nothing. No sink of these groups runs any more.
    pub(crate) async fn assert_undisturbed(&self) {
        let (database, url) = database().await;
        self.verdicts.rewind().await;
        self.events.rewind().await;
        let sink = TestSink::spawn(SinkConfig {
            partition_days: 1,
            ..sink_config(&self.topics, &url)
        });
        self.wait_for_end().await;
        sink.stop().await;
        let expected = tables(&database).await;
        assert!(expected.values().all(|(rows, _)| *rows > 0), "{expected:?}");
        assert_eq!(tables(&self.database).await, expected);
    }
}
