//! Memory of the gateway: under 512 connections, then with a bulk upload of a gigabyte beside them.
//!
//! The upload is made line by line while it is sent, so that the load generator's own memory stays out
//! of the way; it is one request, as an import would send it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::Utc;
use clap::Args;

use super::load::{self, Span, Tally};
use super::report::megabytes;
use super::target::{Running, Target};
use super::traffic::Traffic;
use super::{Plan, joined, sleep_until};
use crate::place::{Place, with_broker};
use crate::process::KEY;
use crate::usage;

const WARM_UP: Duration = Duration::from_secs(2);
/// Load that goes on beside an upload, at most.
const LONGEST: Duration = Duration::from_secs(600);
/// A chunk of the upload.
const CHUNK: usize = 64 * 1024;

/// Options of `gateway-memory`.
#[derive(Debug, Args)]
pub(crate) struct MemoryOptions {
    /// Connections under load
    #[arg(long, default_value_t = 512)]
    connections: usize,
    /// Seconds of load before the upload
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Size of the upload, millions of bytes
    #[arg(long, default_value_t = 1000)]
    bulk_megabytes: u64,
    /// Sessions that are posted to
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// The gateway's program, instead of the one of this build
    #[arg(long, value_name = "FILE")]
    gateway: Option<std::path::PathBuf>,
}

/// Measures and returns the report.
pub(crate) fn run(options: &MemoryOptions) -> anyhow::Result<String> {
    with_broker(4, |place| {
        let plan = Plan {
            traffic: Arc::new(Traffic::build(options.sessions, Utc::now())?),
            linger_ms: 5,
            gateway: options.gateway.clone(),
            before: None,
        };
        let running = Running::start(Target::Candor, place, &plan)?;
        let text = both(options, place, (&running, &plan));
        running.stop();
        text
    })
}

fn both(
    options: &MemoryOptions,
    place: &Place,
    (running, plan): (&Running, &Plan),
) -> anyhow::Result<String> {
    let mut text =
        "| resident memory of the gateway | now MB | peak MB | aim |\n|---|---:|---:|---:|\n"
            .to_owned();
    let mut add = |what: &str| -> anyhow::Result<()> {
        let memory = usage::memory(&running.processes)?;
        let (now, peak) = (megabytes(memory.resident), megabytes(memory.peak));
        text.push_str(&format!("| {what} | {now} | {peak} | ≤ 200 |\n"));
        Ok(())
    };
    let connections = options.connections;
    let target = (running.address, plan.traffic.clone());
    usage::forget_peak(&running.processes)?;
    let span = Span::from_now(WARM_UP, Duration::from_secs(options.seconds));
    let load = load::spawn(target.clone(), connections, span.clone())?;
    sleep_until(span.until);
    add(&format!("{connections} connections under load"))?;
    let alone = check(joined(load)?, place)?;
    usage::forget_peak(&running.processes)?;
    let uploaded = upload(running, &plan.traffic, options.bulk_megabytes)?;
    add(&format!("bulk upload alone: {uploaded}"))?;
    usage::forget_peak(&running.processes)?;
    let span = Span::from_now(Duration::ZERO, LONGEST);
    let load = load::spawn(target, connections, span.clone())?;
    let uploaded = upload(running, &plan.traffic, options.bulk_megabytes);
    let both = format!(
        "{connections} connections under load and a bulk upload: {}",
        uploaded?
    );
    add(&both)?;
    span.stop();
    let beside = check(joined(load)?, place)?;
    text.push_str(&format!(
        "\nBatches acknowledged: {alone} without, {beside} beside the upload.\n"
    ));
    Ok(text)
}

/// The number of batches that were acknowledged; every one has to be.
fn check(tally: Tally, place: &Place) -> anyhow::Result<u64> {
    let failed = tally.refused + tally.broken;
    ensure!(
        failed == 0,
        "{failed} requests failed: {}; logs are in {}",
        tally.example.unwrap_or_default(),
        place.folder.display()
    );
    Ok(tally.acknowledged)
}

/// Posts lines until `millions` of bytes are sent; says how it went.
fn upload(running: &Running, traffic: &Traffic, millions: u64) -> anyhow::Result<String> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(running.address)?;
    write!(
        stream,
        "POST /api/v1/events/bulk HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    )?;
    let mut answers = stream.try_clone()?;
    // The gateway may answer line by line: what it says must be read while the lines are sent.
    let reader = std::thread::spawn(move || -> std::io::Result<(String, u64)> {
        let mut buffer = [0; CHUNK];
        let (mut first, mut length) = (Vec::new(), 0);
        loop {
            let read = answers.read(&mut buffer)?;
            if read == 0 {
                return Ok((String::from_utf8_lossy(&first).into_owned(), length));
            }
            length += read as u64;
            first.extend(&buffer[..read.min(2000_usize.saturating_sub(first.len()))]);
        }
    });
    let sent = send_lines(&mut stream, traffic, millions * 1_000_000);
    let answered = reader.join();
    let answered = answered.map_err(|_| anyhow::anyhow!("the reader panicked"))?;
    let (answer, length) = answered.context("the answer cannot be read")?;
    ensure!(
        answer.starts_with("HTTP/1.1 2"),
        "the upload was answered: {answer}"
    );
    let (lines, bytes) =
        sent.with_context(|| format!("the upload broke; the answer was {answer}"))?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(format!(
        "{lines} lines, {} MB in {seconds:.0} s, answered with {length} bytes",
        megabytes(bytes)
    ))
}

fn send_lines(
    stream: &mut TcpStream,
    traffic: &Traffic,
    wanted: u64,
) -> std::io::Result<(u64, u64)> {
    let (mut lines, mut bytes) = (0, 0);
    let mut chunk = Vec::with_capacity(2 * CHUNK);
    let mut next = 0;
    while bytes < wanted {
        chunk.clear();
        while chunk.len() < CHUNK {
            let id = &traffic.sessions[next];
            write!(chunk, "{{\"session_id\":\"{id}\",\"events\":")?;
            chunk.extend(traffic.body(next));
            chunk.extend(b"}\n");
            next = (next + 1) % traffic.len();
            lines += 1;
        }
        bytes += chunk.len() as u64;
        write!(stream, "{:x}\r\n", chunk.len())?;
        chunk.extend(b"\r\n");
        stream.write_all(&chunk)?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    Ok((lines, bytes))
}
