//! Where a target spends its time: `perf record` beside a measurement.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use super::Once;
use super::target::Running;

/// A recording in progress.
#[derive(Debug)]
pub(crate) struct Profile {
    child: Child,
    file: PathBuf,
}

/// Records the target for the counted seconds.
pub(crate) fn start(folder: &Path, running: &Running, once: &Once<'_>) -> anyhow::Result<Profile> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{}-{}.data", running.target, once.connections));
    let processes: Vec<String> = running.processes.iter().map(u32::to_string).collect();
    let child = Command::new("perf")
        // Not a divisor of anything periodic. Without call graphs: no frame pointers are kept, and copies
        // of stacks cost so much that the profile would be one of them.
        .args(["record", "-q", "-F", "997", "-e", "cpu-clock"])
        .arg("-o")
        .arg(&file)
        .args(["-p", &processes.join(","), "--", "sleep"])
        .arg(once.counted.as_secs_f64().to_string())
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
