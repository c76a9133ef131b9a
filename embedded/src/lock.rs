//! Who may use a data folder: a lock for the living, a bounded wait for the dying.
//!
//! The lock is an advisory lock on an open file, so the kernel releases it the moment its owner dies and no stale
//! lock can exist. The servers of a killed owner need a few moments more to end; [`wait_until_unused`] recognises them
//! by their working folder, which needs no pid file and so cannot be fooled by a stale one or a reused id.
//!
//! Nothing here kills anything.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::child::POLL_INTERVAL;
use crate::error::EmbeddedError;

/// Process names that may be servers of ours; a person's shell in the same folder is none of them.
const SERVER_NAMES: [&str; 4] = ["java", "postgres", "initdb", "setpriv"];

/// How long a locked folder is tried again: an owner that was killed a moment ago still holds its files until the
/// kernel has taken it apart.
const LOCK_DEADLINE: Duration = Duration::from_secs(2);

/// Exclusive use of a folder, until dropped.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Name of the lock file; its presence also marks a folder as one of ours.
    pub(crate) const FILE: &'static str = "candor.lock";

    /// Locks `folder`, which must exist.
    ///
    /// # Errors
    /// [`EmbeddedError::Locked`] when another process (or another server of this one) holds it.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, EmbeddedError> {
        let path = folder.join(Self::FILE);
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(EmbeddedError::file("open", &path))?;
        let until = Instant::now() + LOCK_DEADLINE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(EmbeddedError::Locked {
                        path: folder.into(),
                    });
                }
                Err(TryLockError::Error(source)) => {
                    return Err(EmbeddedError::File {
                        action: "lock",
                        path,
                        source,
                    });
                }
            }
        }
    }
}

/// Waits until no server process works in `folder` any more.
///
/// # Errors
/// [`EmbeddedError::PreviousInstance`] when one is still there after `deadline`.
pub(crate) fn wait_until_unused(folder: &Path, deadline: Duration) -> Result<(), EmbeddedError> {
    let start = Instant::now();
    loop {
        let Some((pid, name)) = server_working_in(folder) else {
            return Ok(());
        };
        if start.elapsed() >= deadline {
            let path = PathBuf::from(folder);
            return Err(EmbeddedError::PreviousInstance {
                path,
                pid,
                name,
                waited: deadline,
            });
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn server_working_in(folder: &Path) -> Option<(u32, String)> {
    let folder = folder.canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?;
    for entry in processes.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // Unreadable means another user's process or one that has just ended.
        let Ok(working) = std::fs::read_link(entry.path().join("cwd")) else {
            continue;
        };
        if working != folder {
            continue;
        }
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if SERVER_NAMES.contains(&name.trim()) {
            return Some((pid, name.trim().to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_folder_is_locked_once_and_free_after_the_drop() {
        let folder = Folder::new();
        let first = FolderLock::acquire(folder.path()).unwrap();
        let error = FolderLock::acquire(folder.path()).unwrap_err();
        assert!(matches!(error, EmbeddedError::Locked { .. }), "{error}");
        drop(first);
        assert!(FolderLock::acquire(folder.path()).is_ok());
    }

    #[test]
    fn a_person_in_the_folder_is_no_previous_instance() {
        let folder = Folder::new();
        let mut shell = std::process::Command::new("sleep");
        let mut shell = shell.arg("60").current_dir(folder.path()).spawn().unwrap();
        assert!(wait_until_unused(folder.path(), Duration::ZERO).is_ok());
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}
