//! The feed without a network: several instances read one log in their own orders, watchers come, go
//! and fall behind.

mod told;
mod world;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use kafka::OwnedRecord;
use kafka::tail::{TailPartition, TailStart};
use prometheus::Registry;
use schemas::header::{RecordHeaders, RecordType};
use schemas::live::LiveMessage;
use schemas::verdict::VerdictRecord;

use super::config::LiveConfig;
use super::cursor::Cursor;
use super::filter::{FeedQuery, Filter};
use super::hub::{Hub, Watch};
use super::message::Message;
use super::metrics::LiveMetrics;
use super::tail::Teller;
use super::watcher::{Next, Transport};

const GOLDEN: &str = include_str!("../../../../schemas/golden/candor.verdict.v1.json");
const FINDING: &str =
    include_str!("../../../../schemas/golden/candor.coordination.finding.v1.json");
const TOPIC: &str = "candor.verdicts.v1";
const PARTITIONS: usize = 3;
const ORGANISATIONS: [&str; 2] = ["ours", "theirs"];
const SURVEYS: [&str; 2] = ["SV_1", "SV_2"];

fn small() -> LiveConfig {
    LiveConfig {
        clients: 8,
        organisation_clients: 4,
        queue_messages: 4,
        replay_messages: 6,
        ..LiveConfig::default()
    }
}

/// The log that every instance reads.
#[derive(Default)]
struct Log {
    partitions: [Vec<OwnedRecord>; PARTITIONS],
}

impl Log {
    fn append(&mut self, partition: usize, organisation: &str, survey: &str) {
        let offset = i64::try_from(self.partitions[partition].len()).unwrap();
        let mut record: VerdictRecord = serde_json::from_str(GOLDEN).unwrap();
        record.organisation = organisation.parse().unwrap();
        record.session.survey_id = Some(survey.to_owned());
        // Tells the messages apart.
        record.window = place_number(partition, offset);
        let payload = serde_json::to_vec(&record).unwrap();
        let place = (i32::try_from(partition).unwrap(), offset);
        let record = owned(RecordType::Verdict, organisation, payload, place);
        self.partitions[partition].push(record);
    }

    fn ends(&self) -> [usize; PARTITIONS] {
        std::array::from_fn(|partition| self.partitions[partition].len())
    }
}

fn place_number(partition: usize, offset: i64) -> i64 {
    i64::try_from(partition).unwrap() * 1_000_000 + offset
}

fn owned(kind: RecordType, organisation: &str, payload: Vec<u8>, place: (i32, i64)) -> OwnedRecord {
    let headers = RecordHeaders {
        record_type: kind,
        id: "1".to_owned(),
        source: "/candor/test".to_owned(),
        organisation: organisation.parse().unwrap(),
        traceparent: None,
    };
    let headers = headers.encode().into_iter();
    OwnedRecord {
        topic: TOPIC.to_owned(),
        partition: place.0,
        offset: place.1,
        timestamp_ms: 0,
        key: Vec::new(),
        payload,
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .collect(),
    }
}

/// One instance, and how far it has read.
struct Instance {
    hub: Hub,
    teller: Teller,
    read: [usize; PARTITIONS],
}

impl Instance {
    fn start(log: &Log, back: usize, config: LiveConfig) -> Self {
        let metrics = LiveMetrics::register(&Registry::new()).unwrap();
        let hub = Hub::new(config, metrics);
        let mut teller = Teller::new(hub.clone(), TOPIC);
        let ends = log.ends();
        let read = ends.map(|end| end.saturating_sub(back));
        let partitions = (0..PARTITIONS).map(|partition| TailPartition {
            partition: i32::try_from(partition).unwrap(),
            begin: i64::try_from(read[partition]).unwrap(),
            end: i64::try_from(ends[partition]).unwrap(),
        });
        teller.begin(&TailStart {
            cluster: Some("cluster".to_owned()),
            partitions: partitions.collect(),
        });
        Self { hub, teller, read }
    }

    fn consume(&mut self, log: &Log, partition: usize, count: usize) {
        let records = log.partitions[partition].iter();
        for record in records.skip(self.read[partition]).take(count) {
            self.teller.tell(&record.as_record());
            self.read[partition] += 1;
        }
    }

