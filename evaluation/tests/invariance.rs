//! Verdicts rest on nothing but behaviour.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use detection::Ruleset;
use evaluation::dataset::DataSet;
use evaluation::fold;
use evaluation::judge::Judge;
use evaluation::robustness::changes;
use generators::{Generator, Kind, Mix};
use schemas::recording::Recording;
use serde_json::{Value, json};

fn verdict(line: &Value) -> schemas::verdict::Verdict {
    let recording = Recording::parse(&line.to_string()).unwrap();
    fold(&recording)
        .unwrap()
        .window
        .verdict(&Ruleset::default())
}

fn sessions() -> impl Iterator<Item = Value> {
    let of_kind = |kind| {
        let generator = Generator::new(71, Mix::only(kind));
        (0..1).map(move |index| serde_json::from_str(&generator.session(index).to_line()).unwrap())
    };
    Kind::ALL.into_iter().flat_map(of_kind)
}

#[test]
fn what_a_recording_says_of_itself_does_not_change_its_verdict() {
    for line in sessions() {
        let own = verdict(&line);
        let mut disguised = line.clone();
        disguised["session_id"] = json!("another");
        disguised["label"] = json!("human");
        disguised["source"] = json!("elsewhere");
        disguised["kind"] = json!("mouse_user");
        disguised["user"] = json!("someone");
        disguised["licence"] = json!("MIT");
        disguised["simulated"] = json!(false);
        disguised["viewport"] = json!([1, 1]);
        let bare = json!({ "session_id": "", "events": line["events"] });
        assert_eq!(verdict(&disguised), own, "{}", line["session_id"]);
        assert_eq!(verdict(&bare), own, "{}", line["session_id"]);
    }
}

#[test]
fn channels_that_only_some_sources_have_do_not_change_what_a_session_is() {
    for line in sessions() {
        let mut without = line.clone();
        let events = without["events"].as_array_mut().unwrap();
        let before = events.len();
        let leaky = ["focus", "blur", "visibility", "page", "input"];
        events.retain(|event| !leaky.contains(&event["type"].as_str().unwrap()));
        let own = verdict(&line);
        assert_eq!(
            verdict(&without).is_bot,
            own.is_bot,
            "{}: {} of {before} events left, {:?}",
            line["session_id"],
            without["events"].as_array().unwrap().len(),
            own.reasons
        );
    }
}

#[test]
fn the_evaluation_counts_no_flip_of_order_or_names() {
    let mut set = DataSet::default();
    set.simulate(5, 1);
    let judge = Judge::default();
    let judged = judge.judge(&set);
    let changes = changes(&set, &judge, &judged);
    assert_eq!(changes[0].sessions, Kind::ALL.len());
    assert_eq!((changes[0].acquitted, changes[0].accused), (0, 0));
    assert_eq!(changes[0].scores_differ, 0);
}
