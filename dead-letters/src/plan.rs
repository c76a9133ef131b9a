//! What a replay is about: the letters that are wanted and not back already.
//!
//! The topic is read to its end; positions are kept, never the letters. What an interrupted run may have
//! written back is looked up in the topic that it wrote to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chrono::Utc;
use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, scan};
use kafka::sending::DELIVERY_TIMEOUT;

use crate::PATIENCE;
use crate::account::{REPLAYED_FROM, Standing};
use crate::error::{DeadLetterError, Notice};
use crate::letter::{Letter, Position, Source};
use crate::reading::Reading;
use crate::select::Selection;

/// Most letters of one run: their positions take 100 bytes each.
pub const MOST_LETTERS: usize = 1_000_000;
/// More than clocks differ between this machine and the brokers.
const CLOCKS_MS: i64 = 600_000;

/// Which letters are to be replayed.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The letters; all of the selection when none is named.
    pub positions: Vec<Position>,
    /// Filters.
    pub selection: Selection,
    /// Also those that have been replayed before.
    pub again: bool,
    /// More letters are refused.
    pub most: usize,
    /// Longest time the planning may take; without end when absent.
    pub within: Option<Duration>,
}

/// What was found and done.
#[derive(Debug, Default)]
pub struct Tally {
    /// Letters that were asked for.
    pub letters: u64,
    /// Of them, those that are back already.
    pub replayed_before: u64,
    /// Those that were written back and acknowledged.
    pub replayed: u64,
    /// Those that were not.
    pub failed: u64,
    /// Letters to replay by their reason.
    pub by_reason: BTreeMap<String, u64>,
    /// Letters to replay by the topic they go to.
    pub by_topic: BTreeMap<String, u64>,
}

/// A letter that is to be replayed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen {
    pub(crate) at: Position,
    pub(crate) source: Source,
}

/// What a replay will do.
#[derive(Debug, Default)]
pub struct Plan {
    pub(crate) reading: Reading,
    /// What is to be written back, by place.
    pub(crate) chosen: Vec<Chosen>,
    /// What an interrupted run has written back without saying so.
    pub(crate) found_back: Vec<Source>,
    reasons: HashMap<Position, String>,
    missing: HashSet<Position>,
    /// The counts.
    pub tally: Tally,
}

/// The end of the time that a caller gave.
#[derive(Debug, Clone, Copy)]
struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    fn is_over(self) -> bool {
        self.0.is_some_and(|(end, _)| Instant::now() > end)
    }

    fn check(self) -> Result<(), DeadLetterError> {
        match self.0 {
            Some((_, within)) if self.is_over() => Err(DeadLetterError::TooSlow { within }),
            _ => Ok(()),
        }
    }
}

