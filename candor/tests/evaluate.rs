//! `candor evaluate` on sessions that the project's own generators make.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("candor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn evaluate(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor"))
        .current_dir(folder)
        .arg("evaluate")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_benchmark_needs_no_data_and_is_the_same_from_run_to_run() {
    let folder = Folder::new("benchmark");
    let arguments = ["--simulated=1", "--seed", "7", "--no-learning", "--out"];
    let run = |out: &'static str| {
        let output = evaluate(&folder.0, &[&arguments[..], &[out]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let figures = |printed: &str| printed.split_once("## Timing").unwrap().0.to_owned();
    let (one, two) = (run("one"), run("two"));
    assert_eq!(figures(&one), figures(&two));
    let read = |path: &str| std::fs::read_to_string(folder.0.join(path)).unwrap();
    assert_eq!(read("one/report.md"), one);
    for plot in ["roc", "calibration", "scores", "false-positives"] {
        let name = format!("{plot}.svg");
        assert_eq!(
            read(&format!("one/{name}")),
            read(&format!("two/{name}")),
            "{name}"
        );
    }
    let json = |path: &str| {
        let mut report: Value = serde_json::from_str(&read(path)).unwrap();
        assert!(report.as_object_mut().unwrap().remove("timing").is_some());
        report
    };
    assert_eq!(json("one/report.json"), json("two/report.json"));
    assert_eq!(json("one/report.json")["seed"], 7);
}

#[test]
fn without_anything_to_evaluate_it_says_so() {
    let folder = Folder::new("nothing");
    let nothing = evaluate(&folder.0, &[]);
    assert_eq!(nothing.status.code(), Some(64));
    let missing = evaluate(&folder.0, &["missing"]);
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(
        said.contains("missing: No such file or directory"),
        "{said}"
    );
    assert!(said.contains("there is nothing to evaluate"), "{said}");
    assert!(!folder.0.join("evaluation-report").exists());
}

#[test]
fn a_missing_folder_does_not_stop_the_others_but_fails_the_run() {
    let folder = Folder::new("partly");
    let line = generators::Generator::new(3, generators::Mix::only(generators::Kind::MouseUser))
        .session(0)
        .to_line();
    std::fs::write(folder.0.join("people.jsonl"), format!("{line}\n{{\n")).unwrap();
    let output = evaluate(&folder.0, &["people.jsonl", "missing"]);
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("| people.jsonl | 1 |"), "{printed}");
    assert!(
        printed.contains("people.jsonl:2: not a recorded session"),
        "{printed}"
    );
    assert!(folder.0.join("evaluation-report/report.json").exists());
}
