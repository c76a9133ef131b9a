//! What a process and its descendants have used, from the kernel's account.

use std::collections::HashMap;

use anyhow::Context;

/// Clock ticks a second in `/proc`; fixed for programs since Linux 2.6.
const TICKS: f64 = 100.0;

/// Memory of a process tree in bytes. Pages shared between processes count for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    pub(crate) peak: u64,
}

/// The process `root` and all its descendants.
pub(crate) fn tree(root: u32) -> anyhow::Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let Ok(id) = name.parse::<u32>() else {
            continue;
        };
        // A process may end while the list is read.
        if let Ok(fields) = stat(id)
            && let Some(parent) = fields.get(1).and_then(|field| field.parse().ok())
        {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        found.extend(children.remove(id).unwrap_or_default());
        next += 1;
    }
    Ok(found)
}

/// CPU time of the processes so far, user and system, seconds.
pub(crate) fn cpu_seconds(processes: &[u32]) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for id in processes {
        let fields = stat(*id)?;
        let times = fields.get(11..13).context("a process line has times")?;
        ticks += times
            .iter()
            .filter_map(|field| field.parse::<u64>().ok())
            .sum::<u64>();
    }
    #[expect(clippy::cast_precision_loss, reason = "a bench does not run for ages")]
    let seconds = ticks as f64 / TICKS;
    Ok(seconds)
}

/// CPU time of the process `root`, of its descendants, and of those that have ended and were waited for, seconds.
pub(crate) fn cpu_seconds_of_tree(root: u32) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for id in tree(root)? {
        // A process may have ended since; its parent accounts for it then.
        let Ok(fields) = stat(id) else {
            continue;
        };
        let times = fields.get(11..15).context("a process line has times")?;
        let numbers = times.iter().filter_map(|field| field.parse::<u64>().ok());
        ticks += numbers.sum::<u64>();
    }
    #[expect(clippy::cast_precision_loss, reason = "a bench does not run for ages")]
    let seconds = ticks as f64 / TICKS;
    Ok(seconds)
}

/// Memory of the processes now, and its peak since the last [`forget_peak`].
pub(crate) fn memory(processes: &[u32]) -> anyhow::Result<Memory> {
    let mut sum = Memory::default();
    for id in processes {
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        sum.resident += kilobytes(&status, "VmRSS:") * 1024;
        sum.peak += kilobytes(&status, "VmHWM:") * 1024;
    }
    Ok(sum)
}

/// Lets the peak begin anew at what is resident now.
pub(crate) fn forget_peak(processes: &[u32]) -> anyhow::Result<()> {
    for id in processes {
        std::fs::write(format!("/proc/{id}/clear_refs"), "5")?;
    }
    Ok(())
}

/// The fields of the line in `/proc/ID/stat` from the state on.
fn stat(id: u32) -> anyhow::Result<Vec<String>> {
    let line = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name in brackets may hold spaces and brackets.
    let after = line.rsplit_once(')').context("a process line has a name")?;
    Ok(after.1.split_whitespace().map(str::to_owned).collect())
}

fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_of_the_tree_and_memory_is_counted() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let processes = tree(std::process::id()).unwrap();
        assert!(processes.contains(&child.id()), "{processes:?}");
        let of_both = memory(&processes).unwrap();
        let of_one = memory(&[child.id()]).unwrap();
        assert!(of_one.resident > 0 && of_one.peak >= of_one.resident);
        assert!(of_both.resident > of_one.resident);
        assert!(cpu_seconds(&processes).unwrap() < 600.0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
