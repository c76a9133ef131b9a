//! How fast batches are scanned, wrapped and decoded: `cargo bench -p schemas --bench scan`.
//!
//! The input is what clients send: 50 events of simulated sessions, about 4 kB, with times as epoch
//! milliseconds (as `candor loadgen` writes them), as RFC 3339 text, and in the compact form. Each figure is the best of
//! many rounds: on a shared machine everything else is somebody else's work.

use std::hint::black_box;
use std::time::{Duration, Instant};

use generators::{Generator, Mix};
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::{EventLimits, EventTime};
use schemas::recording::Recording;
use serde_json::Value;

const EVENTS_PER_BATCH: usize = 50;
const BATCHES: usize = 400;
const WRITER: &str = "5d1b6a3f90c24f6e8a7b1c2d3e4f5061";
const START_MS: i64 = 1_790_000_000_000;

const LIMITS: BatchLimits = BatchLimits {
    max_events: 1000,
    events: EventLimits {
        earliest: EventTime(946_684_800_000_000),
        latest: EventTime(4_000_000_000_000_000),
    },
};

/// Bodies of full batches, from sessions of every simulated kind: canonical and compact.
fn bodies() -> (Vec<String>, Vec<String>) {
    let generator = Generator::new(1, Mix::default());
    let (mut bodies, mut compact) = (Vec::new(), Vec::new());
    for session in generator.sessions() {
        let Ok(recording) = session.to_recording() else {
            continue;
        };
        for events in recording.events.chunks_exact(EVENTS_PER_BATCH) {
            let sequence = bodies.len();
            compact.push(Recording::compact_json(
                events,
                START_MS,
                (WRITER, sequence),
            ));
            let events = Recording::batch_json(events, START_MS);
            bodies.push(format!(
                "{{\"writer\":\"{WRITER}\",\"sequence\":{sequence},\"events\":{events}}}"
            ));
            if bodies.len() == BATCHES {
                return (bodies, compact);
            }
        }
    }
    (bodies, compact)
}

/// The same bodies with RFC 3339 times.
fn with_text_times(bodies: &[String]) -> Vec<String> {
    let with_text = |body: &String| {
        let Ok(mut body) = serde_json::from_str::<Value>(body) else {
            return String::new();
        };
        for event in body["events"].as_array_mut().into_iter().flatten() {
            let millis = event["timestamp"].as_f64().unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, reason = "epoch milliseconds")]
            let time = chrono::DateTime::from_timestamp_millis(millis as i64).unwrap_or_default();
            event["timestamp"] = time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into();
        }
        body.to_string()
    };
    bodies.iter().map(with_text).collect()
}

/// How often each figure is taken; the last argument sets it (1 under an instruction counter).
fn rounds() -> usize {
    let last = std::env::args().next_back();
    last.and_then(|word| word.parse().ok()).unwrap_or(60)
}

/// Prints what one pass over all inputs costs: the best round.
fn report<T>(name: &str, inputs: &[T], size: impl Fn(&T) -> usize, work: impl Fn(&T)) {
    let bytes: usize = inputs.iter().map(size).sum();
    let mut best = Duration::MAX;
    for _ in 0..rounds() {
        let begun = Instant::now();
        for input in inputs {
            work(black_box(input));
        }
        best = best.min(begun.elapsed());
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (bytes, batches) = (bytes as f64, inputs.len() as f64);
    let nanos = best.as_secs_f64() * 1e9;
    println!(
        "{name:<34} {:>8.0} MB/s {:>8.2} µs/batch {:>7.1} ns/event {:>7.0} bytes/batch",
        bytes / best.as_secs_f64() / 1e6,
        nanos / batches / 1e3,
        nanos / batches / EVENTS_PER_BATCH as f64,
        bytes / batches,
    );
}

fn scan(body: &str) {
    let batch = scan_request(body, &LIMITS);
    assert!(
        batch
            .as_ref()
            .is_ok_and(|batch| batch.accepted == EVENTS_PER_BATCH),
        "{batch:?}"
    );
    let _ = black_box(batch);
}

fn measure(form: &str, bodies: &[String]) {
    report(
        &format!("{form}: UTF-8 check"),
        bodies,
        String::len,
        |body| {
            assert!(std::str::from_utf8(black_box(body.as_bytes())).is_ok());
        },
    );
    report(&format!("{form}: scan"), bodies, String::len, |body| {
        scan(body)
    });
    report(
        &format!("{form}: scan and encode"),
        bodies,
        String::len,
        |body| {
            if let Ok(batch) = scan_request(body, &LIMITS) {
                black_box(batch.encode("018f3f5a-5a3e-7c0e-8b3a-0d9f6c1b2a3d"));
            }
        },
    );
    let records: Vec<Vec<u8>> = bodies
        .iter()
        .filter_map(|body| Some(scan_request(body, &LIMITS).ok()?.encode("b")))
        .collect();
    report(
        &format!("{form}: decode the record"),
        &records,
        Vec::len,
        |record| {
            assert!(black_box(BatchRecord::decode(record)).is_ok());
        },
    );
}

fn main() {
    let (bodies, compact) = bodies();
    if std::env::args().any(|a| a == "show") {
        for b in bodies.iter().step_by(60) {
            println!("{b}\n");
        }
    }
    measure("canonical, epoch ms", &bodies);
    measure("canonical, RFC 3339", &with_text_times(&bodies));
    measure("compact", &compact);
}
