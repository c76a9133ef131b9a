//! Who may teach and who is asked: splits of a data set that keep people and generators apart.
//!
//! Invariants, proved by property tests: in a [`Fold`] no session is on both sides, and neither is a person, a
//! source that was left out, or a family of generators that was left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::{DataSet, Session};

/// Names of one family of generators under other names. A family is left out whole, or the model would know
/// its sister.
const FAMILIES: [(&str, &str); 6] = [
    ("minjerk_noise", "minimum_jerk"),
    ("llm_agent_a", "llm_agent"),
    ("pyclick", "bezier"),
    ("bezier_cubic", "bezier"),
    ("bezier_noisy", "bezier"),
    ("keys_constant", "constant_typist"),
];

/// What the sessions of a fold's second part have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// All sessions of a source, people and bots; people of it are asked.
    Source(String),
    /// All sessions of a family of generators, whatever their source; they are asked.
    Generator(String),
}

impl LeftOut {
    /// The name of the source or the family.
    pub fn name(&self) -> &str {
        let (Self::Source(name) | Self::Generator(name)) = self;
        name
    }
}

/// One split, by places in [`DataSet::sessions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What was left out.
    pub left_out: LeftOut,
    /// Who may teach.
    pub train: Vec<usize>,
    /// Who is asked.
    pub test: Vec<usize>,
}

/// The person, or, where a recording names none, all unnamed people of its source together.
pub fn person(session: &Session) -> (&str, Option<&str>) {
    (&session.source, session.user.as_deref())
}

/// The family of generators that made a bot's session.
pub fn family(session: &Session) -> &str {
    let known = FAMILIES.iter().find(|(name, _)| *name == session.kind);
    known.map_or(&session.kind, |(_, family)| family)
}

/// A fold for every source with people: the source is absent from training, and its people are asked.
pub fn leave_one_source_out(set: &DataSet) -> Vec<Fold> {
    let sources: BTreeSet<&str> = set
        .labelled()
        .filter(|(_, _, bot)| !bot)
        .map(|(_, session, _)| session.source.as_str())
        .collect();
    let fold = |source: &str| Fold {
        left_out: LeftOut::Source(source.to_owned()),
        train: places(set, |session, _| session.source != source),
        test: places(set, |session, bot| !bot && session.source == source),
    };
    sources.into_iter().map(fold).collect()
}

/// A fold for every family of generators: no session of it is in training, and they are asked.
pub fn leave_one_generator_out(set: &DataSet) -> Vec<Fold> {
    let families: BTreeSet<&str> = set
        .labelled()
        .filter(|(_, _, bot)| *bot)
        .map(|(_, session, _)| family(session))
        .collect();
    let fold = |name: &str| Fold {
        left_out: LeftOut::Generator(name.to_owned()),
        train: places(set, |session, bot| !bot || family(session) != name),
        test: places(set, |session, bot| bot && family(session) == name),
    };
    families.into_iter().map(fold).collect()
}

/// `count` folds of `places` in which no person and no family of generators is on both sides. Groups are dealt
/// out largest first, each to the fold that has least, so that equal sets give equal folds.
pub fn grouped(set: &DataSet, places: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<(bool, &str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for place in places {
        let session = &set.sessions[*place];
        let key = match session.bot {
            Some(true) => (true, family(session), None),
            _ => {
                let (source, user) = person(session);
                (false, source, user)
            }
        };
        groups.entry(key).or_default().push(*place);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // The sort is stable: equal sizes keep the order of their names.
    groups.sort_by_key(|(key, members)| (key.0, usize::MAX - members.len()));
    let mut folds = vec![Vec::new(); count.max(1)];
    for ((bot, ..), members) in groups {
        let load = |fold: &Vec<usize>| {
            let same = fold
                .iter()
                .filter(|place| (set.sessions[**place].bot == Some(true)) == bot);
            same.count()
        };
        if let Some(least) = folds.iter_mut().min_by_key(|fold| load(fold)) {
            least.extend(members);
        }
    }
    folds
}

fn places(set: &DataSet, belongs: impl Fn(&Session, bool) -> bool) -> Vec<usize> {
    set.labelled()
        .filter(|(_, session, bot)| belongs(session, *bot))
        .map(|(place, ..)| place)
        .collect()
}
