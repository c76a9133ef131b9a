//! Running a program to its end, and reading the end of a log.

use std::path::Path;
use std::process::{Command, Output};

use crate::error::EmbeddedError;

/// Lines of a log that an error carries.
const TAIL_LINES: usize = 20;

/// Bytes read from the end of a log to find those lines.
const TAIL_BYTES: usize = 16 * 1024;

/// Runs `command` to its end and returns its standard output.
///
/// # Errors
/// [`EmbeddedError::Spawn`], or [`EmbeddedError::StepFailed`] with the end of both outputs.
pub(crate) fn run(step: &'static str, command: &mut Command) -> Result<String, EmbeddedError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|source| EmbeddedError::Spawn { program, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(step, &output))
}

fn failed(step: &'static str, output: &Output) -> EmbeddedError {
    let mut text = output.stdout.clone();
    text.extend_from_slice(&output.stderr);
    EmbeddedError::StepFailed {
        step,
        status: output.status.to_string(),
        output: tail(&text),
    }
}

/// Last lines of a log file; a sentence when it cannot be read.
pub(crate) fn tail_of(log: &Path) -> String {
    match std::fs::read(log) {
        Ok(text) => tail(&text),
        Err(error) => format!("(unreadable: {error})"),
    }
}

fn tail(text: &[u8]) -> String {
    let start = text.len().saturating_sub(TAIL_BYTES);
    let end = String::from_utf8_lossy(&text[start..]);
    let lines: Vec<&str> = end.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_carries_the_last_twenty_lines() {
        let script = "for i in $(seq 1 50); do echo line $i; done; echo broken >&2; exit 3";
        let error = run("a script", Command::new("sh").args(["-c", script])).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.ends_with("line 50\nbroken"), "{sentence}");
        assert!(
            sentence.contains("line 32") && !sentence.contains("line 31"),
            "{sentence}"
        );
    }
}
