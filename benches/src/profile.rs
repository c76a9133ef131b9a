//! Where a target spends its time: `perf record` beside a measurement.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

/// A recording in progress.
#[derive(Debug)]
pub(crate) struct Profile {
    child: Child,
    file: PathBuf,
}

/// Records the named processes for `time`.
pub(crate) fn start(
    folder: &Path,
    (name, processes): (&str, &[u32]),
    time: Duration,
) -> anyhow::Result<Profile> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{name}.data"));
    let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
    let child = Command::new("perf")
        // Not a divisor of anything periodic. Without call graphs: no frame pointers are kept, and copies
        // of stacks cost so much that the profile would be one of them.
        .args(["record", "-q", "-F", "997", "-e", "cpu-clock"])
        .arg("-o")
        .arg(&file)
        .args(["-p", &processes.join(","), "--", "sleep"])
        .arg(time.as_secs_f64().to_string())
        .stdout(Stdio::null())
        .spawn()
        .context("perf cannot be run; install the Debian package `linux-perf`")?;
    Ok(Profile { child, file })
}

impl Profile {
    /// Waits for the end and says how to read it.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "perf ended with {status}");
        let file = self.file.display();
        eprintln!("perf report --percent-limit 0.5 --sort symbol --stdio -i {file}");
        Ok(())
    }
}
