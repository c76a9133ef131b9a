//! Artefacts that are fetched once with Maven and shared by all projects of this user.
//!
//! An entry appears under its final name only when it is complete: it is made in a temporary folder beside it and
//! renamed. A file lock per entry keeps two processes from fetching the same twice; it is released by the kernel if
//! the fetching process dies, and what that process left behind is removed by the next one.
//!
//! Entries are never changed or removed: a running broker may have them open.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment;
use crate::error::EmbeddedError;
use crate::output::run;

const MAVEN_ADVICE: &str = "Kafka is fetched with Apache Maven: install the Debian package `maven`, \
                            or set CANDOR_KAFKA_BROKERS to a broker of your own";

/// An entry of the cache: a Maven project and the goal that fills a folder from it.
pub(crate) struct Entry {
    /// Text of the project file, which also gives the version.
    pub(crate) pom: &'static str,
    /// First part of the entry's name.
    pub(crate) name: &'static str,
    /// Goal of the dependency plugin.
    pub(crate) goal: &'static str,
    /// Further arguments.
    pub(crate) arguments: Vec<String>,
    /// What is still to be done in the filled folder.
    pub(crate) finish: fn(&Path) -> Result<(), EmbeddedError>,
}

impl Entry {
    /// The folder of this entry below `cache`, made first if it is not there.
    ///
    /// # Errors
    /// [`EmbeddedError::ProgramMissing`] without Maven, [`EmbeddedError::StepFailed`] when it fails (no network, for
    /// instance), [`EmbeddedError::File`] when the cache cannot be written.
    pub(crate) fn provide(&self, cache: &Path) -> Result<PathBuf, EmbeddedError> {
        let name = format!("{}-{}", self.name, version_of(self.pom));
        let target = cache.join(&name);
        if target.is_dir() {
            return Ok(target);
        }
        std::fs::create_dir_all(cache).map_err(EmbeddedError::file("create", cache))?;
        let _lock = lock(&cache.join(format!("{name}.lock")))?;
        if target.is_dir() {
            return Ok(target);
        }
        let unfinished = cache.join(format!("{name}.unfinished"));
        remove_if_there(&unfinished)?;
        tracing::info!(cache.entry = %name, "fetching with maven, once");
        self.fill(&unfinished)?;
        std::fs::rename(&unfinished, &target)
            .map_err(EmbeddedError::file("rename", &unfinished))?;
        Ok(target)
    }

    fn fill(&self, folder: &Path) -> Result<(), EmbeddedError> {
        let maven = environment::program("mvn", MAVEN_ADVICE)?;
        std::fs::create_dir_all(folder).map_err(EmbeddedError::file("create", folder))?;
        let pom = folder.join("pom.xml");
        std::fs::write(&pom, self.pom).map_err(EmbeddedError::file("write", &pom))?;
        let mut command = Command::new(maven);
        command
            .args(["-q", "-B", "-f"])
            .arg(&pom)
            .arg(self.goal)
            .args(&self.arguments);
        command.arg(format!("-DoutputDirectory={}", folder.display()));
        run("fetching with maven", &mut command)?;
        (self.finish)(folder)
    }
}

fn lock(path: &Path) -> Result<File, EmbeddedError> {
    let file = File::options().create(true).append(true).open(path);
    let file = file.map_err(EmbeddedError::file("open", path))?;
    file.lock().map_err(EmbeddedError::file("lock", path))?;
    Ok(file)
}

fn remove_if_there(folder: &Path) -> Result<(), EmbeddedError> {
    if !folder.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(folder).map_err(EmbeddedError::file("remove", folder))
}

/// The project's own version: the first `<version>` element, which precedes the dependencies.
fn version_of(pom: &'static str) -> &'static str {
    let after = pom.split_once("<version>").map_or("", |(_, after)| after);
    after
        .split_once("</version>")
        .map_or("unknown", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(pom: &'static str, name: &str) -> &'static str {
        let after = pom.split_once(&format!("<{name}>")).unwrap().1;
        after.split_once("</").unwrap().0
    }

    #[test]
    fn the_cache_entry_is_named_after_the_artefacts_version() {
        let kafka = include_str!("../kafka/pom.xml");
        assert!(version_of(kafka).starts_with(property(kafka, "kafka.version")));
        let postgres = include_str!("../postgres/pom.xml");
        assert!(version_of(postgres).starts_with(property(postgres, "postgres.version")));
    }
}
