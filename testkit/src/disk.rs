//! A small disk that can be filled and given space back.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::TestFolder;
use crate::outcome::OrFail;

/// Name of the mount point in its folder.
const MOUNT: &str = "disk";
const BALLAST: &str = "ballast";

/// A file system of its own in memory, gone with this value. Mounting needs root.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TestFolder,
}

impl SmallDisk {
    /// A disk of so many bytes.
    ///
    /// # Panics
    /// With what the system said when it cannot be mounted.
    pub fn new(bytes: u64) -> Self {
        let folder = TestFolder::new();
        let disk = Self { folder };
        let path = disk.path();
        std::fs::create_dir(&path).or_fail("making the mount point of a small disk");
        let options = format!("size={bytes},mode=0755");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "candor-test"])
            .arg(&path)
            .output()
            .or_fail("running mount");
        assert!(
            output.status.success(),
            "a small disk cannot be mounted, which needs root: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        disk
    }

    /// Its root.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(MOUNT)
    }

    /// Takes all space that is left.
    ///
    /// # Panics
    /// When it cannot be written at all.
    pub fn fill(&self) {
        let path = self.path().join(BALLAST);
        let file = OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.or_fail("opening the ballast");
        for block in [1 << 20, 1 << 12] {
            fill_with(&mut file, block);
        }
    }

    /// Gives back what [`Self::fill`] took.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn free(&self) {
        std::fs::remove_file(self.path().join(BALLAST)).or_fail("removing the ballast");
    }
}

fn fill_with(file: &mut File, block: usize) {
    let zeros = vec![0; block];
    loop {
        match file.write_all(&zeros) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return,
            Err(error) => Err(error).or_fail("filling a small disk"),
        }
    }
}

/// Takes away the disk in a test's folder, if there is one, whoever still uses it.
pub(crate) fn unmount(folder: &Path) {
    let path = folder.join(MOUNT);
    if path.exists() {
        // What is not mounted, or not ours to unmount, stays as it is.
        drop(Command::new("umount").arg("-l").arg(path).output());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(self.folder.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_disk_takes_nothing_until_it_is_freed() {
        let disk = SmallDisk::new(4 << 20);
        let write = || std::fs::write(disk.path().join("file"), [1; 9000]);
        write().unwrap();
        std::fs::remove_file(disk.path().join("file")).unwrap();
        disk.fill();
        assert_eq!(write().unwrap_err().kind(), ErrorKind::StorageFull);
        disk.free();
        write().unwrap();
        let path = disk.path();
        drop(disk);
        assert!(!path.exists());
    }
}
