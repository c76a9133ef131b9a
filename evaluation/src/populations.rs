//! How each population fared: people by source, bots by generator.

use std::collections::BTreeMap;

use schemas::verdict::Method;
use serde::Serialize;

use crate::dataset::{DataSet, Session};
use crate::judge::Judged;
use crate::metrics::Share;

/// The sessions of one source, or of one kind of one source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Population {
    /// Whether these are bots.
    pub bot: bool,
    /// Their source.
    pub source: String,
    /// Their kind; `None` for the whole source.
    pub kind: Option<String>,
    /// Whether this is the only kind of its source, so that the whole source says the same.
    pub only_kind: bool,
    /// Sessions.
    pub sessions: usize,
    /// Named people among them.
    pub people: usize,
    /// Sessions with too little to judge by.
    pub abstained: Share,
    /// The same among those that lasted twenty seconds or more.
    pub abstained_active: Share,
    /// Called bots, of all.
    pub flagged: Share,
    /// Called bots, of those in which a method had enough data.
    pub flagged_judged: Share,
    /// Called bots without the other sessions of their survey, of all.
    pub alone: Share,
    /// The same, of those whose pointer was judged.
    pub alone_pointer: Share,
    /// The same, of those with [`ENOUGH_KEYS`] keys of text.
    pub alone_keys: Share,
    /// Median score; `None` of nothing.
    pub median_score: Option<f64>,
    /// How many flagged sessions give each reason, most frequent first.
    pub reasons: Vec<(String, usize)>,
}

/// Keys of text from which most rhythms that do not follow the text are told (docs/detection.md); fewer give away
/// only constant and instant keys.
pub const ENOUGH_KEYS: usize = 200;

/// Populations by source, and below each by kind where it has several.
pub fn populations(set: &DataSet, judged: &[Judged]) -> Vec<Population> {
    let mut sources: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (place, session, bot) in set.labelled() {
        sources
            .entry((bot, &session.source))
            .or_default()
            .push(place);
    }
    let mut found = Vec::new();
    for ((bot, source), places) in sources {
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for place in &places {
            let kind = set.sessions[*place].kind.as_str();
            kinds.entry(kind).or_default().push(*place);
        }
        let of = |kind: Option<&str>, places: &[usize]| Population {
            bot,
            source: source.to_owned(),
            kind: kind.map(str::to_owned),
            only_kind: kind.is_some() && kinds.len() == 1,
            ..population(set, judged, places)
        };
        found.push(of(None, &places));
        found.extend(kinds.iter().map(|(kind, places)| of(Some(kind), places)));
    }
    found
}

fn population(set: &DataSet, judged: &[Judged], places: &[usize]) -> Population {
    let sessions: Vec<(&Session, &Judged)> = places
        .iter()
        .map(|place| (&set.sessions[*place], &judged[*place]))
        .collect();
    let people: std::collections::BTreeSet<&str> = sessions
        .iter()
        .filter_map(|(session, _)| session.user.as_deref())
        .collect();
    let active = sessions.iter().filter(|(session, _)| session.is_active());
    let enough = sessions.iter().filter(|(_, judged)| judged.has_enough());
    let flagged = |(_, judged): &(&Session, &Judged)| judged.verdict.is_bot;
    let by = |method: Method| {
        sessions
            .iter()
            .filter(move |(_, judged)| judged.verdict.data_sufficiency.judged.contains(&method))
    };
    let alone = |(_, judged): &(&Session, &Judged)| judged.alone_is_bot;
    Population {
        bot: false,
        source: String::new(),
        kind: None,
        only_kind: false,
        sessions: sessions.len(),
        people: people.len(),
        abstained: Share::of(&sessions, |(_, judged)| judged.abstained()),
        abstained_active: Share::of(active, |(_, judged)| judged.abstained()),
        flagged: Share::of(&sessions, flagged),
        flagged_judged: Share::of(enough, flagged),
        alone: Share::of(&sessions, alone),
        alone_pointer: Share::of(by(Method::Mouse), alone),
        alone_keys: Share::of(
            by(Method::Keystroke).filter(|(session, _)| session.text_keys >= ENOUGH_KEYS),
            alone,
        ),
        median_score: median(
            sessions
                .iter()
                .map(|(_, judged)| judged.verdict.confidence_score)
                .collect(),
        ),
        reasons: reasons(sessions.iter().map(|(_, judged)| *judged)),
    }
}

fn reasons<'a>(judged: impl Iterator<Item = &'a Judged>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in judged.filter(|judged| judged.verdict.is_bot) {
        for reason in &judged.verdict.reasons {
            *counts.entry(&reason.code).or_default() += 1;
        }
    }
    let mut reasons: Vec<_> = counts
        .into_iter()
        .map(|(code, count)| (code.to_owned(), count))
        .collect();
    // The sort is stable: equal counts keep the order of the codes.
    reasons.sort_by_key(|(_, count)| usize::MAX - count);
    reasons
}

/// The middle value, or the mean of the two; `None` of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }
}
