//! History scored again and compared with what a worker said of it, on a real Kafka.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use command::Operator;
use detector_worker::{WorkerConfig, setup};
use generators::{Generator, Mix};
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::batch::{BatchLimits, scan_request};
use schemas::event::EventLimits;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{SessionId, SessionSecret};
use schemas::recording::Recording;
use schemas::verdict::{Phase, Verdict, VerdictRecord};
use serde_json::{Value, json};
use testkit::{Until, collect, wait_until};

const DEADLINE: Duration = Duration::from_secs(90);
/// Sessions that begin and end in the range.
const SESSIONS: u64 = 24;
const STRICT: f64 = 0.2;

/// Everything that happened: sessions before, in and after the range, and what a worker said of them.
struct History {
    operator: Operator,
    producer: Producer,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Sessions that began in the range.
    began: BTreeSet<SessionId>,
}

fn session(number: u64) -> SessionId {
    let mut random = [0; 6];
    random.copy_from_slice(&number.to_be_bytes()[2..]);
    let secret = SessionSecret::new(command::SECRET).unwrap();
    secret.mint(&"acme".parse().unwrap(), Utc::now(), random)
}

/// The events of one simulated session, in batches as the gateway writes them.
fn batches(number: u64) -> Vec<Vec<u8>> {
    let generator = Generator::new(5, Mix::default());
    let recording: Recording = generator.session(number).to_recording().unwrap();
    let limits = BatchLimits {
        max_events: 100,
        events: EventLimits::NONE,
    };
    let chunks = recording.events.chunks(100).enumerate();
    chunks
        .map(|(index, events)| {
            let body = Recording::batch_json(events, 1_790_000_000_000);
            let batch = scan_request(&body, &limits).unwrap();
            batch.encode(&format!("batch-{index}"))
        })
        .collect()
}

impl History {
    async fn new() -> Self {
        let operator = Operator::with_partitions(2).await;
        let metrics = ProducerMetrics::unregistered().unwrap();
        let options = ProducerOptions::default();
        let mut history = Self {
            producer: Producer::new(&operator.config(), &options, metrics).unwrap(),
            operator,
            from: Utc::now(),
            to: Utc::now(),
            began: BTreeSet::new(),
        };
        history.happen().await;
        history
    }

    fn write(&self, id: SessionId, kind: RecordType, value: &[u8]) {
        let headers = RecordHeaders {
            record_type: kind,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            organisation: "acme".parse().unwrap(),
            traceparent: None,
        };
        let topic = &self.operator.topics.topics().events;
        // Queued in order; `moment` waits until all is written.
        let key = id.to_string();
        drop(
            self.producer
                .send(topic, key.as_bytes(), value, &headers)
                .unwrap(),
        );
    }

    fn start(&self, id: SessionId, survey: &str) {
        let value = json!({
            "session_id": id, "created_at": Utc::now(), "expires_at": Utc::now(), "survey_id": survey,
            "versions": { "ruleset": "builtin-1", "model": "none" },
        });
        self.write(id, RecordType::SessionStarted, value.to_string().as_bytes());
    }

    fn complete(&self, id: SessionId) {
        let value = json!({ "session_id": id, "completed_at": Utc::now() });
        self.write(
            id,
            RecordType::SessionCompleted,
            value.to_string().as_bytes(),
        );
    }

    fn go_on(&self, id: SessionId, batch: &[u8]) {
        self.write(id, RecordType::EventBatch, batch);
    }

    /// A moment after everything that was written, which nothing written later is before.
    async fn moment(&self) -> DateTime<Utc> {
        let left = tokio::task::block_in_place(|| self.producer.flush(DEADLINE));
        assert_eq!(left, 0, "not written");
        let topic = &self.operator.topics.topics().events;
        let written = collect(self.operator.topics.brokers(), topic, Until::HighWatermark).await;
        let last = written.iter().filter_map(|record| record.timestamp).max();
        let moment = DateTime::from_timestamp_millis(last.unwrap_or(0) + 1).unwrap();
        wait_until("the clock to go on", DEADLINE, async || {
            let now = Utc::now();
            if now > moment { Ok(()) } else { Err(now) }
        })
        .await;
        moment
    }

