//! `candor loadgen`: sends recorded or simulated sessions to a gateway over HTTP, as clients would.
//!
//! Owns the run: one thread reads or makes sessions (`source`), a fixed number of tasks send them
//! (`send`) through one client with kept-alive connections (`client`), and everything that happens
//! is counted (`stats`). Memory is bounded by the number of concurrent sessions, never by the input.
//! Standard output gets the summary and nothing else.

mod client;
mod options;
mod send;
mod source;
mod stats;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use runtime::CancellationToken;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

pub use options::{Authorisation, Form, Options};
pub use stats::{Latency, Summary};

use client::Client;
use send::{Gate, Sender, SessionsOut};
use stats::Stats;

/// Runs the verb: sends everything, prints the summary.
///
/// # Errors
/// When the options make no run: no input, a target that is no HTTP address, an output that cannot be
/// written.
pub async fn command(options: Options) -> anyhow::Result<ExitCode> {
    let shutdown = CancellationToken::new();
    tokio::spawn(runtime::service::cancel_on_signal(shutdown.clone()));
    let summary = run(options, shutdown).await?;
    println!("{}", serde_json::to_string(&summary)?);
    // Single failures are in the summary; only a run that got nothing through has failed as a whole.
    let failed = summary.sessions == 0 && summary.sessions_failed > 0;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Sends the sessions of `options` and says what became of them. A cancelled `shutdown` stops taking
/// new sessions and ends those under way after their current request.
///
/// # Errors
/// As [`command`].
pub async fn run(options: Options, shutdown: CancellationToken) -> anyhow::Result<Summary> {
    options.check()?;
    let stats = Arc::new(Stats::new(&options));
    let sessions_out = match &options.sessions_out {
        Some(path) => Some(
            SessionsOut::create(path)
                .with_context(|| format!("cannot write {}", path.display()))?,
        ),
        None => None,
    };
    let sender = Arc::new(Sender {
        client: Client::new(&options, Arc::clone(&stats), shutdown.clone())?,
        gate: Gate::new(options.rate),
        stats: Arc::clone(&stats),
        sessions_out,
        shutdown: shutdown.clone(),
        options: options.clone(),
    });
    let (feed, sessions) = mpsc::channel(options.concurrency);
    let reader = {
        let (options, stats, shutdown) = (options.clone(), Arc::clone(&stats), shutdown.clone());
        tokio::task::spawn_blocking(move || source::feed(&options, &stats, &feed, &shutdown))
    };
    let progress = (!options.quiet).then(|| tokio::spawn(report(Arc::clone(&stats))));
    let sessions = Arc::new(Mutex::new(sessions));
    let mut tasks = JoinSet::new();
    for _ in 0..options.concurrency {
        let (sender, sessions) = (Arc::clone(&sender), Arc::clone(&sessions));
        tasks.spawn(async move {
            loop {
                // The lock is held while waiting on purpose: sessions are taken one after another.
                let next = sessions.lock().await.recv().await;
                let Some(recording) = next else { break };
                sender.send(recording).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.context("a sending task panicked")?;
    }
    drop(sessions);
    reader.await.context("the reading thread panicked")?;
    if let Some(progress) = progress {
        progress.abort();
    }
    if let Some(out) = &sender.sessions_out {
        out.finish()
            .context("the file of sessions is not complete")?;
    }
    Ok(stats.summary())
}

/// Writes one line a second on standard error until it is aborted.
async fn report(stats: Arc<Stats>) {
    let terminal = std::io::stderr().is_terminal();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    let (mut last_events, mut last_time) = (0, Instant::now());
    loop {
        ticks.tick().await;
        let (line, events) = stats.progress(last_events, last_time.elapsed());
        (last_events, last_time) = (events, Instant::now());
        let (start, end) = if terminal {
            ("\r\x1b[K", "")
        } else {
            ("", "\n")
        };
        // Nothing to do about a closed standard error; the run goes on.
        let _ = write!(std::io::stderr(), "{start}{line}{end}");
    }
}
