//! The feed without a network: several instances read one log in their own orders, watchers come, go
//! and fall behind.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use kafka::OwnedRecord;
use kafka::tail::{TailPartition, TailStart};
use prometheus::Registry;
use proptest::prelude::*;
use proptest::sample::Index;
use schemas::header::{RecordHeaders, RecordType};
use schemas::live::{LiveMessage, SnapshotReason};
use schemas::verdict::VerdictRecord;

use super::config::LiveConfig;
use super::cursor::Cursor;
use super::filter::{FeedQuery, Filter};
use super::hub::{Hub, TURNS, Watch};
use super::message::Message;
use super::metrics::LiveMetrics;
use super::tail::Teller;
use super::watcher::{Closed, Next, Transport};
use crate::error::ApiError;

const GOLDEN: &str = include_str!("../../../schemas/golden/candor.verdict.v1.json");
const FINDING: &str = include_str!("../../../schemas/golden/candor.coordination.finding.v1.json");
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

#[derive(Debug, Clone)]
enum Operation {
    Append(Index, Index, Index),
    Consume(Index, Index, usize),
    Connect(Index, Index),
    Take(Index, usize),
    Leave(Index),
    Figures(Index),
    Restart(Index, usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = any::<Index>;
    prop_oneof![
        8 => (index(), index(), index()).prop_map(|(a, b, c)| Operation::Append(a, b, c)),
        8 => (index(), index(), 1..4usize).prop_map(|(a, b, count)| Operation::Consume(a, b, count)),
        3 => (index(), index()).prop_map(|(a, b)| Operation::Connect(a, b)),
        8 => (index(), 0..5usize).prop_map(|(a, most)| Operation::Take(a, most)),
        2 => index().prop_map(Operation::Leave),
        2 => index().prop_map(Operation::Figures),
        1 => (index(), 0..4usize).prop_map(|(a, back)| Operation::Restart(a, back)),
    ]
}

struct World {
    log: Log,
    instances: Vec<Instance>,
    clients: Vec<Client>,
}

impl World {
    fn new() -> Self {
        let log = Log::default();
        let instances = (0..2).map(|_| Instance::start(&log, 0, small())).collect();
        let clients = (0..4).map(Client::new).collect();
        Self {
            log,
            instances,
            clients,
        }
    }

    fn apply(&mut self, operation: &Operation) {
        let Self {
            log,
            instances,
            clients,
        } = self;
        match operation {
            Operation::Append(partition, organisation, survey) => log.append(
                partition.index(PARTITIONS),
                ORGANISATIONS[organisation.index(2)],
                SURVEYS[survey.index(2)],
            ),
            Operation::Consume(at, partition, count) => {
                let at = at.index(instances.len());
                instances[at].consume(log, partition.index(PARTITIONS), *count);
            }
            Operation::Connect(client, at) => {
                let client = client.index(clients.len());
                clients[client].connect(&instances[at.index(2)]);
            }
            Operation::Take(client, most) => {
                let client = client.index(clients.len());
                clients[client].take(*most);
            }
            Operation::Leave(client) => {
                let client = client.index(clients.len());
                clients[client].watch = None;
            }
            Operation::Figures(at) => {
                let hub = &instances[at.index(2)].hub;
                for turn in 0..TURNS {
                    hub.tell_figures(turn, Instant::now(), Utc::now());
                }
            }
            Operation::Restart(at, back) => {
                let at = at.index(instances.len());
                // Its connections end with it.
                for client in clients {
                    client.watch = None;
                }
                instances[at] = Instance::start(log, *back, small());
            }
        }
    }

