//! `candor score` on sessions that the project's own generators make.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use candor::score::{Options, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use generators::{Generator, Kind, Label, Mix};
use serde_json::Value;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

fn scored(files: Vec<PathBuf>) -> (String, String, bool) {
    let (mut output, mut problems) = (Vec::new(), Vec::new());
    let all_opened = run(&Options { files, model: None }, &mut output, &mut problems).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output), text(problems), all_opened)
}

/// Small sessions of every kind, as a file of recordings.
fn recordings() -> String {
    let lines =
        Kind::ALL.map(|kind| Generator::new(20, Mix::only(kind)).session(0).to_line() + "\n");
    lines.concat()
}

/// What the detector says of one session of each kind is pinned, as far as it is the same on every
/// machine: a change of features, rules or generators is a visible diff. After a wanted change
/// `CANDOR_WRITE_GOLDEN=1 cargo test -p candor --test score` writes the file anew.
#[test]
fn verdicts_on_one_session_of_each_kind_are_the_golden_ones() {
    let folder = std::env::temp_dir().join(format!("candor-score-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let input = folder.join("all.jsonl");
    std::fs::write(&input, recordings()).unwrap();
    let (output, problems, _) = scored(vec![input]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(problems, "");
    let verdicts: Vec<String> = output.lines().map(coarse).collect();
    assert_eq!(verdicts.len(), Kind::ALL.len());
    let path = golden("score.jsonl");
    if option_env!("CANDOR_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(golden("")).unwrap();
        std::fs::write(&path, verdicts.concat()).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(verdicts.concat(), expected);
}

/// The members of a verdict that hold no floating-point number.
fn coarse(line: &str) -> String {
    let mut verdict: Value = serde_json::from_str(line).unwrap();
    let members = verdict.as_object_mut().unwrap();
    for name in ["confidence_score", "method_scores", "reasons"] {
        assert!(members.remove(name).is_some(), "{name} is missing");
    }
    format!("{verdict}\n")
}

/// Not a figure of quality, only that the wires are connected the right way round.
#[test]
fn crude_bots_are_flagged_and_simulated_people_are_not() {
    for (kind, count) in [
        (Kind::LinearSteps, 10),
        (Kind::TeleportFill, 10),
        (Kind::HoneypotFiller, 10),
        (Kind::MouseUser, 20),
        (Kind::TouchUser, 20),
        (Kind::KeyboardUser, 20),
        (Kind::Typist, 20),
    ] {
        let generator = Generator::new(33, Mix::only(kind));
        let ruleset = detection::Ruleset::default();
        for session in generator.sessions().take(count) {
            let recording = session.to_recording().unwrap();
            let verdict = evaluation::fold(&recording)
                .unwrap()
                .window
                .verdict(&ruleset);
            let expected = kind.label() == Label::Bot;
            assert_eq!(
                verdict.is_bot, expected,
                "{}: {:?}",
                session.name, verdict.reasons
            );
        }
    }
}

#[test]
fn label_source_and_kind_do_not_change_a_verdict() {
    let line = Generator::new(4, Mix::only(Kind::Bezier))
        .session(0)
        .to_line();
    let folder = std::env::temp_dir().join(format!("candor-blind-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (own, other) = (folder.join("own.jsonl"), folder.join("other.jsonl"));
    std::fs::write(&own, &line).unwrap();
    let disguised = line
        .replace("\"label\":\"bot\"", "\"label\":\"human\"")
        .replace(
            "\"kind\":\"bezier\",\"simulated\"",
            "\"kind\":\"mouse_user\",\"simulated\"",
        )
        .replace("candor_generators", "elsewhere");
    assert_ne!(line, disguised);
    std::fs::write(&other, disguised).unwrap();
    let verdict = |path: PathBuf| {
        let mut verdict: Value = serde_json::from_str(&scored(vec![path]).0).unwrap();
        for name in ["label", "source", "kind"] {
            assert!(verdict.as_object_mut().unwrap().remove(name).is_some());
        }
        verdict
    };
    assert_eq!(verdict(own), verdict(other));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_promised_member_is_there_and_absent_labels_are_null() {
    let folder = std::env::temp_dir().join(format!("candor-members-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let input = folder.join("in.jsonl");
    std::fs::write(
        &input,
        r#"{"session_id":"x","events":[{"type":"focus","t":0},{"type":"unheard","t":1}]}"#,
    )
    .unwrap();
    let (output, problems, all_opened) = scored(vec![folder.join("missing"), input]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!all_opened && problems.contains("missing: "), "{problems}");
    let verdict: Value = serde_json::from_str(&output).unwrap();
    let names: Vec<&String> = verdict.as_object().unwrap().keys().collect();
    let mut expected = vec![
        "session_id",
        "label",
        "source",
        "kind",
        "is_bot",
        "confidence_score",
        "risk_level",
        "class",
        "method_scores",
        "reasons",
        "event_count",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(
        (&verdict["label"], &verdict["event_count"]),
        (&Value::Null, &1.into())
    );
    assert_eq!(
        (&verdict["is_bot"], &verdict["class"]),
        (&false.into(), &"insufficient_data".into())
    );
}

/// The whole program, with gzip on standard input and a bad line in it.
#[test]
fn standard_input_may_be_gzip_and_a_bad_line_is_reported_with_its_number() {
    let line = Generator::new(4, Mix::only(Kind::TeleportFill))
        .session(0)
        .to_line();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    write!(encoder, "{line}\nnot a session\n{line}\n").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["score", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&encoder.finish().unwrap()).unwrap();
    drop(input);
    let ended = child.wait_with_output().unwrap();
    let problems = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{problems}");
    assert!(
        problems.starts_with("-:2: not a recorded session"),
        "{problems}"
    );
    let verdicts = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(verdicts.lines().count(), 2);
}

#[test]
fn wrong_arguments_end_with_64_and_help_and_version_with_0() {
    let code = |arguments: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(arguments)
            .output()
            .unwrap();
        (
            ended.status.code(),
            String::from_utf8(ended.stdout).unwrap(),
        )
    };
    assert_eq!(code(&["score"]).0, Some(64));
    assert_eq!(
        code(&[
            "loadgen", "--target", "http://x", "--key", "k", "--max", "--rate", "1"
        ])
        .0,
        Some(64)
    );
    let (status, version) = code(&["--version"]);
    assert_eq!(
        (status, version.as_str()),
        (Some(0), concat!("candor ", env!("CARGO_PKG_VERSION"), "\n"))
    );
    let (status, help) = code(&["topics", "--help"]);
    assert_eq!(status, Some(0));
    assert!(help.contains("CANDOR_KAFKA_BROKERS"), "{help}");
    assert_eq!(
        code(&["topics", "list"]).0,
        Some(64),
        "brokers are required"
    );
}
