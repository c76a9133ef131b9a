//! One PostgreSQL server: restart in place, kill, folders its account cannot enter, fetched binaries.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::common::{Folder, connect};
use embedded::{
    Durability, EmbeddedError, PostgresOptions, PostgresServer, cache_folder,
    fetch_postgres_binaries,
};

fn options(folder: &Path) -> PostgresOptions {
    PostgresOptions {
        durability: Durability::Disposable,
        ..PostgresOptions::new(folder)
    }
}

async fn count(server: &PostgresServer) -> i64 {
    let client = connect(&server.url()).await;
    client
        .query_one("SELECT count(*) FROM kept", &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_comes_back_on_its_port_with_its_rows_after_a_stop_and_after_a_kill() {
    let folder = Folder::new();
    let mut server = PostgresServer::start(PostgresOptions::new(folder.path())).unwrap();
    let url = server.url();
    let client = connect(&url).await;
    client
        .batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('x')")
        .await
        .unwrap();
    assert!(server.stop(), "a fast shutdown was not enough");
    server.restart().unwrap();
    assert_eq!(count(&server).await, 1);
    let client = connect(&url).await;
    client
        .batch_execute("INSERT INTO kept VALUES ('y')")
        .await
        .unwrap();

    server.kill();
    server.restart().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(count(&server).await, 2);
    let durable = connect(&url)
        .await
        .query_one("SHOW fsync", &[])
        .await
        .unwrap();
    assert_eq!(durable.get::<_, String>(0), "on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_lets_nobody_in_without_its_password_and_listens_on_loopback_only() {
    let folder = Folder::new();
    let server = PostgresServer::start(options(folder.path())).unwrap();
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    let wrong = format!("postgres://candor:wrong@127.0.0.1:{port}/candor");
    let error = tokio_postgres::connect(&wrong, tokio_postgres::NoTls)
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.code(),
        Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD)
    );

    let client = connect(&server.url()).await;
    let row = client
        .query_one("SHOW listen_addresses", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, String>(0), "127.0.0.1");
    let mode = std::fs::metadata(folder.path().join("password"))
        .unwrap()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let owner = std::fs::metadata(server.data_folder()).unwrap().uid();
    assert_ne!(owner, 0, "PostgreSQL must never run as root");
    assert!(!format!("{server:?}").contains(server.url().split(':').nth(2).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn data_go_elsewhere_when_the_servers_account_cannot_enter_the_folder() {
    let folder = Folder::new();
    let private = folder.path().join("private");
    std::fs::create_dir(&private).unwrap();
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o700)).unwrap();
    let place = private.join("postgres");
    let server = PostgresServer::start(options(&place)).unwrap();
    let data = server.data_folder();
    // Only root drops to another account; everybody else's server can enter what they can enter.
    let is_root = std::fs::metadata(&private).unwrap().uid() == 0;
    assert_eq!(data.starts_with("/var/tmp"), is_root, "{}", data.display());
    let client = connect(&server.url()).await;
    client
        .batch_execute("CREATE TABLE kept (word text)")
        .await
        .unwrap();
    drop(server);
    let server = PostgresServer::start(options(&place)).unwrap();
    assert_eq!(count(&server).await, 0);
    drop(server);

    // A deleted data folder takes its password along; what lies elsewhere must not stand in the way.
    std::fs::remove_dir_all(&place).unwrap();
    let server = PostgresServer::start(options(&place)).unwrap();
    let client = connect(&server.url()).await;
    let row = client
        .query_one("SELECT to_regclass('kept') IS NULL", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    drop(server);
    if is_root {
        std::fs::remove_dir_all(data.parent().unwrap()).unwrap();
    }
}

#[test]
fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let folder = Folder::new();
    let server = PostgresServer::start(options(folder.path())).unwrap();
    let config = server.data_folder().join("postgresql.conf");
    drop(server);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\nno_such_setting = 1\n")).unwrap();
    let error = PostgresServer::start(options(folder.path())).unwrap_err();
    let sentence = error.to_string();
    assert!(
        matches!(error, EmbeddedError::NotStarted { .. }),
        "{sentence}"
    );
    assert!(sentence.contains("no_such_setting"), "{sentence}");
}

#[test]
fn a_stale_process_file_does_not_keep_the_server_from_starting() {
    let folder = Folder::new();
    let server = PostgresServer::start(options(folder.path())).unwrap();
    let stale = server.data_folder().join("postmaster.pid");
    drop(server);
    // Our own id: a living process, as after a reboot with reused ids.
    std::fs::write(&stale, format!("{}\n", std::process::id())).unwrap();
    let server = PostgresServer::start(options(folder.path())).unwrap();
    assert!(server.process_id().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn fetched_binaries_run_where_no_server_is_installed() {
    let folder = Folder::new();
    // The shared cache, so that this fetches once per machine; an account that cannot enter it is served from a
    // copy in a folder it can enter.
    let mut cache = cache_folder().unwrap();
    let is_root = std::fs::metadata(folder.path()).unwrap().uid() == 0;
    if is_root {
        cache = folder.path().join("cache");
    }
    let binaries = fetch_postgres_binaries(&cache).unwrap();
    let options = PostgresOptions {
        binaries: Some(binaries),
        ..options(&folder.path().join("pg"))
    };
    let server = PostgresServer::start(options).unwrap();
    let row = connect(&server.url())
        .await
        .query_one("SHOW server_version", &[])
        .await
        .unwrap();
    assert!(row.get::<_, String>(0).starts_with("18."));
}
