//! What a watcher is told: what it missed, that it missed something, figures; and who finds no room.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use schemas::header::RecordType;
use schemas::live::{LiveMessage, SnapshotReason};

use super::{
    Client, FINDING, Instance, Log, PARTITIONS, owned, parsed, place_number, query, small,
};
use crate::error::ApiError;
use crate::live::config::LiveConfig;
use crate::live::cursor::Cursor;
use crate::live::hub::{TURNS, Watch};
use crate::live::watcher::{Closed, Next, Transport};

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
