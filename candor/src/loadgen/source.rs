//! Where the sessions of a run come from: files first, then simulated ones.
//!
//! Runs on a thread of its own and blocks on the channel, so that never more sessions are held than
//! the channel takes.

use std::io::Write;

use generators::Generator;
use runtime::CancellationToken;
use schemas::recording::Recording;
use tokio::sync::mpsc;

use super::options::Options;
use super::stats::Stats;
use evaluation::Recordings;

/// Sends every session into `feed`; ends early when nobody takes them any more.
pub(super) fn feed(
    options: &Options,
    stats: &Stats,
    feed: &mpsc::Sender<Recording>,
    shutdown: &CancellationToken,
) {
    let stopped = |recording| shutdown.is_cancelled() || feed.blocking_send(recording).is_err();
    for path in &options.replay {
        let recordings = match Recordings::open(path) {
            Ok(recordings) => recordings,
            Err(error) => {
                complain(stats, format_args!("{}: {error}", path.display()));
                continue;
            }
        };
        for item in recordings {
            match item {
                Ok(recording) => {
                    if stopped(recording) {
                        return;
                    }
                }
                Err(bad) => complain(stats, format_args!("{bad}")),
            }
        }
    }
    let generator = Generator::new(options.seed, options.mix.clone().unwrap_or_default());
    for index in 0..options.synthetic {
        match generator.session(index).to_recording() {
            Ok(recording) => {
                if stopped(recording) {
                    return;
                }
            }
            Err(error) => complain(stats, format_args!("simulated session {index}: {error}")),
        }
    }
}

fn complain(stats: &Stats, message: std::fmt::Arguments<'_>) {
    stats.bad_line();
    // Nothing to do about a closed standard error; the run goes on.
    let _ = writeln!(std::io::stderr(), "{message}");
}
