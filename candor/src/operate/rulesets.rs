//! `candor rulesets`: versions of thresholds that sessions are judged by.
//!
//! A version is written once. Every threshold is written with it, also those that the file leaves to
//! the compiled-in ones, so that a later program with other defaults judges its sessions alike.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use chrono::{SecondsFormat, Utc};
use clap::Subcommand;
use control::{BUILTIN_RULESET, ControlState};
use detection::{Ruleset, Threshold, Thresholds};
use kafka::config::KafkaConfig;
use schemas::control::{ControlRecord, RulesetRecord};
use schemas::event::field::is_identifier;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::source::Source;
use super::{Desk, print_json, versions};

/// What to do with rulesets.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Write a version from a TOML or JSON file; a version is never changed afterwards
    Put {
        /// The file: version, description, and the thresholds that differ from builtin-1
        file: PathBuf,
    },
    /// List the versions there are
    List {
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Print a version as a file for `put`, every threshold with its meaning
    Show {
        /// The version
        version: String,
        /// Prints a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the thresholds that differ between two versions
    Diff {
        /// A version
        a: String,
        /// Another version
        b: String,
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
}

/// A ruleset as an operator writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesetFile {
    version: String,
    description: Option<String>,
    #[serde(default)]
    thresholds: Map<String, Value>,
}

/// Runs the verb.
///
/// # Errors
/// When the file or the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Put { file } => {
            let record = record_of(&file)?;
            put(&Desk::open(&config).await?, record).await?;
        }
        Verb::List { json } => list(&Desk::open(&config).await?.state(), json)?,
        Verb::Show { version, json } => show(&Desk::open(&config).await?.state(), &version, json)?,
        Verb::Diff { a, b, json } => diff(&Desk::open(&config).await?.state(), (&a, &b), json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The ruleset of a file, checked.
///
/// # Errors
/// `FILE:LINE: why`.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Ruleset> {
    let record = record_of(path)?;
    Ok(Ruleset::decode(&record.version, &record.thresholds)?)
}

fn record_of(path: &Path) -> anyhow::Result<RulesetRecord> {
    let source = Source::read(path)?;
    let file: RulesetFile = source.parse()?;
    if !is_identifier(&file.version) {
        let why = "a version is 1 to 64 characters of A-Za-z0-9_.:-";
        return Err(source.problem("version", why));
    }
    if file.version == BUILTIN_RULESET {
        let why = format!("{BUILTIN_RULESET} is compiled in; give the version another name");
        return Err(source.problem("version", why));
    }
    let thresholds = Thresholds::decode(&file.thresholds)
        .map_err(|error| source.problem(error.name(), &error))?;
    Ok(RulesetRecord {
        version: file.version,
        description: file.description,
        created_at: Utc::now(),
        thresholds: thresholds.encode(),
    })
}

async fn put(desk: &Desk, record: RulesetRecord) -> anyhow::Result<()> {
    let version = record.version.clone();
    let written = desk.put_once(ControlRecord::Ruleset(record)).await;
    let written = written.with_context(|| {
        format!(
            "the ruleset {version} is there with other thresholds, and sessions are judged by them; \
             `candor rulesets diff` tells versions apart. Give this one another version"
        )
    })?;
    written.say(&version);
    Ok(())
}

fn list(state: &ControlState, json: bool) -> anyhow::Result<()> {
    if !json {
        println!("{BUILTIN_RULESET}  compiled in");
    }
    for record in state.rulesets() {
        if json {
            print_json(record.as_ref())?;
            continue;
        }
        let at = record.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let differing = match versions::ruleset(state, &record.version) {
            Ok(ruleset) => match differences(&Ruleset::default(), &ruleset).len() {
                0 => "as builtin-1".to_owned(),
                1 => "1 threshold differs from builtin-1".to_owned(),
                count => format!("{count} thresholds differ from builtin-1"),
            },
            Err(error) => format!("unusable here: {}", error.root_cause()),
        };
        let description = record.description.as_deref().unwrap_or("-");
        println!("{}  {at}  {differing}  {description}", record.version);
    }
    Ok(())
}

