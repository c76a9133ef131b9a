//! No person and no generator is on both sides of a split.

use std::collections::BTreeSet;

use detection::Window;
use evaluation::dataset::{DataSet, Session};
use evaluation::folds::{
    LeftOut, family, grouped, leave_one_generator_out, leave_one_source_out, person,
};
use proptest::prelude::*;

const SOURCES: [&str; 3] = ["a", "b", "c"];
const USERS: [Option<&str>; 4] = [None, Some("ada"), Some("bob"), Some("cy")];
/// The first two are one family.
const KINDS: [&str; 4] = ["minjerk_noise", "minimum_jerk", "linear_steps", "gan"];

fn session((bot, source, user, kind): (Option<bool>, usize, usize, usize)) -> Session {
    Session {
        name: String::new(),
        survey: 0,
        bot,
        source: SOURCES[source].to_owned(),
        kind: KINDS[kind].to_owned(),
        user: USERS[user].map(str::to_owned),
        licence: None,
        duration_ms: 0.0,
        events: 0,
        text_keys: 0,
        fold_micros: 0.0,
        window: Window::new(),
        bare: Window::new(),
        thinned: Window::new(),
    }
}

fn sets() -> impl Strategy<Value = DataSet> {
    let bot = prop::option::weighted(0.9, any::<bool>());
    let one = (bot, 0..SOURCES.len(), 0..USERS.len(), 0..KINDS.len()).prop_map(session);
    prop::collection::vec(one, 0..60).prop_map(|sessions| DataSet::of("set", sessions))
}

/// What must not be on both sides: a person of people, the family of bots.
fn group(session: &Session) -> (Option<bool>, String) {
    let name = if session.bot == Some(true) {
        family(session).to_owned()
    } else {
        format!("{:?}", person(session))
    };
    (session.bot, name)
}

proptest! {
    #[test]
    fn what_is_left_out_is_in_no_training(set in sets()) {
        for fold in leave_one_source_out(&set).into_iter().chain(leave_one_generator_out(&set)) {
            let train: BTreeSet<usize> = fold.train.iter().copied().collect();
            prop_assert!(!fold.test.is_empty());
            for place in &fold.test {
                prop_assert!(!train.contains(place));
                let asked = &set.sessions[*place];
                for other in &train {
                    let teacher = &set.sessions[*other];
                    prop_assert!(teacher.bot.is_some());
                    match &fold.left_out {
                        LeftOut::Source(source) => {
                            prop_assert_eq!(&asked.source, source);
                            prop_assert_ne!(&teacher.source, source);
                            prop_assert_ne!(person(asked), person(teacher));
                        }
                        LeftOut::Generator(_) => prop_assert_ne!(group(asked), group(teacher)),
                    }
                }
            }
        }
    }

    #[test]
    fn every_labelled_session_is_asked_once(set in sets()) {
        let mut asked: Vec<usize> = leave_one_source_out(&set)
            .into_iter()
            .chain(leave_one_generator_out(&set))
            .flat_map(|fold| fold.test)
            .collect();
        asked.sort_unstable();
        let labelled: Vec<usize> = set.labelled().map(|(place, ..)| place).collect();
        prop_assert_eq!(asked, labelled);
    }

    #[test]
    fn groups_stay_whole_and_nothing_is_lost(set in sets(), count in 1_usize..6) {
        let places: Vec<usize> = set.labelled().map(|(place, ..)| place).collect();
        let folds = grouped(&set, &places, count);
        prop_assert_eq!(folds.len(), count);
        let mut dealt: Vec<usize> = folds.iter().flatten().copied().collect();
        dealt.sort_unstable();
        prop_assert_eq!(dealt, places);
        let groups: Vec<BTreeSet<_>> = folds
            .iter()
            .map(|fold| fold.iter().map(|place| group(&set.sessions[*place])).collect())
            .collect();
        for (index, own) in groups.iter().enumerate() {
            for other in &groups[index + 1..] {
                prop_assert!(own.is_disjoint(other));
            }
        }
    }
}
