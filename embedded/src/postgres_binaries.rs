//! Finding a PostgreSQL server, or fetching one.
//!
//! Order: a folder given by the caller, `PG_BIN_DIR`, `/usr/lib/postgresql/*/bin` (the version of the data if there
//! are data, else the newest), `PATH`, the Maven artefact. Never installs a package.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::Entry;
use crate::child::Account;
use crate::environment::{folder_in_path, holds, variable};
use crate::error::EmbeddedError;
use crate::output::run;
use crate::postgres_account::{can_enter, substitute_for};

const PROGRAMS: [&str; 2] = ["postgres", "initdb"];

/// Debian's place for server binaries, one folder per major version.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A folder with a PostgreSQL server in it.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

/// What to look for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// Folder named by the caller.
    pub(crate) given: Option<&'a Path>,
    /// Major version of existing data.
    pub(crate) major: Option<u32>,
    /// Who will run the server.
    pub(crate) account: Option<Account>,
    /// Where a fetched server is kept.
    pub(crate) cache: &'a Path,
}

impl Binaries {
    /// Finds or fetches a server.
    ///
    /// # Errors
    /// [`EmbeddedError::BadPostgresFolder`], [`EmbeddedError::NoPostgres`].
    pub(crate) fn find(wanted: &Wanted<'_>) -> Result<Self, EmbeddedError> {
        let folder = match given_folder(wanted)? {
            Some(folder) => folder,
            None => installed_folder(wanted.major)
                .map_or_else(|| fetch_for(wanted.account, wanted.cache), Ok)?,
        };
        let major = major_of(&folder)?;
        Ok(Self { folder, major })
    }
}

fn given_folder(wanted: &Wanted<'_>) -> Result<Option<PathBuf>, EmbeddedError> {
    let given = wanted.given.map(PathBuf::from);
    let Some(path) = given.or_else(|| variable("PG_BIN_DIR").map(PathBuf::from)) else {
        return Ok(None);
    };
    if holds(&path, &PROGRAMS) {
        return Ok(Some(path));
    }
    Err(EmbeddedError::BadPostgresFolder { path })
}

fn installed_folder(wanted_major: Option<u32>) -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(DEBIAN_FOLDER)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .map(|(major, path): (u32, PathBuf)| (major, path.join("bin")))
        .filter(|(_, path)| holds(path, &PROGRAMS))
        .collect();
    versions.sort_unstable_by_key(|(major, _)| (Some(*major) == wanted_major, *major));
    versions
        .pop()
        .map(|(_, path)| path)
        .or_else(|| folder_in_path(&PROGRAMS))
}

fn major_of(folder: &Path) -> Result<u32, EmbeddedError> {
    let step = "asking PostgreSQL for its version";
    let text = run(step, Command::new(folder.join("postgres")).arg("--version"))?;
    let version = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let digits = version
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit())
        .next();
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| EmbeddedError::StepFailed {
            step,
            status: "no version in its output".to_owned(),
            output: text.clone(),
        })
}

fn fetch_for(account: Option<Account>, cache: &Path) -> Result<PathBuf, EmbeddedError> {
    let no_postgres = |error: EmbeddedError| EmbeddedError::NoPostgres {
        fetch: error.to_string(),
    };
    std::fs::create_dir_all(cache).map_err(EmbeddedError::file("create", cache))?;
    if can_enter(account, cache) {
        return fetch_postgres_binaries(cache).map_err(no_postgres);
    }
    let substitute = substitute_for(cache)?;
    tracing::info!(cache = %substitute.display(), "server binaries go where their account can reach");
    fetch_postgres_binaries(&substitute).map_err(no_postgres)
}

/// Fetches PostgreSQL server binaries into `cache` with Maven and returns the folder that holds `postgres`.
///
/// The start does this by itself where no server is installed; call it to prepare a machine that will be offline.
///
/// # Errors
/// [`EmbeddedError::ProgramMissing`] without Maven or tar, [`EmbeddedError::StepFailed`] when one of them fails.
pub fn fetch_postgres_binaries(cache: &Path) -> Result<PathBuf, EmbeddedError> {
    let platform = match std::env::consts::ARCH {
        "aarch64" => "linux-arm64v8",
        _ => "linux-amd64",
    };
    let entry = Entry {
        pom: include_str!("../postgres/pom.xml"),
        name: "postgres",
        goal: "dependency:unpack-dependencies",
        arguments: vec![format!("-Dpostgres.platform={platform}")],
        finish: unpack_archive,
    };
    Ok(entry.provide(cache)?.join("bin"))
}

/// The artefact is a zip that holds one xz-compressed tar.
fn unpack_archive(folder: &Path) -> Result<(), EmbeddedError> {
    let entries = std::fs::read_dir(folder).map_err(EmbeddedError::file("read", folder))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "txz") {
            let mut tar = Command::new("tar");
            tar.args(["--no-same-owner", "-xJf"])
                .arg(&path)
                .arg("-C")
                .arg(folder);
            run("unpacking the PostgreSQL binaries", &mut tar)?;
            std::fs::remove_file(&path).map_err(EmbeddedError::file("remove", path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_given_folder_without_a_server_is_refused_by_name() {
        let folder = Folder::new();
        let wanted = Wanted {
            given: Some(folder.path()),
            major: None,
            account: None,
            cache: folder.path(),
        };
        let error = Binaries::find(&wanted).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
    }
}
