//! One Kafka node: restart in place, kill, taken ports.

use std::net::TcpListener;
use std::time::Duration;

use crate::common::{Folder, consume, create_topic, produce};
use embedded::{Durability, EmbeddedError, KafkaOptions, KafkaServer};

fn options(folder: &Folder) -> KafkaOptions {
    KafkaOptions {
        durability: Durability::Disposable,
        heap_megabytes: 256,
        ..KafkaOptions::new(folder.path())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_comes_back_on_its_port_with_its_records_after_a_stop_and_after_a_kill() {
    let folder = Folder::new();
    let mut kafka = KafkaServer::start(options(&folder)).unwrap();
    let brokers = kafka.brokers().to_owned();
    create_topic(&brokers, "kept").await;
    produce(&brokers, "kept", "first").await;

    assert!(kafka.stop(), "a controlled shutdown was not enough");
    assert!(kafka.process_id().is_none());
    kafka.restart().unwrap();
    produce(&brokers, "kept", "second").await;

    kafka.kill();
    kafka.restart().unwrap();
    assert_eq!(consume(&brokers, "kept", 2), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_ports_are_taken_continues_on_other_ports() {
    let folder = Folder::new();
    let kafka = KafkaServer::start(options(&folder)).unwrap();
    let first = kafka.brokers().to_owned();
    create_topic(&first, "kept").await;
    produce(&first, "kept", "before").await;
    drop(kafka);

    let ports = std::fs::read_to_string(folder.path().join("ports")).unwrap();
    let take = |port: &str| TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    let _taken: Vec<TcpListener> = ports.lines().map(take).collect();
    let kafka = KafkaServer::start(options(&folder)).unwrap();
    assert_ne!(kafka.brokers(), first);
    produce(kafka.brokers(), "kept", "after").await;
    assert_eq!(consume(kafka.brokers(), "kept", 2), ["before", "after"]);
}

#[test]
fn a_node_that_cannot_start_shows_the_end_of_its_log() {
    let folder = Folder::new();
    drop(KafkaServer::start(options(&folder)).unwrap());
    let meta = folder.path().join("data/meta.properties");
    std::fs::write(
        &meta,
        "version=1\nnode.id=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n",
    )
    .unwrap();
    let error = KafkaServer::start(options(&folder)).unwrap_err();
    let sentence = error.to_string();
    assert!(
        matches!(error, EmbeddedError::NotStarted { .. }),
        "{sentence}"
    );
    assert!(sentence.contains("Stored node id 7"), "{sentence}");
}

#[test]
fn an_interrupted_format_is_done_again() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/meta.properties"), "half a li").unwrap();
    let kafka = KafkaServer::start(options(&folder)).unwrap();
    assert!(kafka.process_id().is_some());
}

#[test]
fn two_processes_may_fill_an_empty_cache_at_once() {
    let folder = Folder::new();
    let cache = folder.path().join("cache");
    let start = |name: &str| {
        let options = KafkaOptions {
            cache: Some(cache.clone()),
            durability: Durability::Disposable,
            heap_megabytes: 256,
            start_timeout: Duration::from_secs(120),
            ..KafkaOptions::new(folder.path().join(name))
        };
        KafkaServer::start(options).unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| start("one"));
        scope.spawn(|| start("two"));
    });
    let entries = std::fs::read_dir(&cache).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names.len(), 2, "an entry and its lock, but: {names:?}");
    assert!(names[1] == format!("{}.lock", names[0]), "{names:?}");
}
