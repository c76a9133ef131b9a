//! Replayed sessions: how many copies coordination finds, and how many pairs of different people it takes for
//! copies.
//!
//! Copies are made of recorded people with enough movement to be recognised by, and mixed with all people of their
//! source: one survey for each source and difficulty.

use std::collections::{BTreeMap, BTreeSet};

use detection::{SessionSketch, Window, survey};
use generators::augment::{Difficulty, replay_copies};
use serde::Serialize;

use crate::dataset::{DataSet, Session};
use crate::fold::fold;
use crate::folds::person;
use crate::judge::Judge;
use crate::metrics::Share;

/// Copies of each original.
const COPIES: usize = 5;
/// Difficulties of copies.
const DIFFICULTIES: [Difficulty; 2] = [Difficulty::Easy, Difficulty::Hard];

/// One way of copying.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CopiesRow {
    /// How copies were made, and of whom.
    pub name: String,
    /// Whether finding them is a target, or only reported.
    pub required: bool,
    /// Copies called bots.
    pub found: Share,
    /// People of these surveys called bots, originals left out.
    pub accused: Share,
}

/// What coordination found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copies {
    /// The ways of copying.
    pub rows: Vec<CopiesRow>,
    /// Pairs of sessions of different people that were taken for copies, of those that could be compared, by source.
    pub false_pairs: Vec<FalsePairs>,
}

/// Pairs of sessions of different people of one source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FalsePairs {
    /// The source.
    pub source: String,
    /// Pairs taken for copies, of those that could be compared.
    pub pairs: Share,
}

/// Counts over some surveys.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    found: usize,
    copies: usize,
    accused: usize,
    people: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.found += other.found;
        self.copies += other.copies;
        self.accused += other.accused;
        self.people += other.people;
    }

    fn row(self, name: String, required: bool) -> CopiesRow {
        CopiesRow {
            name,
            required,
            found: Share::new(self.found, self.copies),
            accused: Share::new(self.accused, self.people),
        }
    }
}

/// Copies the originals of `set` and judges them beside the people of their sources; `None` without originals.
pub fn copies(set: &DataSet, judge: &Judge, seed: u64) -> Option<Copies> {
    let mut sources: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (original, (place, _)) in set.originals.iter().enumerate() {
        let source = set.sessions[*place].source.as_str();
        sources.entry(source).or_default().push(original);
    }
    let mut rows = Vec::new();
    for difficulty in DIFFICULTIES {
        let name = difficulty.as_str();
        let mut all = Counts::default();
        let mut own_rows = Vec::new();
        for (source, originals) in &sources {
            let counts = one_survey(set, judge, originals, (difficulty, seed));
            all.add(counts);
            own_rows.push(counts.row(format!("{name}, {source}"), false));
        }
        let title = format!("{name}, {COPIES} of each of {}", set.originals.len());
        rows.push(all.row(title, true));
        rows.extend(own_rows);
    }
    (!set.originals.is_empty()).then(|| Copies {
        rows,
        false_pairs: false_pairs(set),
    })
}

fn one_survey(
    set: &DataSet,
    judge: &Judge,
    originals: &[usize],
    (difficulty, seed): (Difficulty, u64),
) -> Counts {
    let mut counts = Counts::default();
    let mut copied = BTreeSet::new();
    let mut windows: Vec<Window> = Vec::new();
    for (original, (place, recording)) in originals
        .iter()
        .map(|index| (index, &set.originals[*index]))
    {
        copied.insert(*place);
        let seed = seed ^ u64::try_from(*original).unwrap_or(0) << 16;
        let copies = replay_copies(recording, COPIES, difficulty, seed);
        // Copies hold the events of a recording that has been folded before.
        windows.extend(
            copies
                .iter()
                .filter_map(|copy| fold(copy).ok())
                .map(|folded| folded.window),
        );
    }
    counts.copies = windows.len();
    let Some(source) = copied.first().map(|place| &set.sessions[*place].source) else {
        return counts;
    };
    let people: Vec<usize> = set
        .labelled()
        .filter(|(_, session, bot)| !bot && session.source == *source)
        .map(|(place, ..)| place)
        .collect();
    let everybody: Vec<&Window> = windows
        .iter()
        .chain(people.iter().map(|place| &set.sessions[*place].window))
        .collect();
    let verdicts = judge.survey(&everybody);
    let (of_copies, of_people) = verdicts.split_at(windows.len());
    counts.found = of_copies.iter().filter(|verdict| verdict.is_bot).count();
    for (place, verdict) in people.iter().zip(of_people) {
        if !copied.contains(place) {
            counts.people += 1;
            counts.accused += usize::from(verdict.is_bot);
        }
    }
    counts
}

/// Pairs of sessions of different named people of one source, of all that have something to compare.
fn false_pairs(set: &DataSet) -> Vec<FalsePairs> {
    let mut sources: BTreeMap<&str, Vec<&Session>> = BTreeMap::new();
    for (_, session, bot) in set.labelled() {
        if !bot && session.user.is_some() {
            sources.entry(&session.source).or_default().push(session);
        }
    }
    let found = sources.into_iter().map(|(source, people)| FalsePairs {
        source: source.to_owned(),
        pairs: pairs_of(&people),
    });
    found.filter(|found| found.pairs.of > 0).collect()
}

fn pairs_of(people: &[&Session]) -> Share {
    let sketches: Vec<SessionSketch> = people
        .iter()
        .map(|session| session.window.sketch())
        .collect();
    let comparable = |a: usize, b: usize| {
        let both =
            |count: fn(&SessionSketch) -> usize| count(&sketches[a]).min(count(&sketches[b])) > 0;
        person(people[a]) != person(people[b])
            && (both(SessionSketch::movements) || both(SessionSketch::intervals))
    };
    let compared = (0..people.len())
        .map(|a| (a + 1..people.len()).filter(|b| comparable(a, *b)).count())
        .sum();
    let mut pairs = BTreeSet::new();
    for (a, found) in survey::coordinated(&sketches).into_iter().enumerate() {
        for partner in found.into_iter().flat_map(|found| found.partners) {
            if let Ok(b) = usize::try_from(partner)
                && comparable(a, b)
            {
                pairs.insert((a.min(b), a.max(b)));
            }
        }
    }
    Share::new(pairs.len(), compared)
}
