//! The variables of the process environment that name tools and folders.
//!
//! Service settings are read by `runtime` only. What is read here describes the machine (where Java, PostgreSQL and
//! the cache are), is needed by tests and benches that have no service configuration, and holds no secret.

use std::path::{Path, PathBuf};

use crate::error::EmbeddedError;

/// A variable, or `None` when it is unset or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "names of tools and folders of this machine, not service settings"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The cache folder: `$CANDOR_CACHE_DIR`, else `$XDG_CACHE_HOME/candor`, else `~/.cache/candor`.
///
/// # Errors
/// [`EmbeddedError::NoCacheFolder`] when none of the variables is set.
pub fn cache_folder() -> Result<PathBuf, EmbeddedError> {
    cache_folder_from(variable)
}

fn cache_folder_from(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, EmbeddedError> {
    let below = |name: &str, rest: &str| variable(name).map(|base| Path::new(&base).join(rest));
    variable("CANDOR_CACHE_DIR")
        .map(PathBuf::from)
        .or_else(|| below("XDG_CACHE_HOME", "candor"))
        .or_else(|| below("HOME", ".cache/candor"))
        .ok_or(EmbeddedError::NoCacheFolder)
}

/// First folder of `PATH` in which all `programs` exist.
pub(crate) fn folder_in_path(programs: &[&str]) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path).find(|folder| holds(folder, programs))
}

/// Whether `folder` holds all `programs`.
pub(crate) fn holds(folder: &Path, programs: &[&str]) -> bool {
    programs
        .iter()
        .all(|program| folder.join(program).is_file())
}

/// The path of one program of `PATH`.
///
/// # Errors
/// [`EmbeddedError::ProgramMissing`] with `advice` when it is not there.
pub(crate) fn program(name: &str, advice: &'static str) -> Result<PathBuf, EmbeddedError> {
    folder_in_path(&[name])
        .map(|folder| folder.join(name))
        .ok_or_else(|| EmbeddedError::ProgramMissing {
            program: name.to_owned(),
            advice,
        })
}

/// The Java launcher: `$JAVA_HOME/bin/java`, else `java` of `PATH`.
///
/// # Errors
/// [`EmbeddedError::ProgramMissing`] when there is none.
pub(crate) fn java() -> Result<PathBuf, EmbeddedError> {
    let below_home = variable("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    match below_home.filter(|java| java.is_file()) {
        Some(java) => Ok(java),
        None => program(
            "java",
            "Kafka needs Java 17 or newer: install the Debian package `openjdk-17-jre-headless`, \
             or set CANDOR_KAFKA_BROKERS to a broker of your own",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        cache_folder_from(lookup).ok()
    }

    #[test]
    fn the_cache_folder_follows_the_most_specific_variable() {
        let home = ("HOME", "/home/a");
        let xdg = ("XDG_CACHE_HOME", "/cache");
        let own = ("CANDOR_CACHE_DIR", "/own");
        assert_eq!(cache_with(&[home, xdg, own]), Some(PathBuf::from("/own")));
        assert_eq!(
            cache_with(&[home, xdg]),
            Some(PathBuf::from("/cache/candor"))
        );
        assert_eq!(
            cache_with(&[home]),
            Some(PathBuf::from("/home/a/.cache/candor"))
        );
        assert_eq!(cache_with(&[]), None);
    }

    #[test]
    fn a_missing_program_is_named_with_the_advice() {
        let error = program("no-such-program-anywhere", "install it")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no-such-program-anywhere") && error.contains("install it"),
            "{error}"
        );
    }
}