    async fn happen(&mut self) {
        let (early, lasting, after) = (session(1000), session(1001), session(1002));
        self.start(early, "SV_1");
        self.from = self.moment().await;
        self.go_on(early, &batches(100)[0]);
        for number in 0..SESSIONS {
            let id = session(number);
            self.began.insert(id);
            self.start(id, "SV_1");
            batches(number)
                .iter()
                .for_each(|batch| self.go_on(id, batch));
            // Some end by the gap.
            if number % 3 > 0 {
                self.complete(id);
            }
        }
        self.began.insert(lasting);
        self.start(lasting, "SV_2");
        self.go_on(lasting, b"{");
        self.to = self.moment().await;
        self.start(after, "SV_1");
        self.go_on(lasting, &batches(101)[0]);
        self.moment().await;
        let worker = Worker::start(self);
        let ended = SESSIONS as usize + 3;
        self.wait_for_windows(ended).await;
        // Later than the gap: another window of the session, which began after the range.
        self.go_on(lasting, &batches(102)[0]);
        self.wait_for_windows(ended + 1).await;
        worker.stop().await;
    }

    /// The last final verdict of each window so far.
    async fn finals(&self) -> BTreeMap<(SessionId, i64), VerdictRecord> {
        let topic = &self.operator.topics.topics().verdicts;
        let records = collect(self.operator.topics.brokers(), topic, Until::HighWatermark).await;
        let mut finals: BTreeMap<(SessionId, i64), VerdictRecord> = BTreeMap::new();
        let kind = RecordType::Verdict.as_str();
        for record in records
            .iter()
            .filter(|record| record.header("ce_type") == Some(kind))
        {
            let verdict: VerdictRecord =
                serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
            if verdict.revision.phase == Phase::Final {
                finals.insert((verdict.session_id, verdict.window), verdict);
            }
        }
        finals
    }

    /// What the worker said of the sessions that began in the range, of each its first window.
    async fn in_scope(&self) -> Vec<Verdict> {
        let mut first = BTreeMap::new();
        for ((id, _), record) in self.finals().await {
            if self.began.contains(&id) {
                first.entry(id).or_insert(record);
            }
        }
        let records = first.into_values();
        records.map(|record| record.verdict.unwrap()).collect()
    }

    async fn wait_for_windows(&self, count: usize) {
        wait_until("final verdicts", DEADLINE, async || {
            let found = self.finals().await.len();
            if found == count { Ok(()) } else { Err(found) }
        })
        .await;
    }

    fn command(&self, more: &str) -> String {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let (from, to) = (time(self.from), time(self.to));
        format!("replay --from {from} --to {to} --json {more}")
    }

    fn replay(&self, more: &str) -> Value {
        self.operator.json(&self.command(more))
    }
}

