//! Which account runs PostgreSQL, and which folders it can reach.
//!
//! PostgreSQL refuses root. As root the server therefore runs as `postgres` or `nobody`, whose data must lie where
//! that account can enter; a checkout below /root is no such place. Whether it can is found out by trying, because
//! modes, access lists and mount options all have a say.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::child::{Account, setpriv};
use crate::error::EmbeddedError;
use crate::output::run;

/// The account to drop to: `None` unless this process is root.
///
/// # Errors
/// [`EmbeddedError::NoAccount`] as root on a machine without `postgres` and `nobody`.
pub(crate) fn server_account() -> Result<Option<Account>, EmbeddedError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let account = ["postgres", "nobody"].into_iter().find_map(account_named);
    account.map(Some).ok_or(EmbeddedError::NoAccount)
}

fn account_named(name: &str) -> Option<Account> {
    let number = |option: &str| {
        let text = run(
            "looking up an account",
            Command::new("id").args([option, name]),
        )
        .ok()?;
        text.trim().parse::<u32>().ok()
    };
    Some(Account {
        user: number("-u")?,
        group: number("-g")?,
    })
}

/// Whether `account` can enter `folder`; always true without an account to drop to.
pub(crate) fn can_enter(account: Option<Account>, folder: &Path) -> bool {
    let Some(account) = account else { return true };
    let Ok(mut command) = setpriv(Some(account), None) else {
        return false;
    };
    // A relative program name and a working folder of its own keep the answer about `folder` only.
    command.args(["test", "-x"]).arg(folder).current_dir("/");
    run("trying a folder", &mut command).is_ok()
}

/// A folder below /var/tmp that stands for `original`, made if missing: everyone may enter, only we may write.
///
/// # Errors
/// [`EmbeddedError::ForeignFolder`] when somebody else made a thing of that name first.
pub(crate) fn substitute_for(original: &Path) -> Result<PathBuf, EmbeddedError> {
    let path = substitute_path(original);
    if let Err(error) = std::fs::create_dir(&path)
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(EmbeddedError::File {
            action: "create",
            path,
            source: error,
        });
    }
    let metadata = std::fs::symlink_metadata(&path).map_err(EmbeddedError::file("read", &path))?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if !ours || !metadata.is_dir() {
        return Err(EmbeddedError::ForeignFolder { path });
    }
    let mode = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(&path, mode).map_err(EmbeddedError::file("set the mode of", &path))?;
    Ok(path)
}

/// Where [`substitute_for`] puts the folder of `original`.
pub(crate) fn substitute_path(original: &Path) -> PathBuf {
    let digest = Sha256::digest(original.as_os_str().as_encoded_bytes());
    let name: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Path::new("/var/tmp").join(format!("candor-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_private_folder_cannot_be_entered_by_the_server_account() {
        let folder = Folder::new();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let account = server_account().unwrap();
        // Without root there is nobody to drop to, and our own folder is always ours to enter.
        assert_eq!(can_enter(account, folder.path()), account.is_none());
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        assert!(can_enter(account, folder.path()));
    }

    #[test]
    fn a_substitute_is_the_same_for_the_same_folder_only() {
        let first = substitute_path(Path::new("/root/a"));
        assert_eq!(first, substitute_path(Path::new("/root/a")));
        assert_ne!(first, substitute_path(Path::new("/root/b")));
        assert!(first.starts_with("/var/tmp"));
    }
}
