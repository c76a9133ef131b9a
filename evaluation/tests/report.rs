//! The report: the same bytes from the same sessions, and its text pinned on hand-made verdicts.

use std::path::Path;

use detection::{Ruleset, Window};
use evaluation::dataset::{DataSet, Session};
use evaluation::judge::{Judge, Judged};
use evaluation::left_out::Trial;
use evaluation::report::{Report, Timing};
use evaluation::trees::Trees;
use evaluation::{Parts, evaluate, report_on};
use generators::Kind;
use schemas::verdict::{Method, Reason};

fn without_timing(report: &Report) -> Report {
    Report {
        timing: Timing {
            verdict_median_micros: 0.0,
            verdict_p99_micros: 0.0,
            fold_median_micros_per_event: 0.0,
            slowest: Vec::new(),
        },
        ..report.clone()
    }
}

/// Some kinds, with models learned while each is left out.
fn simulated() -> Report {
    let mut set = DataSet::default();
    let kinds = [
        Kind::MouseUser,
        Kind::TouchUser,
        Kind::Typist,
        Kind::MinimumJerk,
        Kind::LinearSteps,
        Kind::Spring,
    ];
    set.simulate_kinds(&kinds, 9, 3);
    let judge = Judge::default();
    let trial = Trial {
        learner: &Trees::quick(),
        features: &|window| window.features().values().to_vec(),
        judge: &judge,
        seed: 9,
    };
    evaluate(&set, &judge, 9, Some(&trial))
}

#[test]
fn two_runs_differ_in_wall_times_only() {
    let (one, two) = (simulated(), simulated());
    assert!(one.timing.verdict_median_micros > 0.0);
    let left_out = one.left_out.as_ref().unwrap();
    assert_eq!(left_out.generators.len(), 3, "{:?}", left_out.problems);
    assert!(one.copies.is_some());
    let markdown = one.markdown();
    let (figures, times) = markdown.split_once("## Timing").unwrap();
    assert_eq!(two.markdown().split_once("## Timing").unwrap().0, figures);
    assert!(!times.contains("\n## "), "timing is the last section");
    let (one, two) = (without_timing(&one), without_timing(&two));
    assert_eq!(one.json().unwrap(), two.json().unwrap());
    assert_eq!(one.plots(), two.plots());
    assert_eq!(one.plots().len(), 4);
}

/// A session with the verdict that a test wants, whatever the detector would say.
fn judged(bot: Option<bool>, source: &str, score: f64, sufficient: bool) -> (Session, Judged) {
    let session = Session {
        name: format!("{source}/1"),
        survey: 0,
        bot,
        source: source.to_owned(),
        kind: "task".to_owned(),
        user: Some("ada".to_owned()),
        licence: Some("MIT".to_owned()),
        duration_ms: 25_000.0,
        events: 10,
        text_keys: 0,
        fold_micros: 0.0,
        window: Window::new(),
        bare: Window::new(),
        thinned: Window::new(),
    };
    let mut verdict = Window::new().verdict(&Ruleset::default());
    verdict.confidence_score = score;
    verdict.is_bot = score >= 0.6;
    verdict.data_sufficiency.sufficient = sufficient;
    if verdict.is_bot {
        verdict.reasons.push(Reason {
            code: "mouse.test".to_owned(),
            method: Method::Mouse,
            weight: 0.7,
            evidence: std::collections::BTreeMap::new(),
            text: String::new(),
        });
    }
    let alone_is_bot = verdict.is_bot;
    let judged = Judged {
        verdict,
        alone_is_bot,
        micros: 1.0,
    };
    (session, judged)
}

/// After a wanted change `CANDOR_WRITE_GOLDEN=1 cargo test -p evaluation --test report` writes the file anew.
#[test]
fn markdown_of_a_tiny_set_is_the_golden_one() {
    let (sessions, verdicts): (Vec<_>, Vec<_>) = [
        judged(Some(false), "people | and others", 0.05, true),
        judged(Some(false), "people | and others", 0.65, true),
        judged(Some(false), "people | and others", 0.05, false),
        judged(Some(true), "programs", 0.9, true),
        judged(Some(true), "programs", 0.05, true),
        judged(None, "not stated", 0.9, true),
    ]
    .into_iter()
    .unzip();
    let mut set = DataSet::of("tiny.jsonl", sessions);
    set.problems.push("tiny.jsonl:7: not UTF-8".to_owned());
    let parts = Parts {
        seed: 3,
        ..Parts::default()
    };
    let report = without_timing(&report_on(&set, &Judge::default(), &verdicts, parts));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/report.md");
    if option_env!("CANDOR_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, report.markdown()).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(report.markdown(), expected);
}

#[test]
fn plots_are_whole_documents_with_titles_and_axes() {
    for (name, plot) in simulated().plots() {
        assert!(
            plot.starts_with("<svg ") && plot.ends_with("</svg>\n"),
            "{name}"
        );
        assert!(plot.contains("<title>"), "{name}");
        assert!(!plot.contains("NaN") && !plot.contains("inf"), "{name}");
        assert_eq!(
            plot.matches("<text").count(),
            plot.matches("</text>").count(),
            "{name}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_evaluated() {
    let folder = std::env::temp_dir().join(format!("candor-evaluation-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("empty")).unwrap();
    let line = r#"{"session_id":"a","events":[{"type":"focus","t":0}]}"#;
    let labelled = line.replace("\"events\"", "\"label\":\"human\",\"events\"");
    std::fs::write(folder.join("a.jsonl"), format!("{{\n{labelled}\n")).unwrap();
    std::fs::write(folder.join("b.jsonl"), format!("{line}\n")).unwrap();
    std::fs::write(folder.join("c.jsonl"), "").unwrap();
    std::fs::write(folder.join("notes.txt"), "{").unwrap();
    let set = DataSet::read(&[folder.clone(), folder.join("empty"), folder.join("missing")]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(set.sessions.len(), 2);
    assert_eq!(set.labelled().count(), 1);
    assert!(set.incomplete);
    let said = [
        "a.jsonl:1: not a recorded session",
        "b.jsonl: none of its 1 sessions has a label",
        "c.jsonl: no recorded session in this file",
        "empty: no file ending in .jsonl or .jsonl.gz in this folder",
        "missing: No such file or directory",
    ];
    assert_eq!(set.problems.len(), said.len(), "{:?}", set.problems);
    for (problem, expected) in set.problems.iter().zip(said) {
        assert!(problem.contains(expected), "{problem}");
    }
}