    fn consume_all(&mut self, log: &Log) {
        for partition in 0..PARTITIONS {
            self.consume(log, partition, usize::MAX);
        }
    }
}

fn query(survey: Option<&str>, cursor: Option<String>) -> FeedQuery {
    FeedQuery {
        filter: Filter {
            surveys: survey.map(str::to_owned).into_iter().collect(),
            ..Filter::default()
        },
        cursor,
    }
}

fn parsed(message: &Message) -> LiveMessage {
    serde_json::from_str(&message.text()).unwrap()
}

/// A client: where it is connected, what it was told and what it has read again.
struct Client {
    organisation: &'static str,
    survey: Option<&'static str>,
    watch: Option<Watch>,
    cursor: Option<String>,
    told: BTreeSet<i64>,
    /// By partition: everything before was read again after a snapshot.
    read_again: [i64; PARTITIONS],
}

impl Client {
    fn new(number: usize) -> Self {
        Self {
            organisation: ORGANISATIONS[number % 2],
            survey: (number >= 2).then_some(SURVEYS[number % 2]),
            watch: None,
            cursor: None,
            told: BTreeSet::new(),
            read_again: [0; PARTITIONS],
        }
    }

    fn connect(&mut self, instance: &Instance) {
        let query = query(self.survey, self.cursor.clone());
        let organisation = self.organisation.parse().unwrap();
        // Whoever connects again has left first.
        self.watch = None;
        self.watch = Some(
            instance
                .hub
                .register(&organisation, query, Transport::Socket)
                .unwrap(),
        );
    }

    /// Takes what is next; of several messages at most `most` arrive before the connection breaks.
    fn take(&mut self, most: usize) {
        let Some(watch) = &self.watch else { return };
        let next = watch.watcher.take();
        let messages = match next {
            None => return,
            Some(Next::Messages(messages)) => messages,
            Some(Next::Lost(reason)) => {
                let snapshot = watch.hub().snapshot(&watch.watcher, reason);
                VecDeque::from([snapshot.unwrap()])
            }
            Some(Next::Ended(reason)) => panic!("ended: {reason:?}"),
        };
        let breaks = messages.len() > most;
        for message in messages.into_iter().take(most) {
            self.hear(&message);
        }
        if breaks {
            self.watch = None;
        }
    }

    fn hear(&mut self, message: &Arc<Message>) {
        let cursor = match parsed(message) {
            LiveMessage::SessionUpdated(update) | LiveMessage::AnalysisComplete(update) => {
                self.told.insert(update.window);
                update.cursor
            }
            LiveMessage::Snapshot(snapshot) => {
                let cursor = Cursor::open(&snapshot.cursor).unwrap();
                for (again, position) in self.read_again.iter_mut().zip(&cursor.positions) {
                    *again = (*again).max(*position);
                }
                snapshot.cursor
            }
            LiveMessage::Stats(stats) => stats.cursor,
            LiveMessage::Finding(finding) => finding.cursor,
        };
        self.cursor = Some(cursor);
    }

    fn drain(&mut self) {
        while self
            .watch
            .as_ref()
            .is_some_and(|watch| !watch.watcher.is_idle())
        {
            self.take(usize::MAX);
        }
    }

    /// What is neither told nor read again, and what is not its own.
    fn faults(&self, log: &Log) -> Vec<String> {
        let mut faults = Vec::new();
        for (partition, records) in log.partitions.iter().enumerate() {
            for record in records {
                let verdict: VerdictRecord = serde_json::from_slice(&record.payload).unwrap();
                let is_own = verdict.organisation.as_str() == self.organisation
                    && self
                        .survey
                        .is_none_or(|survey| verdict.session.survey_id.as_deref() == Some(survey));
                let is_told = self.told.contains(&verdict.window);
                let is_known = is_told || record.offset < self.read_again[partition];
                if is_own && !is_known {
                    faults.push(format!("missed {partition}/{}", record.offset));
                }
                if is_told && !is_own {
                    faults.push(format!(
                        "told what is not its own: {partition}/{}",
                        record.offset
                    ));
                }
            }
        }
        faults
    }
}
