//! Files that an operator writes, TOML or JSON: read whole, with mistakes named by file and line.

use std::fmt::Display;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use serde::de::DeserializeOwned;

/// Largest file: a description with every threshold has a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// A file's name and text.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or is no UTF-8.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let about = std::fs::metadata(path).with_context(|| format!("cannot read {name}"))?;
        ensure!(
            about.len() <= MAX_BYTES,
            "{name} has {} bytes; there may be {MAX_BYTES}",
            about.len()
        );
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self { name, text })
    }

    /// What the file says: JSON when it begins as an object, else TOML.
    ///
    /// # Errors
    /// `FILE:LINE: why`.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        if self.text.trim_start().starts_with('{') {
            return serde_json::from_str(&self.text)
                .map_err(|error| self.at(Some(error.line()), error));
        }
        toml::from_str(&self.text).map_err(|error| {
            let line = error.span().map(|span| self.line_at(span.start));
            self.at(line, error.message())
        })
    }

    /// A mistake in the member `name`, with the first line that says something of it.
    pub(crate) fn problem(&self, name: &str, why: impl Display) -> anyhow::Error {
        self.at(self.line_of(name), why)
    }

    fn at(&self, line: Option<usize>, why: impl Display) -> anyhow::Error {
        match line {
            Some(line) => anyhow!("{}:{line}: {why}", self.name),
            None => anyhow!("{}: {why}", self.name),
        }
    }

    fn line_at(&self, byte: usize) -> usize {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        before.matches('\n').count() + 1
    }

    /// The line where a member of that name begins, however it is quoted.
    fn line_of(&self, name: &str) -> Option<usize> {
        let is_it = |line: &str| {
            line.match_indices(name).any(|(at, _)| {
                let before = line[..at].trim_end().chars().last();
                let after = line[at + name.len()..].trim_start_matches(['"', '\'']);
                let begins = before.is_none_or(|c| matches!(c, '"' | '\'' | '{' | ',' | '.'));
                begins && after.trim_start().starts_with(['=', ':'])
            })
        };
        let found = self.text.lines().position(is_it);
        found.map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};

    fn source(text: &str) -> Source {
        Source {
            name: "rules".to_owned(),
            text: text.to_owned(),
        }
    }

    fn refused(text: &str) -> String {
        let parsed = source(text).parse::<Map<String, Value>>();
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = source("version = \"a\"\n[thresholds]\nbot_score = 0.5\n");
        let json = source(" {\"version\": \"a\", \"thresholds\": {\"bot_score\": 0.5}}");
        let read = |source: &Source| source.parse::<Map<String, Value>>().unwrap();
        assert_eq!(read(&toml), read(&json));
    }

    #[test]
    fn a_mistake_is_named_by_file_and_line() {
        assert!(refused("a = 1\nb = \n").starts_with("rules:2: "));
        assert!(refused("{\"a\": 1,\n\n \"b\": }").starts_with("rules:3: "));
        let toml = source("# bot_score decides\n[thresholds]\n  bot_score = 2\n");
        let problem = toml.problem("bot_score", "too much").to_string();
        assert_eq!(problem, "rules:3: too much");
        let json = source("{\"thresholds\": {\n\"min_bot_score\": 1,\n\"bot_score\" : 2}}");
        let problem = json.problem("bot_score", "too much").to_string();
        assert_eq!(problem, "rules:3: too much");
        assert_eq!(json.problem("x", "absent").to_string(), "rules: absent");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let missing = Source::read(Path::new("/nonexistent/rules.toml")).unwrap_err();
        assert!(format!("{missing:#}").starts_with("cannot read /nonexistent/rules.toml"));
    }
}
