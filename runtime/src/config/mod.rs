//! Settings: `CANDOR_*` environment variables over an optional TOML file, read once.
//!
//! Every setting `NAME` has three places, first found wins: the variable `CANDOR_NAME`; the file that
//! `CANDOR_NAME_FILE` names (its content without the final line break: for secrets); the TOML file that
//! `CANDOR_CONFIG` names, where `[kafka] brokers = ".."` and `kafka_brokers = ".."` are both
//! `KAFKA_BROKERS`. All bad settings are reported at once. Secrets print as `***`.

mod setting;

use std::collections::BTreeMap;
use std::fmt;

pub use setting::{Millis, Seconds, Secret, Setting};

/// What every variable starts with.
pub const PREFIX: &str = "CANDOR_";

/// Every problem of the settings, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigErrors(pub Vec<String>);

/// A group of settings that reads itself.
pub trait Config: Sized {
    /// Reads every setting of the group; problems are noted in the reader.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// One row of `--help`.
#[derive(Debug, Clone)]
struct Documented {
    name: String,
    default: String,
    help: &'static str,
}

type Lookup<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// Reads settings one by one, notes problems, and remembers what it was asked for.
pub struct Reader<'a> {
    lookup: Lookup<'a>,
    problems: Vec<String>,
    documented: Vec<Documented>,
    effective: Vec<(String, String)>,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// A reader over `lookup`, which is asked for full variable names (`CANDOR_…`).
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self {
            lookup: Box::new(lookup),
            problems: Vec::new(),
            documented: Vec::new(),
            effective: Vec::new(),
        }
    }

    /// A setting with a default, given as it would be written.
    pub fn or<T: Setting>(&mut self, name: &str, default: &str, help: &'static str) -> T {
        self.document(name, default, help);
        let given = self.find::<T>(name);
        let parsed = given.map(|text| T::parse(&text));
        match parsed {
            Some(Ok(value)) => value,
            Some(Err(problem)) => {
                self.problem(format!("{PREFIX}{name} {problem}"));
                Self::default_value(name, default)
            }
            None => Self::default_value(name, default),
        }
    }

    #[expect(
        clippy::panic,
        reason = "a default that does not parse is a bug every start would show"
    )]
    fn default_value<T: Setting>(name: &str, default: &str) -> T {
        T::parse(default).unwrap_or_else(|problem| panic!("default of {name} {problem}"))
    }

    /// A setting that may be absent.
    pub fn optional<T: Setting>(&mut self, name: &str, help: &'static str) -> Option<T> {
        self.document(name, "", help);
        let text = self.find::<T>(name)?;
        T::parse(&text)
            .map_err(|problem| self.problem(format!("{PREFIX}{name} {problem}")))
            .ok()
    }

    /// A setting without which the service cannot start.
    pub fn required<T: Setting + Default>(&mut self, name: &str, help: &'static str) -> T {
        self.document(name, "(required)", help);
        match self.find::<T>(name).map(|text| T::parse(&text)) {
            Some(Ok(value)) => return value,
            Some(Err(problem)) => self.problem(format!("{PREFIX}{name} {problem}")),
            None => self.problem(format!("{PREFIX}{name} is required: {help}")),
        }
        T::default()
    }

    /// Notes a problem between settings when `holds` is false.
    pub fn check(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.problem(problem.to_owned());
        }
    }

    /// Notes a problem.
    pub fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn document(&mut self, name: &str, default: &str, help: &'static str) {
        let (name, default) = (format!("{PREFIX}{name}"), default.to_owned());
        self.documented.push(Documented {
            name,
            default,
            help,
        });
    }

    fn find<T: Setting>(&mut self, name: &str) -> Option<String> {
        let found = (self.lookup)(&format!("{PREFIX}{name}"))?;
        let shown = if T::SECRET {
            "***".to_owned()
        } else {
            redact_url(&found)
        };
        self.effective.push((format!("{PREFIX}{name}"), shown));
        Some(found)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Every problem that was noted.
    pub fn finish<C>(self, config: C) -> Result<Loaded<C>, ConfigErrors> {
        if self.problems.is_empty() {
            Ok(Loaded {
                config,
                effective: self.effective,
            })
        } else {
            Err(ConfigErrors(self.problems))
        }
    }
}

/// Settings with the list of what was given, redacted, for the log.
#[derive(Debug, Clone)]
pub struct Loaded<C> {
    /// The settings.
    pub config: C,
    /// Name and value of each setting that is not a default.
    pub effective: Vec<(String, String)>,
}

/// Hides the password of a URL such as `postgresql://user:password@host/db`.
fn redact_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let Some((login, host)) = rest.rsplit_once('@') else {
        return text.to_owned();
    };
    let user = login.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{host}")
}

