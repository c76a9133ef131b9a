//! A PostgreSQL database for each test, empty or cloned from a migrated template.
//!
//! Cloning copies files instead of running migrations, so a hundred tests pay for them once. PostgreSQL refuses to copy
//! a template that anybody is connected to, so creations are done one at a time per process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};

use crate::fault::TcpFault;
use crate::outcome::OrFail;
use crate::postgres::{TestPostgres, address_of, with_address, with_database, with_user};

/// Databases migrated so far, by the caller's key. Its lock also serialises creations.
static TEMPLATES: Mutex<Option<HashMap<String, String>>> = Mutex::const_new(None);

/// The login without special rights, and its password.
const ORDINARY: (&str, &str) = ("candor_test_owner", "owner");

/// A database that is dropped with this value, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    /// Superuser's URL of the maintenance database, for the drop.
    server_url: String,
}

impl TestDatabase {
    /// An empty database on the shared server.
    ///
    /// # Panics
    /// When the server cannot be started or refuses.
    pub async fn create_empty() -> Self {
        Self::create_empty_on(TestPostgres::shared()).await
    }

    /// An empty database on `server`, for tests that stop or kill the server.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create_empty_on(server: &TestPostgres) -> Self {
        let _one_at_a_time = TEMPLATES.lock().await;
        Self::create(server.url(), None).await
    }

    /// A database on the shared server with what `migrate` makes of an empty one. `migrate` is given the URL of the
    /// template as superuser, runs once per process and `key`, and must have closed its connections when it returns.
    ///
    /// # Panics
    /// When the server cannot be started or refuses. A panic of `migrate` fails this test, the next one tries again.
    pub async fn create_with<Migrate>(key: &str, migrate: Migrate) -> Self
    where
        Migrate: AsyncFnOnce(String),
    {
        let server = TestPostgres::shared();
        let mut templates = TEMPLATES.lock().await;
        let templates = templates.get_or_insert_default();
        let template = match templates.get(key) {
            Some(template) => template.clone(),
            None => {
                let made = Self::create(server.url(), None).await;
                migrate(made.url.clone()).await;
                // Kept for the whole process; it goes with the server.
                let name = made.name.clone();
                std::mem::forget(made);
                templates.insert(key.to_owned(), name.clone());
                name
            }
        };
        Self::create(server.url(), Some(&template)).await
    }

    async fn create(server_url: &str, template: Option<&str>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let random = rand::random::<u32>();
        let name = format!("candor_test_{}_{number}_{random:08x}", std::process::id());
        let from = template
            .map(|template| format!(" TEMPLATE {template}"))
            .unwrap_or_default();
        let client = connect(server_url).await;
        let made = client
            .batch_execute(&format!("CREATE DATABASE {name}{from}"))
            .await;
        made.or_fail("creating a database for a test");
        let url = with_database(server_url, &name);
        Self {
            name,
            url,
            server_url: server_url.to_owned(),
        }
    }

    /// The superuser's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL for another user, such as the API's role.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        with_user(&self.url, user, password)
    }

    /// The superuser's URL, through a proxy that stands before [`Self::address`].
    pub fn url_through(&self, fault: &TcpFault) -> String {
        with_address(&self.url, fault.address())
    }

    /// Gives the database to a login that may create roles and nothing else of what is special, as an operator's would;
    /// that login's URL.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn give_to_ordinary_login(&self) -> String {
        let (login, password) = ORDINARY;
        // Roles belong to the cluster, which tests share.
        let statements = format!(
            "DO $$ BEGIN
                 CREATE ROLE {login} LOGIN NOSUPERUSER CREATEROLE NOBYPASSRLS PASSWORD '{password}';
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             ALTER DATABASE {} OWNER TO {login};",
            self.name
        );
        let given = self.client().await.batch_execute(&statements).await;
        given.or_fail("giving a database to an ordinary login");
        self.url_as(login, password)
    }

    /// `host:port` of the server, for [`TcpFault::before`].
    pub fn address(&self) -> String {
        address_of(&self.url)
    }

    /// Name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new connection as superuser; its task belongs to the caller's runtime.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub async fn client(&self) -> Client {
        connect(&self.url).await
    }

    /// Number of rows of `table`.
    ///
    /// # Panics
    /// When there is no such table.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.client().await;
        let row = client
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await;
        row.or_fail("counting rows").get(0)
    }
}

impl Drop for TestDatabase {
    /// On a thread with a runtime of its own, because a drop cannot wait on the test's runtime. A server that is
    /// stopped or gone has nothing to be cleaned.
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let url = self.server_url.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await else {
                    return;
                };
                tokio::spawn(connection);
                if let Err(error) = client.batch_execute(&statement).await {
                    eprintln!("testkit: {statement}: {error}");
                }
            });
        });
        drop(thread.join());
    }
}

async fn connect(url: &str) -> Client {
    let connecting = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connecting.or_fail("connecting to PostgreSQL for tests");
    // Ends with the client; its errors also reach the statement that waits.
    tokio::spawn(connection);
    client
}
