//! A workspace binary as a child process of a test.
//!
//! It sees only the `CANDOR_*` variables that the test gives it, writes both outputs to one file, and ends with the
//! test process, however that ends.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use embedded::{OwnedChild, Signal};

use crate::folder::TestFolder;
use crate::outcome::OrFail;
use crate::wait::wait_until;

/// Bytes of the output that a panic shows.
const SHOWN_BYTES: usize = 4_000;

/// A running binary, killed on drop.
#[derive(Debug)]
pub struct ChildProcess {
    child: OwnedChild,
    output: PathBuf,
    // After the child, so that the folder is removed when nothing writes there any more.
    _folder: TestFolder,
}

impl ChildProcess {
    /// Starts `binary` with `arguments` and `variables`, in a temporary folder of its own.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(
        binary: impl AsRef<Path>,
        arguments: &[&str],
        variables: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    ) -> Self {
        let folder = TestFolder::new();
        let output = folder.path().join("output");
        let what = format!("starting {}", binary.as_ref().display());
        let mut command = OwnedChild::command(binary.as_ref()).or_fail(&what);
        command.args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CANDOR_") {
                command.env_remove(name);
            }
        }
        for (name, value) in variables {
            command.env(name.as_ref(), value.as_ref());
        }
        let child = OwnedChild::spawn(command, folder.path(), &output).or_fail(&what);
        Self {
            child,
            output,
            _folder: folder,
        }
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far, both outputs together.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits for a complete line that contains `pattern` and returns the first one.
    ///
    /// # Panics
    /// With the end of the output, at the deadline or when the process ends before.
    pub async fn wait_for_line(&mut self, pattern: &str, deadline: Duration) -> String {
        let what = format!("line with {pattern:?}");
        let looked = wait_until(&what, deadline, async || {
            // Asked before reading: what a process printed before it ended must count.
            let status = self.exit_status();
            let output = self.output();
            let complete = output.rfind('\n').map_or("", |end| &output[..end]);
            if let Some(line) = complete.lines().find(|line| line.contains(pattern)) {
                return Ok(Ok(line.to_owned()));
            }
            let shown = end_of(&output);
            status.map_or(Err(shown.clone()), |status| Ok(Err((status, shown))))
        });
        match looked.await {
            Ok(line) => line,
            Err((status, shown)) => panic!("no {what}, but {status}; output:\n{shown}"),
        }
    }

    /// How it ended, or `None` while it runs.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.exit_status()
    }

    /// Kills it and waits until it is gone.
    pub fn kill9(&mut self) {
        self.child.kill();
    }

    /// Asks it to end (SIGTERM) and returns how it did.
    ///
    /// # Panics
    /// With the end of the output when it has not ended at the deadline.
    pub async fn terminate(&mut self, deadline: Duration) -> ExitStatus {
        self.child.signal(Signal::TERM);
        self.wait_for_exit(deadline).await
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// With the end of the output when it has not ended at the deadline.
    pub async fn wait_for_exit(&mut self, deadline: Duration) -> ExitStatus {
        wait_until("exit", deadline, async || {
            self.exit_status().ok_or_else(|| end_of(&self.output()))
        })
        .await
    }

    /// Freezes it (SIGSTOP), as a long pause of its machine would.
    pub fn freeze(&mut self) {
        self.child.signal(Signal::STOP);
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&mut self) {
        self.child.signal(Signal::CONT);
    }
}

fn end_of(output: &str) -> String {
    let mut start = output.len().saturating_sub(SHOWN_BYTES);
    while !output.is_char_boundary(start) {
        start += 1;
    }
    output[start..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);
    const NO_VARIABLES: [(&str, &str); 0] = [];

    #[tokio::test]
    async fn a_process_prints_gets_its_variables_and_ends_when_asked() {
        let script = r#"trap 'exit 7' TERM; echo "ready on $CANDOR_LISTEN" >&2; while :; do sleep 0.05; done"#;
        let variables = [("CANDOR_LISTEN", "127.0.0.1:1")];
        let mut process = ChildProcess::spawn("/bin/sh", &["-c", script], variables);
        let line = process.wait_for_line("ready", DEADLINE).await;
        assert_eq!(line, "ready on 127.0.0.1:1");
        assert_eq!(process.terminate(DEADLINE).await.code(), Some(7));
    }

    #[tokio::test]
    #[should_panic(expected = "cannot open the door")]
    async fn a_process_that_ends_early_shows_its_output() {
        let script = "echo cannot open the door; exit 1";
        let mut process = ChildProcess::spawn("/bin/sh", &["-c", script], NO_VARIABLES);
        process.wait_for_line("ready", DEADLINE).await;
    }

    #[tokio::test]
    async fn a_dropped_process_is_gone() {
        let mut process = ChildProcess::spawn("/bin/sleep", &["300"], NO_VARIABLES);
        assert!(process.exit_status().is_none());
        let entry = Path::new("/proc").join(process.id().to_string());
        assert!(entry.exists());
        drop(process);
        assert!(!entry.exists());
    }
}
