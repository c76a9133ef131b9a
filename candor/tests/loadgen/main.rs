//! The load generator against a gateway that the test plays.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails is a failed test"
)]

mod gateway;
mod recordings;
mod refusals;
mod sessions;

use std::path::PathBuf;
use std::time::Duration;

use candor::loadgen::{Options, Summary, run};
use gateway::{Gateway, KEY};
use generators::{Generator, Mix};
use runtime::CancellationToken;

/// A file that is removed with its folder when the test ends.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("candor-{}-{name}", std::process::id()));
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

pub(crate) async fn send(options: Options) -> Summary {
    let run = run(options, CancellationToken::new());
    tokio::time::timeout(Duration::from_secs(60), run)
        .await
        .expect("the run ends within a minute")
        .expect("the options are right")
}

pub(crate) fn synthetic(gateway: &Gateway, count: u64) -> Options {
    Options {
        synthetic: count,
        max: true,
        seed: 9,
        ..Options::new(gateway.url(), KEY)
    }
}

/// What simulated sessions 0 to `count` hold.
pub(crate) fn events_of(count: u64) -> u64 {
    let generator = Generator::new(9, Mix::default());
    (0..count)
        .map(|index| generator.session(index).events.len() as u64)
        .sum()
}
