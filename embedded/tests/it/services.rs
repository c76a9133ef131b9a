//! Both services in one data folder: start, kill of the owner, lock, fresh start.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::common::{Folder, connect, consume, create_topic, disposable, produce, wait_for_end_of};
use embedded::{DataFolder, EmbeddedError, ServiceOptions, Services};

/// A process of its own that owns the services of a folder.
struct Holder {
    process: Child,
    brokers: String,
    url: String,
    servers: [u32; 2],
}

impl Holder {
    fn start(folder: &DataFolder) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_embedded-holder"));
        let command = command
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [brokers, url, kafka, postgres] = words[..] else {
            panic!("the holder said {line:?}")
        };
        Self {
            process,
            brokers: brokers.to_owned(),
            url: url.to_owned(),
            servers: [kafka.parse().unwrap(), postgres.parse().unwrap()],
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_the_owner_leaves_no_orphan_and_the_next_start_continues_with_the_data() {
    let folder = Folder::new();
    let data = DataFolder::new(folder.path().join("data"));
    let mut holder = Holder::start(&data);
    create_topic(&holder.brokers, "kept").await;
    produce(&holder.brokers, "kept", "before the kill").await;
    let client = connect(&holder.url).await;
    client
        .batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('x')")
        .await
        .unwrap();
    holder.process.kill().unwrap();

    // At once: the dying servers of the killed owner are still there.
    let services = Services::start(&data, ServiceOptions::default()).unwrap();
    holder.servers.into_iter().for_each(wait_for_end_of);
    assert_eq!(services.brokers(), holder.brokers, "the port is kept");
    assert_eq!(consume(services.brokers(), "kept", 1), ["before the kill"]);
    let client = connect(services.database_url()).await;
    let row = client
        .query_one("SELECT word FROM kept", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, String>(0), "x");
    services.stop();
}

#[test]
fn a_second_start_on_a_folder_in_use_fails_with_a_clear_sentence() {
    let folder = Folder::new();
    let data = DataFolder::new(folder.path());
    let first = Services::start(&data, disposable()).unwrap();
    let begun = Instant::now();
    let error = Services::start(&data, disposable()).unwrap_err();
    assert!(matches!(error, EmbeddedError::Locked { .. }), "{error}");
    let sentence = error.to_string();
    assert!(sentence.contains("in use by another process"), "{sentence}");
    assert!(
        sentence.contains(&folder.path().display().to_string()),
        "{sentence}"
    );
    assert!(
        begun.elapsed().as_secs() < 5,
        "the refusal took {:?}",
        begun.elapsed()
    );
    drop(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_start_forgets_the_data() {
    let folder = Folder::new();
    let data = DataFolder::new(folder.path());
    let services = Services::start(&data, disposable()).unwrap();
    let client = connect(services.database_url()).await;
    client
        .batch_execute("CREATE TABLE kept (word text)")
        .await
        .unwrap();
    services.stop();
    std::fs::write(folder.path().join("leftover"), "x").unwrap();

    let fresh = ServiceOptions {
        fresh: true,
        ..disposable()
    };
    let services = Services::start(&data, fresh).unwrap();
    let client = connect(services.database_url()).await;
    let row = client
        .query_one("SELECT to_regclass('kept') IS NULL", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0), "the table survived a fresh start");
    assert!(!folder.path().join("leftover").exists());
}

#[test]
fn a_fresh_start_never_empties_a_folder_of_somebody_else() {
    let folder = Folder::new();
    let precious = folder.path().join("thesis.txt");
    std::fs::write(&precious, "years of work").unwrap();
    let fresh = ServiceOptions {
        fresh: true,
        ..disposable()
    };
    let error = Services::start(&DataFolder::new(folder.path()), fresh).unwrap_err();
    assert!(
        matches!(error, EmbeddedError::NotADataFolder { .. }),
        "{error}"
    );
    assert!(precious.exists());
}

#[test]
fn nothing_is_started_for_what_is_given_from_outside() {
    let folder = Folder::new();
    let options = ServiceOptions {
        kafka_brokers: Some("kafka.example:9092".to_owned()),
        database_url: Some("postgres://me:secret@db.example/candor".to_owned()),
        ..disposable()
    };
    let shown = format!("{options:?}");
    let mut services = Services::start(&DataFolder::new(folder.path()), options).unwrap();
    assert_eq!(services.brokers(), "kafka.example:9092");
    assert_eq!(
        services.database_url(),
        "postgres://me:secret@db.example/candor"
    );
    assert!(services.kafka().is_none() && services.postgres().is_none());
    assert!(!folder.path().join("kafka").exists() && !folder.path().join("postgres").exists());
    assert!(!shown.contains("secret") && !format!("{services:?}").contains("secret"));
}
