//! `candor experiments`: sharing out new sessions over versions.
//!
//! An experiment begins when it is written (or at the time it names), and ends for good. Its arms never
//! change: other shares make another experiment.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use control::{BUILTIN_MODEL, ControlState};
use kafka::config::KafkaConfig;
use schemas::control::{Arm, ControlRecord, Experiment, ExperimentError, Shadow};
use schemas::ids::OrganisationId;
use serde::Deserialize;

use super::source::Source;
use super::{Desk, print_json, versions};

/// What to do with experiments.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Begin an experiment that a TOML or JSON file describes
    Put {
        /// The file: name, arms with name, share, ruleset and model, and what it holds for
        file: PathBuf,
        /// Takes rulesets and models that this program does not have
        #[arg(long)]
        unknown_versions: bool,
    },
    /// List experiments
    List {
        /// Ended ones, too
        #[arg(long)]
        all: bool,
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// End an experiment: no new session takes part; those that do keep their arm
    End {
        /// The experiment
        name: String,
    },
}

/// An experiment as an operator writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExperimentFile {
    name: String,
    description: Option<String>,
    started_at: Option<DateTime<Utc>>,
    #[serde(default)]
    organisations: Vec<OrganisationId>,
    #[serde(default)]
    surveys: Vec<String>,
    arms: Vec<ArmFile>,
    shadow: Option<ShadowFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmFile {
    name: String,
    share: u16,
    ruleset: String,
    #[serde(default = "no_model")]
    model: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShadowFile {
    ruleset: String,
    #[serde(default = "no_model")]
    model: String,
}

fn no_model() -> String {
    BUILTIN_MODEL.to_owned()
}

/// Runs the verb.
///
/// # Errors
/// When the file or the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Put {
            file,
            unknown_versions,
        } => {
            let experiment = read_file(&file, Utc::now())?;
            let desk = Desk::open(&config).await?;
            check(&desk.state(), &experiment, unknown_versions)?;
            put(&desk, experiment).await?;
        }
        Verb::List { all, json } => list(&Desk::open(&config).await?.state(), all, json)?,
        Verb::End { name } => end(&Desk::open(&config).await?, &name).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read_file(path: &Path, now: DateTime<Utc>) -> anyhow::Result<Experiment> {
    let source = Source::read(path)?;
    let file: ExperimentFile = source.parse()?;
    let arms = file.arms.into_iter().map(|arm| Arm {
        name: arm.name,
        share: arm.share,
        ruleset: arm.ruleset,
        model: arm.model,
    });
    let experiment = Experiment {
        name: file.name,
        description: file.description,
        arms: arms.collect(),
        organisations: file.organisations,
        surveys: file.surveys,
        started_at: file.started_at.unwrap_or(now),
        ended_at: None,
        shadow: file.shadow.map(|shadow| Shadow {
            ruleset: shadow.ruleset,
            model: shadow.model,
        }),
    };
    experiment.check().map_err(|error| {
        let member = match error {
            ExperimentError::BadName { .. } => "name",
            ExperimentError::BadVersion { .. } => "ruleset",
            ExperimentError::NoShare { .. } | ExperimentError::TooManyShares { .. } => "share",
            ExperimentError::SurveysOfMany => "surveys",
            ExperimentError::ArmCount { .. } | ExperimentError::SameArm { .. } => "arms",
        };
        source.problem(member, error)
    })?;
    Ok(experiment)
}

fn check(state: &ControlState, new: &Experiment, unknown_versions: bool) -> anyhow::Result<()> {
    ensure!(
        state.experiment(&new.name).is_none(),
        "there is, or was, an experiment {}; give this one another name, so that their sessions are told apart",
        new.name
    );
    if !unknown_versions {
        for arm in &new.arms {
            versions::require(state, &arm.ruleset, &arm.model)
                .with_context(|| format!("the arm {} cannot be judged", arm.name))?;
        }
        if let Some(shadow) = &new.shadow {
            versions::require(state, &shadow.ruleset, &shadow.model)
                .context("the shadow cannot be judged")?;
        }
    }
    let mut running = state.experiments().filter(|held| held.is_running());
    if let Some(held) = running.find(|held| held.overlaps(new)) {
        bail!(
            "the experiment {} holds for some of the same sessions; end it first, or name other surveys",
            held.name
        );
    }
    Ok(())
}

async fn put(desk: &Desk, experiment: Experiment) -> anyhow::Result<()> {
    let name = experiment.name.clone();
    desk.put_once(ControlRecord::Experiment(experiment)).await?;
    eprintln!("written; gateways follow within a second");
    println!("{name}");
    Ok(())
}

