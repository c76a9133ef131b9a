//! Temporary folders that do not pile up.
//!
//! A folder is removed when it is dropped. Shared servers live in statics, which are never dropped: their folders are
//! left behind, and removed by the next test process, which finds the process id in their name dead. A folder of a
//! living process is never touched.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::outcome::OrFail;

const NAME: &str = "candor-test-";

/// A folder of this process below the system's temporary one, removed on drop.
#[derive(Debug)]
pub struct TestFolder {
    path: PathBuf,
}

impl TestFolder {
    /// A new, empty folder.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(
        clippy::new_without_default,
        reason = "a folder appears on disk; that is no default value"
    )]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        static REMOVED_STALE: Once = Once::new();
        let parent = std::env::temp_dir();
        REMOVED_STALE.call_once(|| remove_stale(&parent));
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{NAME}{}-{number}", std::process::id()));
        // Left by an earlier process of the same id.
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).or_fail("cannot make a temporary folder");
        Self { path }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}

fn remove_stale(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(NAME)) else {
            continue;
        };
        let process = rest
            .split('-')
            .next()
            .and_then(|digits| digits.parse::<u32>().ok());
        if process.is_some_and(|process| !is_alive(process)) {
            crate::disk::unmount(&entry.path());
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_processes_are_removed_and_those_of_the_living_stay() {
        let parent = TestFolder::new();
        let mut process = std::process::Command::new("true").spawn().unwrap();
        let dead = process.id();
        process.wait().unwrap();
        let stale = parent.path().join(format!("{NAME}{dead}-0"));
        let living = parent
            .path()
            .join(format!("{NAME}{}-0", std::process::id()));
        let other = parent.path().join("something-else");
        for folder in [&stale, &living, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        remove_stale(parent.path());
        assert!(!stale.exists());
        assert!(living.exists() && other.exists());
    }
}
