//! A database owned, and migrated, by a login without any special right but that to create roles.

use std::path::PathBuf;

use chrono::NaiveDate;
use deadpool_postgres::{Client, Pool};
use schemas::ids::OrganisationId;
use storage::{DatabaseConfig, migrate, pool};
use testkit::TestDatabase;
use uuid::Uuid;

/// Midnight of 2026-09-21, UTC.
pub(crate) const DAY: i64 = 1_789_948_800_000;
/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// An empty database that belongs to an ordinary login, and that login's URL.
pub(crate) async fn empty_database() -> (TestDatabase, String) {
    let database = TestDatabase::create_empty().await;
    let url = database.give_to_ordinary_login().await;
    (database, url)
}

/// A migrated database and a pool of the ordinary login.
pub(crate) async fn migrated_database() -> (TestDatabase, Pool) {
    let (database, url) = empty_database().await;
    migrate(&url).await.unwrap();
    let pool = pool(&DatabaseConfig::new(url)).unwrap();
    (database, pool)
}

/// A connection of the pool.
pub(crate) async fn client(pool: &Pool) -> Client {
    pool.get().await.unwrap()
}

/// A session id of that millisecond.
pub(crate) fn session_id(millis: i64, low: u64) -> Uuid {
    let bits = (u128::from(millis.unsigned_abs()) << 80)
        | (0x7 << 76)
        | (0x8 << 60)
        | u128::from(low & 0xffff);
    Uuid::from_u128(bits)
}

/// Stores a session of `organisation` as the sink would.
pub(crate) async fn store_session(client: &mut Client, organisation: &str, id: Uuid) {
    let transaction = storage::sink_transaction(client).await.unwrap();
    let statement = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, is_completed, window_count, \
        event_count, generation, rev_offset, rev_phase) \
        VALUES ($1, $2, '2026-09-21', '2026-09-21', 'active', false, 1, 3, 1, 7, 0)";
    transaction
        .execute(statement, &[&id, &organisation])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// An empty database and a connection of the ordinary login.
pub(crate) async fn empty_with_client() -> (TestDatabase, Client) {
    let (database, url) = empty_database().await;
    let pool = pool(&DatabaseConfig::new(url)).unwrap();
    (database, client(&pool).await)
}

/// Applies the migrations of those versions.
pub(crate) async fn apply(client: &Client, versions: std::ops::RangeInclusive<usize>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    for version in versions {
        let begin = format!("V{version}__");
        let named = |path: &&PathBuf| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(&begin)
        };
        let file = files.iter().find(named).unwrap();
        let statements = std::fs::read_to_string(file).unwrap();
        client.batch_execute(&statements).await.unwrap();
    }
}

pub(crate) fn organisation(name: &str) -> OrganisationId {
    name.parse().unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
