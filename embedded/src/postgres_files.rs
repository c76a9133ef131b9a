//! What one PostgreSQL server keeps on disk, and the making of it.
//!
//! In the server's folder: the password, the port, the log, and the data folder, unless the server's account cannot
//! enter there; then the data lie below /var/tmp and the file `location` says where. Data appear under their final
//! name only when initdb has finished.

use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Durability;
use crate::child::{Account, DeathSignal, setpriv};
use crate::error::EmbeddedError;
use crate::lock::wait_until_unused;
use crate::output::run;
use crate::postgres::PREVIOUS_DEADLINE;
use crate::postgres_account::{can_enter, substitute_for, substitute_path};
use crate::postgres_binaries::Binaries;

/// Name of the superuser and of the first database.
pub(crate) const SUPERUSER: &str = "candor";

/// A password; never printed.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Files of one server.
#[derive(Debug, Clone)]
pub(crate) struct PostgresFiles {
    folder: PathBuf,
    /// Folder that holds the data folder.
    home: PathBuf,
}

impl PostgresFiles {
    /// Decides where the data of the server in `folder` (an absolute path) lie.
    pub(crate) fn locate(folder: &Path, account: Option<Account>) -> Result<Self, EmbeddedError> {
        let here = Self {
            folder: folder.into(),
            home: folder.into(),
        };
        let note = here.location();
        if note.is_file() || !(here.is_initialised() || can_enter(account, folder)) {
            let substitute = substitute_path(folder);
            if !note.is_file() && substitute.exists() {
                // Left by a data folder of the same name that was deleted: its password is gone with it.
                remove_tree(&substitute_for(folder)?)?;
            }
            let home = substitute_for(folder)?;
            let text = home.display().to_string();
            std::fs::write(&note, text).map_err(EmbeddedError::file("write", note))?;
            tracing::info!(data = %home.display(), "PostgreSQL data lie where its account can reach");
            return Ok(Self { home, ..here });
        }
        Ok(here)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(crate) fn server_log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    pub(crate) fn ports(&self) -> PathBuf {
        self.folder.join("port")
    }

    fn location(&self) -> PathBuf {
        self.folder.join("location")
    }

    fn password(&self) -> PathBuf {
        self.folder.join("password")
    }

    pub(crate) fn is_initialised(&self) -> bool {
        self.data().join("PG_VERSION").is_file()
    }

    /// Major version that wrote the data, if there are data.
    pub(crate) fn data_major(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data().join("PG_VERSION")).ok()?;
        text.trim().split('.').next()?.parse().ok()
    }

    /// Who runs the server: the owner of the data if they were made by another account than `account`.
    pub(crate) fn owner(&self, account: Option<Account>) -> Option<Account> {
        let metadata = std::fs::metadata(self.data())
            .ok()
            .filter(|data| data.uid() != 0);
        let owner = metadata.map(|data| Account {
            user: data.uid(),
            group: data.gid(),
        });
        account.map(|account| owner.unwrap_or(account))
    }

    /// Removes the process id file of a server that is known to have ended: PostgreSQL would refuse to start if
    /// another process of the same user has that id by now.
    pub(crate) fn remove_stale_process_file(&self) {
        drop(std::fs::remove_file(self.data().join("postmaster.pid")));
    }

    /// Makes the data with `binaries` unless they are there, and returns the superuser's password.
    pub(crate) fn initialise_once(
        &self,
        binaries: &Binaries,
        account: Option<Account>,
        durability: Durability,
    ) -> Result<Password, EmbeddedError> {
        if self.is_initialised() {
            return self.read_password();
        }
        let unfinished = self.home.join("data.unfinished");
        wait_until_unused(&unfinished, PREVIOUS_DEADLINE)?;
        remove_tree(&unfinished)?;
        std::fs::create_dir(&unfinished).map_err(EmbeddedError::file("create", &unfinished))?;
        let password = Password(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
        write_private(&self.password(), &password, None)?;
        // initdb reads the password as the server's account, which must not read our file.
        let handed = self.home.join("password.handed");
        write_private(&handed, &password, account)?;
        give(&unfinished, account)?;
        let made = self.run_initdb(binaries, account, durability, &handed);
        drop(std::fs::remove_file(&handed));
        made?;
        let data = self.data();
        std::fs::rename(&unfinished, &data).map_err(EmbeddedError::file("rename", unfinished))?;
        Ok(password)
    }

    fn run_initdb(
        &self,
        binaries: &Binaries,
        account: Option<Account>,
        durability: Durability,
        password_file: &Path,
    ) -> Result<(), EmbeddedError> {
        let mut command = setpriv(account, Some(DeathSignal::Kill))?;
        command.arg(binaries.folder.join("initdb"));
        command.args([
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]);
        command.arg(format!("--username={SUPERUSER}"));
        command.arg(format!("--pwfile={}", password_file.display()));
        if durability == Durability::Disposable {
            command.arg("--no-sync");
        }
        command
            .arg("-D")
            .arg(self.home.join("data.unfinished"))
            .current_dir(&self.home);
        run("making the PostgreSQL data folder (initdb)", &mut command).map(drop)
    }

    fn read_password(&self) -> Result<Password, EmbeddedError> {
        let path = self.password();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Password(text)),
            Err(_) => Err(EmbeddedError::PasswordMissing { path }),
        }
    }
}

/// Removes what the server in `folder` keeps outside of it.
pub(crate) fn remove_outside(folder: &Path) -> Result<(), EmbeddedError> {
    if !folder.join("location").is_file() {
        return Ok(());
    }
    let substitute = substitute_for(folder)?;
    wait_until_unused(&substitute.join("data"), PREVIOUS_DEADLINE)?;
    remove_tree(&substitute)
}

fn remove_tree(path: &Path) -> Result<(), EmbeddedError> {
    if !path.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(path).map_err(EmbeddedError::file("remove", path))
}

/// Writes a file that only `account` (or we) may read.
fn write_private(
    path: &Path,
    password: &Password,
    account: Option<Account>,
) -> Result<(), EmbeddedError> {
    use std::io::Write;
    drop(std::fs::remove_file(path));
    let file = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path);
    let mut file = file.map_err(EmbeddedError::file("create", path))?;
    file.write_all(password.0.as_bytes())
        .map_err(EmbeddedError::file("write", path))?;
    give(path, account)
}

fn give(path: &Path, account: Option<Account>) -> Result<(), EmbeddedError> {
    let Some(Account { user, group }) = account else {
        return Ok(());
    };
    chown(path, Some(user), Some(group)).map_err(EmbeddedError::file("change the owner of", path))
}
