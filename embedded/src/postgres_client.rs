//! The few statements that a start needs, for blocking callers.
//!
//! They run on a thread with a small runtime of its own, so that a start may also be called where a tokio runtime is
//! entered already (which must not be blocked on from inside).

use std::future::Future;
use std::io;

use tokio_postgres::{Client, NoTls};

use crate::error::EmbeddedError;

/// Runs the future that `make` returns to its end on a thread of its own.
fn blocking<Made, Output>(make: impl FnOnce() -> Made + Send) -> io::Result<Output>
where
    Made: Future<Output = Output>,
    Output: Send,
{
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(make()))
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the client thread panicked")))
    })
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Ends with the client; an error of the connection also fails the statement that waits for it.
    drop(tokio::spawn(connection));
    Ok(client)
}

/// Whether the server at `url` signs us in and answers.
pub(crate) fn answers(url: &str) -> bool {
    let asked = blocking(|| async { connect(url).await?.simple_query("SELECT 1").await });
    matches!(asked, Ok(Ok(_)))
}

/// Creates `database` on the server at `url` unless it exists.
///
/// # Errors
/// [`EmbeddedError::CreateDatabase`].
pub(crate) fn ensure_database(url: &str, database: &str) -> Result<(), EmbeddedError> {
    let made = blocking(|| async {
        let client = connect(url).await?;
        let query = "SELECT 1 FROM pg_database WHERE datname = $1";
        if client.query_opt(query, &[&database]).await?.is_none() {
            let name = database.replace('"', "\"\"");
            client
                .batch_execute(&format!("CREATE DATABASE \"{name}\""))
                .await?;
        }
        Ok(())
    });
    let made = made.map_err(|source| EmbeddedError::Spawn {
        program: "a PostgreSQL client thread".to_owned(),
        source,
    })?;
    made.map_err(|source| EmbeddedError::CreateDatabase {
        database: database.to_owned(),
        source,
    })
}