fn show(state: &ControlState, version: &str, json: bool) -> anyhow::Result<()> {
    let ruleset = versions::ruleset(state, version)?;
    let record = state.ruleset(version);
    let description = record.and_then(|record| record.description.clone());
    if json {
        return print_json(&json!({
            "version": version,
            "description": description,
            "created_at": record.map(|record| record.created_at),
            "thresholds": ruleset.thresholds.encode(),
        }));
    }
    print!("{}", file_of(&ruleset, description.as_deref()));
    Ok(())
}

/// The file that `put` would read this ruleset from.
fn file_of(ruleset: &Ruleset, description: Option<&str>) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let mut file = format!("version = {}\n", text(&ruleset.version));
    if let Some(description) = description {
        let _ = writeln!(file, "description = {}", text(description));
    }
    file.push_str("\n[thresholds]\n");
    for one in &Thresholds::ALL {
        let Threshold {
            name,
            meaning,
            unit,
            least,
            most,
            ..
        } = one;
        let value = one.of(&ruleset.thresholds);
        let _ = writeln!(file, "# {meaning} ({unit}, {least} to {most})");
        // A text cannot refuse what is written to it.
        let _ = writeln!(file, "{name} = {value}");
    }
    file
}

/// The thresholds that differ, with both values.
fn differences(a: &Ruleset, b: &Ruleset) -> Vec<(&'static Threshold, f64, f64)> {
    static ALL: [Threshold; Thresholds::ALL.len()] = Thresholds::ALL;
    let both = ALL
        .iter()
        .map(|one| (one, one.of(&a.thresholds), one.of(&b.thresholds)));
    both.filter(|(_, a, b)| a != b).collect()
}

fn diff(state: &ControlState, (a, b): (&str, &str), json: bool) -> anyhow::Result<()> {
    ensure!(a != b, "{a} is one version, not two");
    let (one, two) = (versions::ruleset(state, a)?, versions::ruleset(state, b)?);
    let differences = differences(&one, &two);
    if differences.is_empty() {
        eprintln!("{a} and {b} judge alike");
    }
    for (threshold, old, new) in differences {
        let Threshold { name, meaning, .. } = threshold;
        if json {
            print_json(&json!({ "threshold": name, "a": old, "b": new, "meaning": meaning }))?;
        } else {
            println!("{name:<20} {old:>8} {new:>8}  {meaning}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_put() {
        let ruleset = Ruleset {
            version: "strict-2".to_owned(),
            thresholds: Thresholds {
                bot_score: 0.45,
                min_keys: 30,
                ..Thresholds::default()
            },
        };
        let path = std::env::temp_dir().join(format!("candor-rules-{}", std::process::id()));
        std::fs::write(&path, file_of(&ruleset, Some("a \"strict\" one"))).unwrap();
        let read = record_of(&path).unwrap();
        assert_eq!(read_file(&path).unwrap(), ruleset);
        assert_eq!(read.description.as_deref(), Some("a \"strict\" one"));
        assert_eq!(read.thresholds.len(), Thresholds::ALL.len());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn mistakes_are_named_by_file_and_line() {
        let path = std::env::temp_dir().join(format!("candor-bad-rules-{}", std::process::id()));
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            record_of(&path).unwrap_err().to_string()
        };
        for (text, line, why) in [
            ("version = \"a b\"", 1, "a version is"),
            ("\nversion = \"builtin-1\"", 2, "is compiled in"),
            (
                "version = \"a\"\n[thresholds]\n\nbot_scor = 0.5",
                4,
                "no threshold",
            ),
            (
                "version = \"a\"\nthresholds.bot_score = 2",
                2,
                "from 0 to 1",
            ),
            (
                "version = \"a\"\nauthor = \"b\"",
                2,
                "unknown field `author`",
            ),
        ] {
            let refused = refused(text);
            let expected = format!("{}:{line}: ", path.display());
            assert!(
                refused.starts_with(&expected) && refused.contains(why),
                "{refused}"
            );
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn two_versions_differ_in_what_was_changed() {
        let mut strict = Ruleset::default();
        strict.thresholds.bot_score = 0.4;
        let found = differences(&Ruleset::default(), &strict);
        let found: Vec<_> = found.iter().map(|(one, a, b)| (one.name, *a, *b)).collect();
        assert_eq!(found, [("bot_score", 0.6, 0.4)]);
    }
}
