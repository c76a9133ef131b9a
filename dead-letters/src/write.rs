//! Writing letters back, piece by piece: the account is told before and after each piece, so that a run
//! that is killed leaves few letters uncertain, and another run that begins meanwhile notices it.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use kafka::config::KafkaConfig;
use kafka::producer::{Outgoing, SendError};
use kafka::scan::{ScanOptions, Span, scan_spans};
use kafka::sending::{Sending, SendingError};
use kafka::{Partition, Record};

use crate::PATIENCE;
use crate::account::{ACCOUNT_HEADER, ENTRY_LETTERS, Entry, REPLAYED_FROM, State};
use crate::error::{DeadLetterError, Notice};
use crate::letter::{Position, Source};
use crate::plan::{Chosen, Plan};

/// Letters of one piece.
const PIECE: usize = 5000;

/// One run's way to the topics.
pub struct Writer<'a> {
    sending: Sending,
    config: &'a KafkaConfig,
    /// The dead-letter topic.
    topic: &'a str,
    /// Name of this run in the account.
    run: String,
    /// Told of letters that may not be back.
    tell: &'a mut dyn FnMut(Notice<'_>),
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("topic", &self.topic)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// A run that writes letters of `topic` back and tells of those that may not be.
    ///
    /// # Errors
    /// [`DeadLetterError::Sending`].
    pub fn new(
        config: &'a KafkaConfig,
        topic: &'a str,
        tell: &'a mut dyn FnMut(Notice<'_>),
    ) -> Result<Self, DeadLetterError> {
        Ok(Self {
            tell,
            sending: Sending::new(config)?,
            config,
            topic,
            run: format!("{:032x}", rand::random::<u128>()),
        })
    }

    /// Writes everything that the plan has chosen back, and counts. Blocks. What was written before an
    /// error is counted as well.
    ///
    /// # Errors
    /// [`DeadLetterError`].
    pub fn write(&mut self, plan: &mut Plan) -> Result<(), DeadLetterError> {
        let found_back = std::mem::take(&mut plan.found_back);
        let entered = self.enter(plan, State::Done, &found_back)?;
        entered.map_err(DeadLetterError::Sending)?;
        let chosen = std::mem::take(&mut plan.chosen);
        for piece in chosen.chunks(PIECE) {
            self.piece(plan, piece)?;
        }
        Ok(())
    }

    fn piece(&mut self, plan: &mut Plan, piece: &[Chosen]) -> Result<(), DeadLetterError> {
        let all: Vec<Source> = piece.iter().map(|letter| letter.source).collect();
        let account = |what: String| move |source| DeadLetterError::Account { what, source };
        self.enter(plan, State::Begun, &all)?
            .map_err(account("these letters are not replayed".to_owned()))?;
        let read = self.send_all(plan, piece);
        let mut done = Vec::with_capacity(piece.len());
        for (number, outcome) in self.sending.finish()? {
            match outcome {
                Ok(()) => done.push(piece[number].source),
                Err(error) => {
                    plan.tally.failed += 1;
                    let at = piece[number].at;
                    (self.tell)(Notice::NotAcknowledged { at, error });
                }
            }
        }
        plan.tally.replayed += done.len() as u64;
        let count = done.len();
        let unnoted = format!("{count} letters are replayed, but that could not be written down");
        self.enter(plan, State::Done, &done)?
            .map_err(account(unnoted))?;
        match read? {
            0 => Ok(()),
            left => Err(DeadLetterError::Gone { left }),
        }
    }

    /// Reads the letters again and sends them; how many were not there.
    fn send_all(&mut self, plan: &mut Plan, piece: &[Chosen]) -> Result<usize, DeadLetterError> {
        let numbered = piece.iter().enumerate();
        let mut left: HashMap<Position, usize> = numbered
            .map(|(number, letter)| (letter.at, number))
            .collect();
        let options = ScanOptions {
            topic: self.topic,
            since_ms: None,
            patience: PATIENCE,
        };
        let (sending, tell) = (&mut self.sending, &mut self.tell);
        scan_spans(self.config, options, &spans_of(piece), |record| {
            let at = Position {
                partition: record.partition,
                offset: record.offset,
            };
            if let Some(number) = left.remove(&at) {
                let source = piece[number].source;
                let target = plan.reading.topics.name(source.topic);
                if let Err(error) = send_back(sending, number, (record, target), source) {
                    plan.tally.failed += 1;
                    tell(Notice::NotSent { at, error });
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

    /// Writes entries about these letters, at most [`ENTRY_LETTERS`] in each. The inner result is the
    /// broker's.
    fn enter(
        &mut self,
        plan: &Plan,
        state: State,
        sources: &[Source],
    ) -> Result<Result<(), SendingError>, DeadLetterError> {
        let mut by_topic: BTreeMap<u32, Vec<(Partition, i64)>> = BTreeMap::new();
        for source in sources {
            let of_topic = by_topic.entry(source.topic).or_default();
            of_topic.push((source.partition, source.offset));
        }
        for (number, records) in by_topic {
            for records in records.chunks(ENTRY_LETTERS) {
                let entry = Entry {
                    run: self.run.clone(),
                    topic: plan.reading.topics.name(number).to_owned(),
                    records: records.to_vec(),
                };
                let payload = serde_json::to_vec(&entry)?;
                let sent = self.sending.send_one(Outgoing {
                    topic: self.topic,
                    partition: None,
                    key: self.run.as_bytes(),
                    payload: &payload,
                    headers: &[
                        (ACCOUNT_HEADER, state.as_str().as_bytes()),
                        ("content-type", b"application/json"),
                    ],
                });
                if sent.is_err() {
                    return Ok(sent);
                }
            }
        }
        Ok(Ok(()))
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
