//! `candor train` on sessions that the project's own generators make, and `candor evaluate` with what it learned.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::path::PathBuf;
use std::process::{Command, Output};

use generators::{Generator, Kind, Mix};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    /// A folder with some people and some bots; `licence` is a member of their lines, with its comma.
    fn with_sessions(name: &str, licence: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("candor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let line = |kind, index| {
            let line = Generator::new(8, Mix::only(kind)).session(index).to_line();
            line.replacen('{', &format!("{{{licence}\"user\":\"{index}\","), 1) + "\n"
        };
        let people = (0..6).map(|index| line(Kind::MouseUser, index));
        let bots = [Kind::MinimumJerk, Kind::LinearSteps];
        let bots = bots
            .into_iter()
            .flat_map(|kind| (0..3).map(move |index| line(kind, index)));
        let lines: String = people.chain(bots).collect();
        std::fs::write(folder.join("sessions.jsonl"), lines).unwrap();
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_candor"))
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .unwrap()
    }
}

#[test]
fn a_model_is_the_same_from_run_to_run_and_evaluate_takes_it() {
    let folder = Folder::with_sessions("train", "\"licence\":\"MIT\",");
    for out in ["one.json", "two.json"] {
        let output = folder.run(&[
            "train",
            ".",
            "--augment",
            "--version",
            "trees-9",
            "--out",
            out,
        ]);
        assert!(output.status.success(), "{output:?}");
    }
    let read = |name: &str| std::fs::read(folder.0.join(name)).unwrap();
    assert_eq!(read("one.json"), read("two.json"));
    let arguments = [
        "evaluate",
        ".",
        "--model",
        "one.json",
        "--matrix",
        "matrix.csv",
        "--no-learning",
    ];
    let output = folder.run(&arguments);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("model `trees-9`"), "{printed}");
    let matrix = String::from_utf8(read("matrix.csv")).unwrap();
    assert_eq!(matrix.lines().count(), 1 + 12);
}

#[test]
fn recordings_without_a_licence_that_allows_it_teach_nothing() {
    let folder = Folder::with_sessions("refused", "\"licence\":\"GPL-3\",");
    let output = folder.run(&["train", ".", "--out", "model.json"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("12 sessions left aside"), "{said}");
    assert!(said.contains("the GPL would bind"), "{said}");
    assert!(said.contains("nothing was learned"), "{said}");
    assert!(!folder.0.join("model.json").exists());
}