/// Reads a group of settings from `lookup`.
///
/// # Errors
/// Every problem found.
pub fn load_from<C: Config>(
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Loaded<C>, ConfigErrors> {
    let mut reader = Reader::new(lookup);
    let config = C::read(&mut reader);
    reader.finish(config)
}

/// Reads a group of settings from the environment and the file it names.
///
/// # Errors
/// Every problem found, an unreadable file among them.
pub fn load<C: Config>() -> Result<Loaded<C>, ConfigErrors> {
    let file = match environment(&format!("{PREFIX}CONFIG")) {
        Some(path) => read_toml(&path).map_err(|problem| ConfigErrors(vec![problem]))?,
        None => BTreeMap::new(),
    };
    let unreadable = std::cell::RefCell::new(Vec::new());
    let lookup = |name: &str| {
        environment(name)
            .or_else(|| secret_file(name, &unreadable))
            .or_else(|| file.get(name.trim_start_matches(PREFIX)).cloned())
    };
    let loaded = load_from(lookup);
    let unreadable = unreadable.into_inner();
    match loaded {
        Ok(loaded) if unreadable.is_empty() => Ok(loaded),
        Ok(_) => Err(ConfigErrors(unreadable)),
        Err(ConfigErrors(problems)) => Err(ConfigErrors([unreadable, problems].concat())),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn secret_file(name: &str, unreadable: &std::cell::RefCell<Vec<String>>) -> Option<String> {
    let path = environment(&format!("{name}_FILE"))?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => {
            unreadable
                .borrow_mut()
                .push(format!("{name}_FILE: {path}: {error}"));
            None
        }
    }
}

fn read_toml(path: &str) -> Result<BTreeMap<String, String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let mut settings = BTreeMap::new();
    flatten("", &table, &mut settings);
    Ok(settings)
}

fn flatten(prefix: &str, table: &toml::Table, settings: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.to_uppercase());
        match value {
            toml::Value::Table(inner) => flatten(&format!("{name}_"), inner, settings),
            toml::Value::String(text) => {
                settings.insert(name, text.clone());
            }
            other => {
                settings.insert(name, other.to_string());
            }
        }
    }
}

/// The `--help` table of a group of settings.
pub fn help<C: Config>() -> String {
    let mut reader = Reader::new(|_| None);
    let _ = C::read(&mut reader);
    let width = reader
        .documented
        .iter()
        .map(|row| row.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for Documented {
        name,
        default,
        help,
    } in &reader.documented
    {
        let default = if default.is_empty() {
            String::new()
        } else {
            format!(" [{default}]")
        };
        text.push_str(&format!("  {name:width$}  {help}{default}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use std::time::Duration;

    #[derive(Debug)]
    struct Example {
        listen: SocketAddr,
        gap: Duration,
        url: String,
        key: Option<Secret>,
    }

    impl Config for Example {
        fn read(reader: &mut Reader<'_>) -> Self {
            let example = Self {
                listen: reader.or("LISTEN", "127.0.0.1:8080", "address to listen on"),
                gap: reader
                    .or::<Seconds>("GAP_SECONDS", "1800", "inactivity gap")
                    .0,
                url: reader.required("DATABASE_URL", "where PostgreSQL is"),
                key: reader.optional("KEY", "a secret key"),
            };
            reader.check(
                example.gap.as_secs() > 0,
                "CANDOR_GAP_SECONDS must not be 0",
            );
            example
        }
    }

    fn from(pairs: &[(&str, &str)]) -> Result<Loaded<Example>, ConfigErrors> {
        let map: BTreeMap<String, String> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        load_from(move |name| map.get(name).cloned())
    }

    #[test]
    fn defaults_hold_and_secrets_are_hidden() {
        let loaded = from(&[
            ("CANDOR_DATABASE_URL", "postgresql://me:pass@h/db"),
            ("CANDOR_KEY", "sk_test_1"),
        ])
        .unwrap();
        assert_eq!(loaded.config.listen.port(), 8080);
        assert_eq!(loaded.config.url, "postgresql://me:pass@h/db");
        let shown = format!("{:?} {:?}", loaded.effective, loaded.config.key);
        assert!(
            !shown.contains("pass") && !shown.contains("sk_test_1"),
            "{shown}"
        );
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let errors =
            from(&[("CANDOR_LISTEN", "nowhere"), ("CANDOR_GAP_SECONDS", "0")]).unwrap_err();
        assert_eq!(
            errors.0,
            vec![
                "CANDOR_LISTEN must be host:port with a numeric host".to_owned(),
                "CANDOR_DATABASE_URL is required: where PostgreSQL is".to_owned(),
                "CANDOR_GAP_SECONDS must not be 0".to_owned(),
            ]
        );
    }

    #[test]
    fn help_lists_every_setting_with_its_default() {
        let text = help::<Example>();
        assert!(
            text.contains("CANDOR_LISTEN") && text.contains("[127.0.0.1:8080]"),
            "{text}"
        );
        assert!(text.contains("(required)"), "{text}");
    }

    #[test]
    fn toml_tables_become_names() {
        let table: toml::Table = "listen = \"[::1]:1\"\n[kafka]\nbrokers = \"a:1\"\nlinger_ms = 5"
            .parse()
            .unwrap();
        let mut settings = BTreeMap::new();
        flatten("", &table, &mut settings);
        assert_eq!(settings["KAFKA_BROKERS"], "a:1");
        assert_eq!(settings["KAFKA_LINGER_MS"], "5");
        assert_eq!(settings["LISTEN"], "[::1]:1");
    }
}
