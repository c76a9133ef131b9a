//! Whether verdicts rest on what they must not: order, names, channels of one source, sampling rate.

use serde::Serialize;

use crate::dataset::{DataSet, Session};
use crate::judge::{Judge, Judged};

/// What was changed about the sessions, and how many verdicts changed with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What was changed.
    pub name: &'static str,
    /// Sessions judged again.
    pub sessions: usize,
    /// Called a bot before and not after.
    pub acquitted: usize,
    /// Called a bot only after.
    pub accused: usize,
    /// People among those called bots only after.
    pub accused_people: usize,
    /// Scores that differ at all.
    pub scores_differ: usize,
    /// Sources with changed verdicts, and how many.
    pub sources: Vec<(String, usize)>,
}

/// Judges `set` again, changed in each of the ways.
pub fn changes(set: &DataSet, judge: &Judge, judged: &[Judged]) -> Vec<Change> {
    let (backwards, places) = shuffled(set);
    let bare = judge.all(set, |session| &session.bare);
    let thinned = judge.all(set, |session| &session.thinned);
    let stripped = judge.all(&backwards, |session| &session.window);
    let mut restored = vec![None; stripped.len()];
    for (verdict, place) in stripped.into_iter().zip(places) {
        restored[place] = Some((verdict.is_bot, verdict.confidence_score));
    }
    let of = |verdicts: Vec<schemas::verdict::Verdict>| {
        verdicts
            .into_iter()
            .map(|verdict| Some((verdict.is_bot, verdict.confidence_score)))
            .collect::<Vec<_>>()
    };
    vec![
        change(
            "names, labels, sources and kinds removed, order reversed",
            set,
            judged,
            &restored,
        ),
        change(
            "events of focus, pages and insertions removed",
            set,
            judged,
            &of(bare),
        ),
        change("moves thinned to one in 110 ms", set, judged, &of(thinned)),
    ]
}

/// The sessions without anything but their events, each survey in reverse; and where each was.
fn shuffled(set: &DataSet) -> (DataSet, Vec<usize>) {
    let mut places: Vec<usize> = (0..set.sessions.len()).collect();
    places.sort_by_key(|place| (set.sessions[*place].survey, usize::MAX - place));
    let stripped = |place: &usize| Session {
        name: String::new(),
        bot: None,
        source: String::new(),
        kind: String::new(),
        user: None,
        licence: None,
        ..set.sessions[*place].clone()
    };
    let backwards = DataSet {
        surveys: set.surveys.clone(),
        sessions: places.iter().map(stripped).collect(),
        ..DataSet::default()
    };
    (backwards, places)
}

fn change(
    name: &'static str,
    set: &DataSet,
    judged: &[Judged],
    after: &[Option<(bool, f64)>],
) -> Change {
    let mut change = Change {
        name,
        sessions: judged.len(),
        acquitted: 0,
        accused: 0,
        accused_people: 0,
        scores_differ: 0,
        sources: Vec::new(),
    };
    let mut sources = std::collections::BTreeMap::new();
    for ((session, judged), after) in set.sessions.iter().zip(judged).zip(after) {
        let Some((is_bot, score)) = *after else {
            continue;
        };
        let before = &judged.verdict;
        change.scores_differ += usize::from(before.confidence_score.to_bits() != score.to_bits());
        if before.is_bot != is_bot {
            *sources.entry(session.source.clone()).or_insert(0) += 1;
            change.acquitted += usize::from(before.is_bot);
            change.accused += usize::from(is_bot);
            change.accused_people += usize::from(is_bot && session.bot == Some(false));
        }
    }
    change.sources = sources.into_iter().collect();
    change
}
