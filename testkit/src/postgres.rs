//! A real PostgreSQL server for tests: one per test process, or one of a test's own.

use std::path::Path;
use std::sync::OnceLock;

use embedded::{Durability, PostgresOptions, PostgresServer};

use crate::disk::SmallDisk;
use crate::folder::TestFolder;
use crate::outcome::{OrFail, variable};

/// A running server. Starting one takes about 1 s and blocks; that is allowed inside `#[tokio::test]`.
#[derive(Debug)]
pub struct TestPostgres {
    /// Superuser's URL of the maintenance database.
    url: String,
    server: Option<PostgresServer>,
    // After the server, so that the folder is removed when nothing uses it any more.
    folder: Option<TestFolder>,
}

impl TestPostgres {
    /// The server that all tests of this process share, started by the first that asks; the one of
    /// `CANDOR_TEST_DATABASE_URL` (a superuser's URL) if that is set. Tests keep apart by their databases, see
    /// [`crate::TestDatabase`].
    ///
    /// # Panics
    /// With the reason and the end of the server's log when it cannot be started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestPostgres> = OnceLock::new();
        SHARED.get_or_init(|| match variable("CANDOR_TEST_DATABASE_URL") {
            Some(url) => Self {
                url,
                server: None,
                folder: None,
            },
            None => Self::own(),
        })
    }

    /// A server that only this test uses, which may therefore stop, kill and restart it. It does not synchronise to
    /// disk; a kill keeps what was committed.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub fn own() -> Self {
        let folder = TestFolder::new();
        let mut own = Self::start_in(folder.path());
        own.folder = Some(folder);
        own
    }

    /// The same with its data on `disk`, which must outlive it.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub fn on_disk(disk: &SmallDisk) -> Self {
        Self::start_in(&disk.path())
    }

    fn start_in(folder: &Path) -> Self {
        let options = PostgresOptions {
            durability: Durability::Disposable,
            ..PostgresOptions::new(folder.join("postgres"))
        };
        let server = PostgresServer::start(options).or_fail("PostgreSQL for tests");
        Self {
            url: server.url_for("postgres"),
            server: Some(server),
            folder: None,
        }
    }

    /// Superuser's URL of the maintenance database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Superuser's URL of `database` on this server.
    pub fn url_for(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    /// Fast shutdown.
    pub fn stop(&mut self) {
        self.server().stop();
    }

    /// Kills the server, as a crash would.
    pub fn kill(&mut self) {
        self.server().kill();
    }

    /// Starts the server again on its port with its data, and waits until it answers.
    ///
    /// # Panics
    /// With the reason and the end of the server's log when it cannot be started.
    pub fn restart(&mut self) {
        self.server().restart().or_fail("PostgreSQL for tests");
    }

    fn server(&mut self) -> &mut PostgresServer {
        // `shared` hands out shared references only, so whoever gets here called `own`.
        self.server
            .as_mut()
            .unwrap_or_else(|| panic!("a server given from outside is not ours to stop"))
    }
}

/// The parts of a URL that this crate exchanges.
#[derive(Debug)]
struct UrlParts<'a> {
    scheme: &'a str,
    credentials: Option<&'a str>,
    address: &'a str,
    database: &'a str,
    query: &'a str,
}

impl<'a> UrlParts<'a> {
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
        let (rest, query) = rest.find('?').map_or((rest, ""), |at| rest.split_at(at));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, authority),
        };
        Self {
            scheme,
            credentials,
            address,
            database,
            query,
        }
    }

    fn print(&self) -> String {
        let Self {
            scheme,
            address,
            database,
            query,
            ..
        } = self;
        let credentials = self
            .credentials
            .map(|text| format!("{text}@"))
            .unwrap_or_default();
        format!("{scheme}://{credentials}{address}/{database}{query}")
    }
}

/// `url` with another database.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    UrlParts {
        database,
        ..UrlParts::of(url)
    }
    .print()
}

/// `url` with another `host:port`.
pub(crate) fn with_address(url: &str, address: &str) -> String {
    UrlParts {
        address,
        ..UrlParts::of(url)
    }
    .print()
}

/// `url` with another user.
pub(crate) fn with_user(url: &str, user: &str, password: &str) -> String {
    let credentials = format!("{user}:{password}");
    UrlParts {
        credentials: Some(&credentials),
        ..UrlParts::of(url)
    }
    .print()
}

/// The `host:port` of `url`.
pub(crate) fn address_of(url: &str) -> String {
    let address = UrlParts::of(url).address;
    if address.contains(':') {
        address.to_owned()
    } else {
        format!("{address}:5432")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_url_can_be_exchanged_alone() {
        let url = "postgres://me:p%40ss@db.example:6000/first?sslmode=disable";
        let other = with_database(url, "second");
        assert_eq!(
            other,
            "postgres://me:p%40ss@db.example:6000/second?sslmode=disable"
        );
        let other = with_address(url, "127.0.0.1:7");
        assert_eq!(
            other,
            "postgres://me:p%40ss@127.0.0.1:7/first?sslmode=disable"
        );
        let other = with_user(url, "api", "x");
        assert_eq!(
            other,
            "postgres://api:x@db.example:6000/first?sslmode=disable"
        );
        assert_eq!(address_of(url), "db.example:6000");
        assert_eq!(address_of("postgres://me@host/db"), "host:5432");
        assert_eq!(
            with_database("postgres://me@host", "db"),
            "postgres://me@host/db"
        );
    }
}