fn list(state: &ControlState, all: bool, json: bool) -> anyhow::Result<()> {
    let experiments = state.experiments();
    for experiment in experiments.filter(|found| all || found.is_running()) {
        if json {
            print_json(experiment.as_ref())?;
        } else {
            println!("{}", line(experiment));
        }
    }
    Ok(())
}

fn line(experiment: &Experiment) -> String {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let ended = experiment.ended_at.map_or("running".to_owned(), time);
    let names = |list: Vec<&str>| match list.len() {
        0 => "all".to_owned(),
        _ => list.join(","),
    };
    let organisations = experiment.organisations.iter();
    let organisations = names(organisations.map(OrganisationId::as_str).collect());
    let surveys = names(experiment.surveys.iter().map(String::as_str).collect());
    let arms = experiment.arms.iter().map(|arm| {
        let (name, share, ruleset, model) = (&arm.name, arm.share, &arm.ruleset, &arm.model);
        format!("{name}={share}:{ruleset}/{model}")
    });
    let arms: Vec<String> = arms.collect();
    format!(
        "{}  {}  {ended}  {organisations}  {surveys}  {}",
        experiment.name,
        time(experiment.started_at),
        arms.join(" ")
    )
}

async fn end(desk: &Desk, name: &str) -> anyhow::Result<()> {
    let held = desk.state().experiment(name).cloned();
    let Some(held) = held else {
        bail!("there is no experiment {name}; `candor experiments list` shows those there are");
    };
    if !held.is_running() {
        eprintln!("it had ended already");
        return Ok(());
    }
    let mut ended = Experiment::clone(&held);
    ended.ended_at = Some(Utc::now());
    desk.put(ControlRecord::Experiment(ended)).await?;
    eprintln!("ended; sessions that take part keep their arm");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::control::RulesetRecord;

    const FILE: &str = r#"
name = "colours"
organisations = ["acme"]
surveys = ["SV_1"]

[[arms]]
name = "a"
share = 500
ruleset = "builtin-1"

[[arms]]
name = "b"
share = 500
ruleset = "strict-2"
"#;

    fn read(text: &str) -> Result<Experiment, String> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("candor-experiment-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let read = read_file(&path, Utc::now()).map_err(|error| {
            let shown = error.to_string();
            shown.replace(&path.display().to_string(), "FILE")
        });
        std::fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn a_file_is_read_and_its_mistakes_are_named_by_line() {
        let experiment = read(FILE).unwrap();
        assert_eq!(experiment.arms[1].model, "none");
        assert!(
            line(&experiment)
                .ends_with("running  acme  SV_1  a=500:builtin-1/none b=500:strict-2/none")
        );
        for (from, to, expected) in [
            (
                "name = \"colours\"",
                "name = \"a:b\"",
                "FILE:2: `a:b` is no name",
            ),
            ("share = 500", "share = 501", "FILE:8: the arms have 1002"),
            ("[\"acme\"]", "[]", "FILE:4: surveys are those of one"),
            ("[\"acme\"]", "[\"Acme\"]", "FILE:3: "),
            (
                "share = 500",
                "weight = 500",
                "FILE:8: unknown field `weight`",
            ),
        ] {
            let refused = read(&FILE.replace(from, to)).unwrap_err();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }

    #[test]
    fn versions_that_nobody_has_and_sessions_that_are_taken_are_refused() {
        let experiment = read(FILE).unwrap();
        let none = ControlState::default();
        let refused = format!("{:#}", check(&none, &experiment, false).unwrap_err());
        assert!(
            refused.contains("arm b") && refused.contains("dead letters"),
            "{refused}"
        );
        check(&none, &experiment, true).unwrap();
        let strict = ControlRecord::Ruleset(RulesetRecord {
            version: "strict-2".to_owned(),
            description: None,
            created_at: Utc::now(),
            thresholds: Default::default(),
        });
        let state = ControlState::of([strict.clone()]);
        check(&state, &experiment, false).unwrap();
        let mut other = experiment.clone();
        other.name = "older".to_owned();
        other.surveys.clear();
        let held = ControlRecord::Experiment(other.clone());
        let state = ControlState::of([strict.clone(), held]);
        let refused = check(&state, &experiment, false).unwrap_err().to_string();
        assert!(refused.contains("the experiment older holds"), "{refused}");
        let again = check(&state, &other, false).unwrap_err().to_string();
        assert!(again.contains("another name"), "{again}");
        other.ended_at = Some(Utc::now());
        let state = ControlState::of([strict, ControlRecord::Experiment(other)]);
        check(&state, &experiment, false).unwrap();
    }
}