    /// Everything is read, and every client comes back once more.
    fn settle(&mut self) {
        for instance in &mut self.instances {
            instance.consume_all(&self.log);
        }
        for (number, client) in self.clients.iter_mut().enumerate() {
            if client.watch.is_none() {
                client.connect(&self.instances[number % 2]);
            }
            client.drain();
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_everything_is_told_or_said_to_be_missing(
        operations in prop::collection::vec(operation(), 0..120),
    ) {
        let mut world = World::new();
        for operation in &operations {
            world.apply(operation);
        }
        world.settle();
        for client in &world.clients {
            prop_assert_eq!(client.faults(&world.log), Vec::<String>::new());
        }
    }
}

/// An instance with so many messages of `ours` in partition 0, and a client that was told all of them.
fn told(count: usize) -> (Log, Instance, Client) {
    let mut log = Log::default();
    let mut instance = Instance::start(&log, 0, small());
    let mut client = Client::new(0);
    client.connect(&instance);
    client.drain();
    for _ in 0..count {
        log.append(0, "ours", "SV_1");
        instance.consume(&log, 0, 1);
        client.drain();
    }
    (log, instance, client)
}

#[test]
fn a_cursor_brings_exactly_what_was_missed_at_any_instance() {
    let (mut log, mut instance, mut client) = told(3);
    let mut other = Instance::start(&log, 2, small());
    client.watch = None;
    for (partition, organisation) in [(1, "ours"), (0, "theirs"), (2, "ours"), (0, "ours")] {
        log.append(partition, organisation, "SV_1");
    }
    // In another order than the other one.
    for partition in [2, 1, 0] {
        other.consume(&log, partition, usize::MAX);
    }
    instance.consume_all(&log);
    for instance in [&instance, &other] {
        let query = query(None, client.cursor.clone());
        let watch = instance
            .hub
            .register(&"ours".parse().unwrap(), query, Transport::Stream);
        let Some(Next::Messages(missed)) = watch.unwrap().watcher.take() else {
            panic!("nothing is replayed");
        };
        let windows = missed.iter().map(|message| match parsed(message) {
            LiveMessage::AnalysisComplete(update) => update.window,
            message => panic!("{message:?}"),
        });
        let expected = BTreeSet::from([place_number(0, 4), place_number(1, 0), place_number(2, 0)]);
        assert_eq!(windows.clone().count(), 3);
        assert_eq!(windows.collect::<BTreeSet<i64>>(), expected);
    }
}

fn reason(instance: &Instance, cursor: Option<String>) -> Option<SnapshotReason> {
    let watch = instance.hub.register(
        &"ours".parse().unwrap(),
        query(None, cursor),
        Transport::Socket,
    );
    match watch.unwrap().watcher.take() {
        Some(Next::Lost(reason)) => Some(reason),
        _ => None,
    }
}

#[test]
fn what_cannot_be_replayed_is_said_to_be_missing() {
    let (mut log, mut instance, client) = told(1);
    assert_eq!(reason(&instance, None), Some(SnapshotReason::Start));
    assert_eq!(reason(&instance, client.cursor.clone()), None);
    let nonsense = Some("nonsense".to_owned());
    assert_eq!(
        reason(&instance, nonsense),
        Some(SnapshotReason::UnknownCursor)
    );
    let mut ahead = Cursor::open(client.cursor.as_deref().unwrap()).unwrap();
    ahead.positions[1] = 7;
    assert_eq!(
        reason(&instance, Some(ahead.close())),
        Some(SnapshotReason::UnknownCursor)
    );
    // One more than are kept.
    for _ in 0..=small().replay_messages {
        log.append(0, "ours", "SV_1");
    }
    instance.consume_all(&log);
    assert_eq!(
        reason(&instance, client.cursor),
        Some(SnapshotReason::TooOld)
    );
}

#[test]
fn a_cursor_of_the_topic_before_is_not_taken_for_one_of_this() {
    let (log, instance, client) = told(2);
    let mut old = Cursor::open(client.cursor.as_deref().unwrap()).unwrap();
    old.made_at -= 3600;
    // The positions exist, but not yet when this instance began an hour later.
    assert_eq!(
        reason(&instance, Some(old.close())),
        Some(SnapshotReason::UnknownCursor)
    );
    let later = Instance::start(&log, 1, small());
    assert_eq!(reason(&later, Some(old.close())), None);
}

#[test]
fn a_topic_that_begins_anew_is_noticed_and_watchers_read_again() {
    let (_, mut instance, mut client) = told(5);
    let mut anew = Log::default();
    anew.append(0, "ours", "SV_1");
    instance.teller.tell(&anew.partitions[0][0].as_record());
    let Some(Next::Lost(reason)) = client.watch.as_ref().unwrap().watcher.take() else {
        panic!("nothing is missing");
    };
    assert_eq!(reason, SnapshotReason::Replaced);
    client.drain();
    anew.append(0, "ours", "SV_1");
    instance.teller.tell(&anew.partitions[0][1].as_record());
    client.told.clear();
    client.drain();
    assert_eq!(client.told, BTreeSet::from([place_number(0, 1)]));
}

#[test]
fn a_slow_watcher_holds_nothing_and_is_told_once() {
    let (mut log, mut instance, mut client) = told(0);
    let limit = small().queue_messages;
    for _ in 0..3 * limit {
        log.append(0, "ours", "SV_1");
    }
    instance.consume_all(&log);
    let watcher = Arc::clone(&client.watch.as_ref().unwrap().watcher);
    assert!(matches!(
        watcher.take(),
        Some(Next::Lost(SnapshotReason::Slow))
    ));
    client.take(1);
    assert!(watcher.is_idle());
    log.append(0, "ours", "SV_1");
    instance.consume_all(&log);
    client.drain();
    let last = i64::try_from(3 * limit).unwrap();
    assert_eq!(client.told, BTreeSet::from([place_number(0, last)]));
    assert_eq!(client.faults(&log), Vec::<String>::new());
}

#[test]
fn what_is_kept_is_bounded_for_all_organisations_together() {
    let mut log = Log::default();
    let bound = 64 << 10;
    let config = LiveConfig {
        replay_messages: 10_000,
        replay_bytes: bound,
        ..LiveConfig::default()
    };
    let mut instance = Instance::start(&log, 0, config);
    log.append(1, "theirs", "SV_1");
    for _ in 0..400 {
        log.append(0, "ours", "SV_1");
    }
    instance.consume_all(&log);
    let kept = instance.hub.metrics().kept_bytes.get();
    let bound = i64::try_from(bound).unwrap();
    assert!(kept <= bound && kept > bound / 2, "{kept}");
    // Who says much does not push out who says little.
    let start = Cursor::open(&instance.hub.cursor_after((0, 400)).unwrap()).unwrap();
    let before = Cursor::new(start.topic, start.made_at, vec![0; PARTITIONS]).close();
    assert_eq!(
        reason(&instance, Some(before.clone())),
        Some(SnapshotReason::TooOld)
    );
    let theirs = instance.hub.register(
        &"theirs".parse().unwrap(),
        query(None, Some(before)),
        Transport::Socket,
    );
    let Some(Next::Messages(missed)) = theirs.unwrap().watcher.take() else {
        panic!("their only message is not kept");
    };
    assert_eq!(missed.len(), 1);
}

#[test]
fn there_is_room_for_so_many() {
    let (_, instance, _client) = told(0);
    let hub = &instance.hub;
    let enter = |organisation: &str| {
        hub.register(
            &organisation.parse().unwrap(),
            query(None, None),
            Transport::Socket,
        )
    };
    let mut inside: Vec<Watch> = (0..3).map(|_| enter("ours").unwrap()).collect();
    assert!(matches!(enter("ours"), Err(ApiError::TooManyLive)));
    inside.extend((0..4).map(|_| enter("theirs").unwrap()));
    assert!(matches!(enter("others"), Err(ApiError::LiveFull)));
    inside.pop();
    assert!(enter("others").is_ok());
    let clients = &hub.metrics().clients;
    assert_eq!(clients.with_label_values(&["websocket"]).get(), 7);
}

#[test]
fn figures_count_what_happened_while_somebody_watches() {
    let mut log = Log::default();
    let mut instance = Instance::start(&log, 0, small());
    log.append(0, "ours", "SV_1");
    instance.consume_all(&log);
    let watch = instance.hub.register(
        &"ours".parse().unwrap(),
        query(None, None),
        Transport::Socket,
    );
    let watch = watch.unwrap();
    drop(watch.hub().snapshot(&watch.watcher, SnapshotReason::Start));
    for organisation in ["ours", "ours", "theirs"] {
        log.append(1, organisation, "SV_1");
    }
    instance.consume_all(&log);
    let finding = owned(
        RecordType::CoordinationFinding,
        "acme",
        FINDING.into(),
        (2, 0),
    );
    instance.teller.tell(&finding.as_record());
    let later = Instant::now() + Duration::from_secs(1);
    for turn in 0..TURNS {
        instance.hub.tell_figures(turn, later, Utc::now());
    }
    let Some(Next::Messages(messages)) = watch.watcher.take() else {
        panic!("nothing is told");
    };
    let LiveMessage::Stats(stats) = parsed(messages.back().unwrap()) else {
        panic!("no figures");
    };
    assert_eq!((stats.verdicts, stats.sessions, stats.bots), (2, 1, 2));
    assert_eq!((stats.findings, stats.connections), (0, 1));
    assert!(stats.verdicts_per_second > 0.0, "{stats:?}");
    // Figures that were not taken are replaced.
    for _ in 0..3 * TURNS {
        for turn in 0..TURNS {
            instance.hub.tell_figures(turn, later, Utc::now());
        }
    }
    assert!(matches!(watch.watcher.take(), Some(Next::Messages(messages)) if messages.len() == 1));
}

#[test]
fn a_stream_that_takes_nothing_gives_its_place_free() {
    let (_, instance, _client) = told(0);
    let watch = instance.hub.register(
        &"theirs".parse().unwrap(),
        query(None, None),
        Transport::Stream,
    );
    let watch = watch.unwrap();
    let later = Instant::now() + small().write_timeout + Duration::from_secs(1);
    for turn in 0..TURNS {
        instance.hub.tell_figures(turn, later, Utc::now());
    }
    assert!(matches!(
        watch.watcher.take(),
        Some(Next::Ended(Closed::Slow))
    ));
    let gauge = instance.hub.metrics().clients.with_label_values(&["sse"]);
    assert_eq!(gauge.get(), 0);
    drop(watch);
    assert_eq!(gauge.get(), 0);
    let closed = &instance.hub.metrics().closed;
    assert_eq!(closed.with_label_values(&["slow"]).get(), 1);
}