/// Reads the dead-letter topic and decides. Blocks.
///
/// # Errors
/// [`DeadLetterError`].
pub fn plan(
    wanted: &Wanted,
    config: &KafkaConfig,
    topic: &str,
    tell: &mut dyn FnMut(Notice<'_>),
) -> Result<Plan, DeadLetterError> {
    let deadline = Deadline(
        wanted
            .within
            .map(|within| (Instant::now() + within, within)),
    );
    let mut plan = read(wanted, config, topic, deadline)?;
    let uncertain = plan.settle(wanted.again);
    let found = plan.look_up(config, &uncertain, (deadline, tell))?;
    plan.decide(&uncertain, &found);
    plan.count();
    Ok(plan)
}

fn read(
    wanted: &Wanted,
    config: &KafkaConfig,
    topic: &str,
    deadline: Deadline,
) -> Result<Plan, DeadLetterError> {
    let options = ScanOptions {
        topic,
        since_ms: wanted.selection.since_ms(),
        patience: PATIENCE,
    };
    let mut plan = Plan {
        missing: wanted.positions.iter().copied().collect(),
        ..Plan::default()
    };
    let named = plan.missing.clone();
    scan(config, options, |record| {
        plan.take(record, &wanted.selection, &named);
        if plan.chosen.len() > wanted.most || deadline.is_over() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if plan.chosen.len() > wanted.most {
        return Err(DeadLetterError::TooMany { most: wanted.most });
    }
    deadline.check()?;
    match plan.missing.iter().min() {
        Some(missing) => Err(DeadLetterError::NotSelected {
            topic: topic.to_owned(),
            at: *missing,
        }),
        None => Ok(plan),
    }
}

impl Plan {
    /// How many letters there is something to do for: to write them back, or to note that they are.
    pub fn work(&self) -> usize {
        self.chosen.len() + self.found_back.len()
    }

    /// How many letters would be written back.
    pub fn to_replay(&self) -> usize {
        self.chosen.len()
    }

    fn take(&mut self, record: &Record<'_>, selection: &Selection, named: &HashSet<Position>) {
        let missing = &mut self.missing;
        let wanted = |letter: &Letter| {
            missing.remove(&letter.at);
            named.is_empty() || named.contains(&letter.at)
        };
        if let Some(letter) = self.reading.take_if(record, selection, wanted) {
            self.choose(letter);
        }
    }

    fn choose(&mut self, letter: Letter) {
        self.chosen.push(Chosen {
            at: letter.at,
            source: letter.source,
        });
        self.reasons.insert(letter.at, letter.why.reason);
    }

    /// Leaves out what is known to be back; what may be is returned, with the time since when.
    fn settle(&mut self, again: bool) -> HashMap<Source, i64> {
        self.tally.letters = self.chosen.len() as u64;
        let mut uncertain = HashMap::new();
        if again {
            return uncertain;
        }
        let reading = &self.reading;
        self.chosen
            .retain(|letter| match reading.standing(letter.source) {
                Standing::New => true,
                Standing::Replayed => false,
                Standing::Uncertain { since_ms } => {
                    uncertain.insert(letter.source, since_ms);
                    true
                }
            });
        self.tally.replayed_before = self.tally.letters - self.chosen.len() as u64;
        uncertain
    }

    /// Leaves out the uncertain ones that were found in their source topic.
    fn decide(&mut self, uncertain: &HashMap<Source, i64>, found: &HashSet<Source>) {
        let is_back = |source: &Source| uncertain.contains_key(source) && found.contains(source);
        for letter in &self.chosen {
            if is_back(&letter.source) {
                self.found_back.push(letter.source);
            }
        }
        self.chosen.retain(|letter| !is_back(&letter.source));
        self.tally.replayed_before += self.found_back.len() as u64;
    }

    fn count(&mut self) {
        // By their places, so that they can be read again piece by piece.
        self.chosen.sort_by_key(|letter| letter.at);
        for letter in &self.chosen {
            let reason = self.reasons.get(&letter.at).cloned().unwrap_or_default();
            *self.tally.by_reason.entry(reason).or_default() += 1;
            let topic = self.reading.topics.name(letter.source.topic).to_owned();
            *self.tally.by_topic.entry(topic).or_default() += 1;
        }
    }

    /// Which of these have been written back: a run that was killed did not say, so the topics themselves
    /// are asked, from the time on when it began.
    fn look_up(
        &self,
        config: &KafkaConfig,
        uncertain: &HashMap<Source, i64>,
        (deadline, tell): (Deadline, &mut dyn FnMut(Notice<'_>)),
    ) -> Result<HashSet<Source>, DeadLetterError> {
        check_settled(uncertain)?;
        let mut since: BTreeMap<u32, i64> = BTreeMap::new();
        for (source, begun) in uncertain {
            let first = since.entry(source.topic).or_insert(*begun);
            *first = (*first).min(*begun);
        }
        let mut found = HashSet::new();
        for (number, begun) in since {
            let topic = self.reading.topics.name(number);
            tell(Notice::Interrupted { topic });
            let options = ScanOptions {
                topic,
                since_ms: Some(begun - CLOCKS_MS),
                patience: PATIENCE,
            };
            scan(config, options, |record| {
                found.extend(origin(record, number));
                if deadline.is_over() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            deadline.check()?;
        }
        Ok(found)
    }
}

/// A run that began a moment ago may still be writing.
fn check_settled(uncertain: &HashMap<Source, i64>) -> Result<(), DeadLetterError> {
    let Some(youngest) = uncertain.values().max() else {
        return Ok(());
    };
    let age = Utc::now().timestamp_millis().saturating_sub(*youngest);
    let settled = i64::try_from(DELIVERY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    if age > settled {
        return Ok(());
    }
    Err(DeadLetterError::AtWork {
        since: age / 1000,
        wait: (settled - age) / 1000 + 1,
    })
}

/// The record that a replayed one is a repetition of.
fn origin(record: &Record<'_>, topic: u32) -> Option<Source> {
    let text = std::str::from_utf8(record.header(REPLAYED_FROM)?).ok()?;
    let (_, source) = text.split_once(" of ")?;
    let (partition, offset) = source.split_once(':')?;
    Some(Source {
        topic,
        partition: partition.parse().ok()?,
        offset: offset.parse().ok()?,
    })
}
