//! One line for some requests: which route, how it ended, how long it took.
//!
//! Every n-th request is written (`CANDOR_ACCESS_LOG_SAMPLE`), and beside the sample every answer that is
//! our fault (5xx), but of those no more than a few a second: while the broker is away every request fails,
//! and a log that fills the disk would be the next failure. What was left out is counted on the next
//! line. A line holds no address, no token, and no path: a path has ids in it, a route has none.
//!
//! Deciding takes one atomic addition and no memory; only what is written is put together.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode, header};
use governor::{DefaultDirectRateLimiter, Quota};
use runtime::config::{Config, Reader};

/// Failures a second that are written, whatever the sample.
const FAILURES: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Which requests are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccessLogOptions {
    /// The share of requests, from 0 (none) to 1 (all).
    pub sample: f64,
}

impl Default for AccessLogOptions {
    fn default() -> Self {
        Self { sample: 0.001 }
    }
}

impl Config for AccessLogOptions {
    fn read(reader: &mut Reader<'_>) -> Self {
        let sample = reader.or(
            "ACCESS_LOG_SAMPLE",
            "0.001",
            "share of requests that are logged: 0 for none, 1 for all; failures are always",
        );
        reader.check(
            (0.0..=1.0).contains(&sample),
            "CANDOR_ACCESS_LOG_SAMPLE must be between 0 and 1",
        );
        Self { sample }
    }
}

/// What is written of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The route's label.
    pub(crate) route: &'static str,
    /// The method.
    pub(crate) method: &'a Method,
    /// How it was answered.
    pub(crate) status: StatusCode,
    /// From the head to the answer.
    pub(crate) duration: Duration,
    /// The body's announced size; absent when it was sent in chunks.
    pub(crate) request_bytes: Option<u64>,
    /// The id that the client can quote.
    pub(crate) request_id: &'a str,
}

/// Decides which requests are written.
#[derive(Debug)]
pub(crate) struct AccessLog {
    /// Every so many-th; 0 for none.
    every: u64,
    seen: AtomicU64,
    failures: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl AccessLog {
    pub(crate) fn new(options: AccessLogOptions) -> Self {
        let every = if options.sample > 0.0 {
            // At least 1: a share is at most 1. Casting saturates.
            (1.0 / options.sample).round() as u64
        } else {
            0
        };
        Self {
            every,
            seen: AtomicU64::new(0),
            failures: DefaultDirectRateLimiter::direct(Quota::per_second(FAILURES)),
            left_out: AtomicU64::new(0),
        }
    }

    /// Whether the request that ended like this is written. To be asked once for each request.
    pub(crate) fn wants(&self, status: StatusCode) -> bool {
        let number = self.seen.fetch_add(1, Ordering::Relaxed);
        let sampled = self.every > 0 && number.is_multiple_of(self.every);
        if sampled || !status.is_server_error() {
            return sampled;
        }
        let passes = self.failures.check().is_ok();
        if !passes {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        passes
    }

    /// Writes the line.
    pub(crate) fn write(&self, line: &Line<'_>) {
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        tracing::info!(
            route = line.route,
            method = method_label(line.method),
            status = line.status.as_u16(),
            duration_ms = line.duration.as_secs_f64() * 1e3,
            request_bytes = line.request_bytes,
            request.id = line.request_id,
            failures_left_out = (left_out > 0).then_some(left_out),
            "request answered"
        );
    }
}

/// A client may invent methods; the log holds those that exist.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The announced size of a body.
pub(crate) fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    fn written(sample: f64, status: u16, requests: usize) -> usize {
        let log = AccessLog::new(AccessLogOptions { sample });
        let status = StatusCode::from_u16(status).unwrap();
        (0..requests).filter(|_| log.wants(status)).count()
    }

    #[test]
    fn every_nth_request_is_written() {
        assert_eq!(written(0.001, 202, 10_000), 10);
        assert_eq!(written(0.25, 429, 100), 25);
        assert_eq!(written(1.0, 202, 100), 100);
        assert_eq!(written(0.0, 202, 100), 0);
        assert_eq!(written(1e-300, 202, 100), 1);
    }

    #[test]
    fn failures_are_written_whatever_the_sample_but_not_in_floods() {
        assert_eq!(written(0.0, 503, 5), 5);
        let flood = written(0.0, 503, 100_000);
        assert!((10..1_000).contains(&flood), "{flood} lines");
    }

    #[test]
    fn a_share_outside_0_to_1_is_refused() {
        for bad in ["-0.1", "1.5", "NaN"] {
            let find = |name: &str| (name == "CANDOR_ACCESS_LOG_SAMPLE").then(|| bad.to_owned());
            let problems = runtime::config::load_from::<AccessLogOptions>(find).unwrap_err();
            assert!(problems.0[0].contains("between 0 and 1"), "{problems}");
        }
    }

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_names_route_outcome_and_request_and_what_was_left_out() {
        let captured = Captured::default();
        let sink = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || sink.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let log = AccessLog::new(AccessLogOptions { sample: 1.0 });
            log.left_out.store(7, Ordering::Relaxed);
            let line = Line {
                route: "events",
                method: &Method::from_bytes(b"INVENTED").unwrap(),
                status: StatusCode::ACCEPTED,
                duration: Duration::from_micros(1500),
                request_bytes: Some(4096),
                request_id: "req-1",
            };
            log.write(&line);
            log.write(&line);
        });
        let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let fields = &lines[0]["fields"];
        assert_eq!(fields["route"], "events");
        assert_eq!(fields["method"], "other");
        assert_eq!(fields["status"], 202);
        assert_eq!(fields["duration_ms"], 1.5);
        assert_eq!(fields["request_bytes"], 4096);
        assert_eq!(fields["request.id"], "req-1");
        assert_eq!(fields["failures_left_out"], 7);
        assert_eq!(
            lines[1]["fields"]["failures_left_out"],
            serde_json::Value::Null
        );
    }
}
