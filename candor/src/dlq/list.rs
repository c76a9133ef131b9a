//! `candor dlq list`: the letters there are, or how many of each reason.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::ControlFlow;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use dead_letters::{Letter, PATIENCE, Reading, Source, Standing};
use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, scan};
use serde_json::json;

use super::select::{self, Selection};
use super::text::short;
use crate::operate::print_json;

/// Options of `candor dlq list`.
#[derive(Debug, Clone, Args)]
pub struct Listing {
    /// Which letters.
    #[command(flatten)]
    pub selection: Selection,
    /// How many at most, the newest
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub limit: usize,
    /// Counts by reason instead
    #[arg(long)]
    pub summary: bool,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// A letter as it is listed.
#[derive(Debug)]
struct Row {
    letter: Letter,
    key: String,
    bytes: usize,
}

/// What is known of one reason.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    letters: u64,
    replayed: u64,
    uncertain: u64,
    first_ms: i64,
    last_ms: i64,
}

#[derive(Debug, Default)]
struct Found {
    reading: Reading,
    /// The newest, the oldest of them on top.
    rows: BinaryHeap<Reverse<Row>>,
    left_out: u64,
}

/// Rows are kept by age; what is equally old is told apart by its place.
impl Ord for Row {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let age = |row: &Self| (row.letter.set_aside_ms, row.letter.at);
        age(self).cmp(&age(other))
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Row {}

impl Found {
    fn keep(&mut self, letter: Letter, record: &Record<'_>, limit: usize) {
        self.rows.push(Reverse(Row {
            letter,
            key: short(record.key, 64),
            bytes: record.payload.len(),
        }));
        if self.rows.len() > limit {
            self.rows.pop();
            self.left_out += 1;
        }
    }

    fn report(&self) {
        select::report(&self.reading.once);
        if self.left_out > 0 {
            eprintln!(
                "{} more are not shown; see --limit and --since",
                self.left_out
            );
        }
        let foreign = self.reading.foreign();
        if foreign > 0 {
            eprintln!("{foreign} records of the topic are no dead letters of this version");
        }
    }
}

/// Reads and prints.
pub(super) fn run(listing: &Listing, config: &KafkaConfig) -> anyhow::Result<ExitCode> {
    let topic = listing.selection.topic(config);
    let selection = listing.selection.letters();
    let options = ScanOptions {
        topic: &topic,
        since_ms: selection.since_ms(),
        patience: PATIENCE,
    };
    let mut found = Found::default();
    // Reasons come from a closed set of each writer; sources are needed until the account is complete.
    let mut sources: BTreeMap<String, Vec<(Source, i64)>> = BTreeMap::new();
    scan(config, options, |record| {
        if let Some(letter) = found.reading.take(record, &selection) {
            if listing.summary {
                let of_reason = sources.entry(letter.why.reason).or_default();
                if found.reading.once.is_full {
                    found.left_out += 1;
                } else {
                    of_reason.push((letter.source, letter.set_aside_ms));
                }
            } else {
                found.keep(letter, record, listing.limit);
            }
        }
        ControlFlow::Continue(())
    })?;
    if listing.summary {
        let counts = sources.into_iter().map(|(reason, letters)| {
            let standing = letters
                .into_iter()
                .map(|(source, at)| (found.reading.standing(source), at));
            (reason, count(standing))
        });
        print_summary(counts, listing.json)?;
    } else {
        print_rows(&mut found, listing.json)?;
    }
    found.report();
    Ok(ExitCode::SUCCESS)
}

fn count(letters: impl Iterator<Item = (Standing, i64)>) -> Count {
    let mut count = Count {
        first_ms: i64::MAX,
        ..Count::default()
    };
    for (standing, at) in letters {
        count.letters += 1;
        count.replayed += u64::from(standing == Standing::Replayed);
        count.uncertain += u64::from(matches!(standing, Standing::Uncertain { .. }));
        count.first_ms = count.first_ms.min(at);
        count.last_ms = count.last_ms.max(at);
    }
    count
}

fn print_summary(counts: impl Iterator<Item = (String, Count)>, json: bool) -> anyhow::Result<()> {
    for (reason, count) in counts {
        let (first, last) = (time(count.first_ms), time(count.last_ms));
        if json {
            print_json(&json!({
                "reason": reason, "letters": count.letters, "replayed": count.replayed,
                "uncertain": count.uncertain, "first": first, "last": last,
            }))?;
        } else {
            let reason = short(reason.as_bytes(), 64);
            let (letters, replayed) = (count.letters, count.replayed);
            println!("{letters:>9}  {reason:<24}  {replayed} replayed  {first} to {last}");
        }
    }
    Ok(())
}

fn print_rows(found: &mut Found, json: bool) -> anyhow::Result<()> {
    let mut rows: Vec<Row> = std::mem::take(&mut found.rows)
        .into_iter()
        .map(|Reverse(row)| row)
        .collect();
    rows.sort();
    for Row { letter, key, bytes } in rows {
        let state = match found.reading.standing(letter.source) {
            Standing::New => "new",
            Standing::Replayed => "replayed",
            Standing::Uncertain { .. } => "uncertain",
        };
        let (at, why) = (time(letter.set_aside_ms), &letter.why);
        if json {
            print_json(&json!({
                "position": letter.at.to_string(), "set_aside": at, "reason": why.reason, "state": state,
                "source": { "topic": why.topic, "partition": why.partition, "offset": why.offset },
                "key": key, "bytes": bytes,
            }))?;
        } else {
            let (reason, topic) = (
                short(why.reason.as_bytes(), 64),
                short(why.topic.as_bytes(), 256),
            );
            println!(
                "{at}  {:<10}  {reason:<24}  {state:<9}  {topic} {}:{}  {key}  {bytes} bytes",
                letter.at.to_string(),
                why.partition,
                why.offset
            );
        }
    }
    Ok(())
}

fn time(ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
