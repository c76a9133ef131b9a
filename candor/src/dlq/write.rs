//! Writing letters back, piece by piece: the account is told before and after each piece, so that a run
//! that is killed leaves few letters uncertain, and another run that begins meanwhile notices it.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use anyhow::{Context, ensure};
use kafka::config::KafkaConfig;
use kafka::producer::{Outgoing, SendError};
use kafka::scan::{ScanOptions, Span, scan_spans};
use kafka::{Partition, Record};

use super::PATIENCE;
use super::account::{ENTRY, ENTRY_LETTERS, Entry, REPLAYED_FROM, State};
use super::letter::{Position, Source};
use super::plan::{Chosen, Plan};
use crate::sending::Sending;

/// Letters of one piece.
const PIECE: usize = 5000;

/// One run's way to the topics.
pub(super) struct Writer<'a> {
    sending: Sending,
    config: &'a KafkaConfig,
    /// The dead-letter topic.
    topic: &'a str,
    /// Name of this run in the account.
    run: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(config: &'a KafkaConfig, topic: &'a str) -> anyhow::Result<Self> {
        Ok(Self {
            sending: Sending::new(config)?,
            config,
            topic,
            run: format!("{:032x}", rand::random::<u128>()),
        })
    }

    /// Writes everything that the plan has chosen back, and counts.
    pub(super) fn write(&mut self, plan: &mut Plan) -> anyhow::Result<()> {
        let found_back = std::mem::take(&mut plan.found_back);
        self.enter(plan, State::Done, &found_back)?;
        let chosen = std::mem::take(&mut plan.chosen);
        for piece in chosen.chunks(PIECE) {
            self.piece(plan, piece)?;
        }
        Ok(())
    }

    fn piece(&mut self, plan: &mut Plan, piece: &[Chosen]) -> anyhow::Result<()> {
        let all: Vec<Source> = piece.iter().map(|letter| letter.source).collect();
        self.enter(plan, State::Begun, &all)
            .context("these letters are not replayed")?;
        let read = self.send_all(plan, piece);
        let mut done = Vec::with_capacity(piece.len());
        for (number, outcome) in self.sending.finish()? {
            match outcome {
                Ok(()) => done.push(piece[number].source),
                Err(error) => {
                    plan.tally.failed += 1;
                    eprintln!("{} may not be replayed: {error}", piece[number].at);
                }
            }
        }
        plan.tally.replayed += done.len() as u64;
        self.enter(plan, State::Done, &done).with_context(|| {
            let count = done.len();
            format!("{count} letters are replayed, but that could not be written down")
        })?;
        let left = read?;
        ensure!(
            left == 0,
            "{left} letters were gone when they were to be replayed"
        );
        Ok(())
    }

    /// Reads the letters again and sends them; how many were not there.
    fn send_all(&mut self, plan: &mut Plan, piece: &[Chosen]) -> anyhow::Result<usize> {
        let numbered = piece.iter().enumerate();
        let mut left: HashMap<Position, usize> = numbered
            .map(|(number, letter)| (letter.at, number))
            .collect();
        let options = ScanOptions {
            topic: self.topic,
            since_ms: None,
            patience: PATIENCE,
        };
        let sending = &mut self.sending;
        scan_spans(self.config, options, &spans_of(piece), |record| {
            let at = Position {
                partition: record.partition,
                offset: record.offset,
            };
            if let Some(number) = left.remove(&at) {
                let source = piece[number].source;
                let target = plan.topics.name(source.topic);
                if let Err(error) = send_back(sending, number, (record, target), source) {
                    plan.tally.failed += 1;
                    eprintln!("{at} is not replayed: {error}");
                }
            }
            if left.is_empty() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok(left.len())
    }

    /// Writes entries about these letters, at most [`ENTRY_LETTERS`] in each.
    fn enter(&mut self, plan: &Plan, state: State, sources: &[Source]) -> anyhow::Result<()> {
        let mut by_topic: BTreeMap<u32, Vec<(Partition, i64)>> = BTreeMap::new();
        for source in sources {
            let of_topic = by_topic.entry(source.topic).or_default();
            of_topic.push((source.partition, source.offset));
        }
        for (number, records) in by_topic {
            for records in records.chunks(ENTRY_LETTERS) {
                let entry = Entry {
                    run: self.run.clone(),
                    topic: plan.topics.name(number).to_owned(),
                    records: records.to_vec(),
                };
                self.sending.send_one(Outgoing {
                    topic: self.topic,
                    partition: None,
                    key: self.run.as_bytes(),
                    payload: &serde_json::to_vec(&entry)?,
                    headers: &[
                        (ENTRY, state.as_str().as_bytes()),
                        ("content-type", b"application/json"),
                    ],
                })?;
            }
        }
        Ok(())
    }
}

/// The smallest spans that hold these letters, which are in order.
fn spans_of(piece: &[Chosen]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for letter in piece {
        let (partition, offset) = (letter.at.partition, letter.at.offset);
        match spans.last_mut() {
            Some(span) if span.partition == partition => span.end = offset + 1,
            _ => spans.push(Span {
                partition,
                begin: offset,
                from: offset,
                end: offset + 1,
            }),
        }
    }
    spans
}

/// Key, value and headers as they were, and where they come from.
fn send_back(
    sending: &mut Sending,
    number: usize,
    (record, target): (&Record<'_>, &str),
    source: Source,
) -> Result<(), SendError> {
    let (letter, stood) = (
        format!("{}/{}:{}", record.topic, record.partition, record.offset),
        format!("{}:{}", source.partition, source.offset),
    );
    let from = format!("{letter} of {stood}");
    let mut headers: Vec<(&str, &[u8])> = record
        .headers()
        .filter(|(name, _)| !name.starts_with("candor_dlq_") && *name != REPLAYED_FROM)
        .collect();
    headers.push((REPLAYED_FROM, from.as_bytes()));
    sending.send(
        number,
        Outgoing {
            topic: target,
            // By its key, as everything of its session; a record without one goes where it was.
            partition: record.key.is_empty().then_some(source.partition),
            key: record.key,
            payload: record.payload,
            headers: &headers,
        },
    )
}