struct Worker {
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(history: &History) -> Self {
        let mut config = WorkerConfig::new(history.operator.config(), ([127, 0, 0, 1], 0).into());
        config.windows.gap = Duration::from_secs(10);
        config.windows.grace = Duration::from_secs(1);
        config.windows.clock_margin = Duration::from_secs(1);
        let shutdown = CancellationToken::new();
        let components = setup(config, &Registry::new(), &Health::default()).unwrap();
        let consuming = components.consume(shutdown.clone());
        let task = tokio::spawn(async move { consuming.await.unwrap() });
        Self { shutdown, task }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_judged_as_it_was_and_otherwise_by_another_ruleset() {
    let history = History::new().await;
    nothing_differs(&history).await;
    a_stricter_ruleset_differs(&history).await;
    filters_narrow_the_range(&history);
    refusals(&history);
}

async fn nothing_differs(history: &History) {
    let (one, two) = (history.replay("--into one"), history.replay("--into two"));
    let (counts, difference) = (&one["counts"], &one["difference"]);
    assert_eq!(counts["sessions"], SESSIONS + 1, "{one}");
    assert_eq!(counts["windows"], SESSIONS + 1, "{one}");
    assert_eq!(
        (&counts["began_before"], &counts["poison"]),
        (&json!(1), &json!(1)),
        "{one}"
    );
    assert_eq!(difference["compared"], SESSIONS + 1, "{one}");
    assert_eq!(difference["changed"], 0, "{one}");
    assert_eq!(difference["mean_score_change"], 0.0);
    assert_eq!(
        (
            &difference["still_open"],
            &difference["no_recorded_verdict"]
        ),
        (&json!(0), &json!(0))
    );
    assert_eq!(one["difference"], two["difference"]);
    both_topics_hold_what_the_worker_said(history, &one).await;
}

async fn both_topics_hold_what_the_worker_said(history: &History, one: &Value) {
    let topics = ["one", "two"].map(|name| {
        format!(
            "{}.verdicts.replay.{name}",
            history.operator.topics.prefix()
        )
    });
    assert_eq!(one["topic"], topics[0]);
    let mut written = Vec::new();
    for topic in &topics {
        let mut records = collect(
            history.operator.topics.brokers(),
            topic,
            Until::HighWatermark,
        )
        .await;
        // When a record was written is the only thing that may differ.
        records
            .iter_mut()
            .for_each(|record| record.timestamp = None);
        written.push(records);
    }
    assert!(written[0] == written[1], "{written:?}");
    let windows: BTreeSet<_> = written[0]
        .iter()
        .map(|record| record.key_text().unwrap().to_owned())
        .collect();
    assert_eq!(windows.len() as u64, SESSIONS + 1);
    // What was written is what the worker said, but for the time that scoring took.
    let finals = history.finals().await;
    for record in &written[0] {
        let verdict: VerdictRecord =
            serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
        let mut recorded = finals[&(verdict.session_id, verdict.window)].clone();
        if recorded.revision == verdict.revision {
            recorded.verdict.as_mut().unwrap().processing_time_ms = 0.0;
            assert_eq!(verdict, recorded);
        }
    }
}

async fn a_stricter_ruleset_differs(history: &History) {
    let text = format!("version = \"strict-2\"\n[thresholds]\nbot_score = {STRICT}\n");
    let file = history.operator.file("strict.toml", &text);
    let replayed = history.replay(&format!("--ruleset {} --list 3", file.display()));
    let judged = history.in_scope().await;
    let flips = |verdict: &&Verdict| !verdict.is_bot && verdict.confidence_score >= STRICT;
    let flipped = judged.iter().filter(flips).count();
    assert!(flipped > 0, "no simulated session is between the bars");
    let bots = judged.iter().filter(|verdict| verdict.is_bot).count();
    let difference = &replayed["difference"];
    assert_eq!(difference["compared"], judged.len(), "{replayed}");
    assert_eq!(difference["changed"], flipped, "{replayed}");
    assert_eq!(
        difference["bots"],
        json!([bots, bots + flipped]),
        "{replayed}"
    );
    let listed = difference["most_changed"].as_array().unwrap().len();
    assert_eq!(listed, flipped.min(3), "{replayed}");
    assert_eq!(
        difference["mean_score_change"], 0.0,
        "the bar moved, not the scores"
    );
    assert_eq!(replayed["ruleset"], "strict-2");

    the_same_by_its_version(history, &file, &replayed);
}

/// The ruleset of the file, once it is in the control topic.
fn the_same_by_its_version(history: &History, file: &Path, replayed: &Value) {
    history
        .operator
        .done(&format!("rulesets put {}", file.display()));
    let by_version = history.replay("--ruleset strict-2 --into three --list 3");
    assert_eq!(by_version["difference"], replayed["difference"]);
    let text = history.operator.done(
        &history
            .command("--ruleset strict-2 --into four")
            .replace("--json", ""),
    );
    assert!(
        text.contains("class before \\ now") && text.contains("most changed"),
        "{text}"
    );
}

fn filters_narrow_the_range(history: &History) {
    let one = history.replay("--survey SV_2 --into five");
    assert_eq!(one["difference"]["compared"], 1, "{one}");
    let none = history.replay("--organisation other --into six");
    assert_eq!(
        (&none["difference"]["compared"], &none["counts"]["sessions"]),
        (&json!(0), &json!(0))
    );
}

fn refusals(history: &History) {
    for (more, sentence) in [
        ("--into one", "exists; name another one"),
        ("--ruleset strict-9", "there is no ruleset strict-9"),
    ] {
        let refused = history.operator.refused(&history.command(more));
        assert!(refused.contains(sentence), "{refused}");
    }
    let refused = history.operator.refused("replay --from 1h --to 2h");
    assert!(refused.contains("--from must be before --to"), "{refused}");
}
