//! What a replay is about: the letters that are wanted and not back already.
//!
//! The topic is read to its end; positions are kept, never the letters. What an interrupted run may have
//! written back is looked up in the topic that it wrote to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use anyhow::{bail, ensure};
use chrono::Utc;
use kafka::Record;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, scan};

use super::PATIENCE;
use super::account::{Account, REPLAYED_FROM, Standing};
use super::letter::{Letter, Position, Source, Topics};
use super::replay::Replaying;
use super::select::Once;
use crate::sending::DELIVERY_TIMEOUT;

/// Most letters of one run: their positions take 100 bytes each.
const MOST_LETTERS: usize = 1_000_000;
/// More than clocks differ between this machine and the brokers.
const CLOCKS_MS: i64 = 600_000;

/// What was found and done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) letters: u64,
    pub(super) replayed_before: u64,
    pub(super) replayed: u64,
    pub(super) failed: u64,
    pub(super) by_reason: BTreeMap<String, u64>,
    pub(super) by_topic: BTreeMap<String, u64>,
}

/// A letter that is to be replayed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    pub(super) at: Position,
    pub(super) source: Source,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) topics: Topics,
    pub(super) account: Account,
    pub(super) once: Once,
    /// What is to be written back, by place.
    pub(super) chosen: Vec<Chosen>,
    /// What an interrupted run has written back without saying so.
    pub(super) found_back: Vec<Source>,
    pub(super) reasons: HashMap<Position, String>,
    pub(super) missing: HashSet<Position>,
    pub(super) tally: Tally,
}

/// Reads the dead-letter topic and decides.
pub(super) fn plan(
    replaying: &Replaying,
    config: &KafkaConfig,
    topic: &str,
) -> anyhow::Result<Plan> {
    let mut plan = read(replaying, config, topic)?;
    let uncertain = plan.settle(replaying.again);
    let found = look_up(config, &plan.topics, &uncertain)?;
    plan.decide(&uncertain, &found);
    plan.count();
    Ok(plan)
}

fn read(replaying: &Replaying, config: &KafkaConfig, topic: &str) -> anyhow::Result<Plan> {
    let options = ScanOptions {
        topic,
        since_ms: replaying.selection.since_ms(),
        patience: PATIENCE,
    };
    let mut plan = Plan {
        missing: replaying.positions.iter().copied().collect(),
        ..Plan::default()
    };
    let named: HashSet<Position> = plan.missing.clone();
    scan(config, options, |record| {
        if plan.account.take(record, &mut plan.topics) {
            return ControlFlow::Continue(());
        }
        let Some(letter) = Letter::of(record, &mut plan.topics) else {
            return ControlFlow::Continue(());
        };
        if replaying.selection.takes(&letter)
            && (named.is_empty() || plan.missing.remove(&letter.at))
            && plan.once.is_first(letter.source)
        {
            plan.choose(letter);
        }
        if plan.chosen.len() > MOST_LETTERS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    ensure!(
        plan.chosen.len() <= MOST_LETTERS,
        "more than {MOST_LETTERS} letters are asked for; name a reason or a time"
    );
    if let Some(missing) = plan.missing.iter().min() {
        bail!("{topic} has no dead letter {missing} that the other options take");
    }
    Ok(plan)
}

impl Plan {
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
        let account = &self.account;
        self.chosen
            .retain(|letter| match account.standing(letter.source) {
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
            let topic = self.topics.name(letter.source.topic).to_owned();
            *self.tally.by_topic.entry(topic).or_default() += 1;
        }
    }
}

/// Which of these have been written back: a run that was killed did not say, so the topics themselves
/// are asked, from the time on when it began.
fn look_up(
    config: &KafkaConfig,
    topics: &Topics,
    uncertain: &HashMap<Source, i64>,
) -> anyhow::Result<HashSet<Source>> {
    let mut since: BTreeMap<u32, i64> = BTreeMap::new();
    let youngest = uncertain.values().max().copied().unwrap_or(i64::MIN);
    let age = Utc::now().timestamp_millis().saturating_sub(youngest);
    let settled = i64::try_from(DELIVERY_TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    ensure!(
        uncertain.is_empty() || age > settled,
        "another replay of some of these letters began {} s ago; it may still be at work. Try again in {} s",
        age / 1000,
        (settled - age) / 1000 + 1
    );
    for (source, begun) in uncertain {
        let first = since.entry(source.topic).or_insert(*begun);
        *first = (*first).min(*begun);
    }
    let mut found = HashSet::new();
    for (number, begun) in since {
        let topic = topics.name(number);
        eprintln!("an earlier replay into {topic} was interrupted; looking for what it wrote");
        let options = ScanOptions {
            topic,
            since_ms: Some(begun - CLOCKS_MS),
            patience: PATIENCE,
        };
        scan(config, options, |record| {
            found.extend(origin(record, number));
            ControlFlow::Continue(())
        })?;
    }
    Ok(found)
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
