//! `candor settings`: what holds for an organisation or one of its surveys.
//!
//! `set` changes what is named and leaves the rest; `--clear` takes something back to its default.

use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use control::{BUILTIN_MODEL, BUILTIN_RULESET, ControlState, builtin_versions};
use ipnet::IpNet;
use kafka::config::KafkaConfig;
use schemas::control::{ControlRecord, OrganisationSettings, SurveySettings};
use schemas::event::field::is_identifier;
use schemas::ids::OrganisationId;
use schemas::session::StampedVersions;

use super::keys::options::{limit, short_text};
use super::{Desk, print_json, versions};

/// What to do with settings.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Print the settings and what follows from them, as a JSON object
    Show(Place),
    /// Change settings; what is not named stays
    Set(Box<Changes>),
}

/// Whose settings.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The organisation
    #[arg(long, value_name = "NAME")]
    pub organisation: OrganisationId,
    /// One of its surveys, by the platform's name of it
    #[arg(long, value_name = "SURVEY", value_parser = short_text)]
    pub survey: Option<String>,
}

/// A group of settings that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Networks that are taken
    Allow,
    /// Networks that are refused
    Deny,
    /// Limit of keys
    Limit,
    /// Ruleset, model and experiment
    Versions,
}

/// Options of `candor settings set`.
#[derive(Debug, Clone, Args)]
pub struct Changes {
    /// Whose settings.
    #[command(flatten)]
    pub place: Place,
    /// Network whose requests are taken; the list replaces the one before
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<IpNet>,
    /// Network whose requests are refused; the list replaces the one before
    #[arg(long, value_name = "CIDR")]
    pub deny: Vec<IpNet>,
    /// Requests a second of each key without a limit of its own
    #[arg(long, value_name = "N")]
    pub rate: Option<NonZeroU32>,
    /// Requests at once (as --rate unless given)
    #[arg(long, value_name = "N", requires = "rate")]
    pub burst: Option<NonZeroU32>,
    /// Ruleset of new sessions
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub ruleset: Option<String>,
    /// Model of new sessions
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub model: Option<String>,
    /// Arm of an experiment that new sessions belong to, name:arm
    #[arg(long, value_name = "NAME:ARM", value_parser = arm)]
    pub experiment: Option<String>,
    /// Takes a ruleset or model that this program does not have
    #[arg(long)]
    pub unknown_versions: bool,
    /// Takes settings back to their defaults
    #[arg(long, value_name = "GROUP")]
    pub clear: Vec<Group>,
}

fn version(text: &str) -> Result<String, String> {
    if is_identifier(text) {
        Ok(text.to_owned())
    } else {
        Err("a version is 1 to 64 characters of A-Za-z0-9_.:-".to_owned())
    }
}

fn arm(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((name, arm)) if is_identifier(name) && is_identifier(arm) => Ok(text.to_owned()),
        _ => Err("an arm is NAME:ARM, each 1 to 64 characters of A-Za-z0-9_.-".to_owned()),
    }
}

/// Runs the verb.
///
/// # Errors
/// When the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Show(place) => show(&Desk::open(&config).await?, &place)?,
        Verb::Set(changes) => {
            changes.check()?;
            set(&Desk::open(&config).await?, *changes).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(desk: &Desk, place: &Place) -> anyhow::Result<()> {
    let state = desk.state();
    let survey = place.survey.as_deref();
    let own = match survey {
        None => state
            .organisation(&place.organisation)
            .map(|settings| serde_json::to_value(settings.as_ref())),
        Some(survey) => state
            .survey(&place.organisation, survey)
            .map(|settings| serde_json::to_value(settings.as_ref())),
    };
    let running = state
        .experiments()
        .filter(|found| found.is_running() && found.covers(&place.organisation, survey));
    let running: Vec<&str> = running.map(|found| found.name.as_str()).collect();
    print_json(&serde_json::json!({
        "settings": own.transpose()?,
        "new_sessions": state.settled_versions(&place.organisation, survey),
        "experiments": running,
    }))
}

async fn set(desk: &Desk, changes: Changes) -> anyhow::Result<()> {
    changes.check_versions(&desk.state())?;
    let organisation = changes.place.organisation.clone();
    let record = match changes.place.survey.clone() {
        Some(survey_id) => {
            let held = desk.state().survey(&organisation, &survey_id).cloned();
            let held = held.and_then(|held| held.versions.clone());
            // What the survey does not say itself is taken from its organisation, as it stands now.
            let base = desk.state().settled_versions(&organisation, None);
            ControlRecord::Survey(SurveySettings {
                versions: changes.versions(held, base),
                organisation,
                survey_id,
            })
        }
        None => {
            let held = desk.state().organisation(&organisation).cloned();
            let held = held.map(|held| OrganisationSettings::clone(&held));
            ControlRecord::Organisation(changes.over(held.unwrap_or(OrganisationSettings {
                organisation,
                allow: vec![],
                deny: vec![],
                key_limit: None,
                versions: None,
            })))
        }
    };
    desk.put(record).await?;
    eprintln!("written; gateways follow within a second");
    Ok(())
}

impl Changes {
    fn check(&self) -> anyhow::Result<()> {
        let networks = !self.allow.is_empty() || !self.deny.is_empty();
        let versions = self.ruleset.is_some() || self.model.is_some() || self.experiment.is_some();
        let clears = |group| self.clear.contains(&group);
        ensure!(
            networks || versions || self.rate.is_some() || !self.clear.is_empty(),
            "nothing to set; see `candor settings set --help`"
        );
        let beyond_survey = networks
            || self.rate.is_some()
            || [Group::Allow, Group::Deny, Group::Limit]
                .into_iter()
                .any(clears);
        ensure!(
            self.place.survey.is_none() || !beyond_survey,
            "networks and limits hold for a whole organisation; leave --survey out"
        );
        let contradicts = (clears(Group::Allow) && !self.allow.is_empty())
            || (clears(Group::Deny) && !self.deny.is_empty())
            || (clears(Group::Limit) && self.rate.is_some())
            || (clears(Group::Versions) && versions);
        ensure!(!contradicts, "the same settings are given and cleared");
        Ok(())
    }

    /// A detector cannot judge sessions of a version it does not have: they are dead-lettered, all of them.
    fn check_versions(&self, state: &ControlState) -> anyhow::Result<()> {
        if self.unknown_versions {
            return Ok(());
        }
        let ruleset = self.ruleset.as_deref().unwrap_or(BUILTIN_RULESET);
        let model = self.model.as_deref().unwrap_or(BUILTIN_MODEL);
        versions::require(state, ruleset, model)
    }

    fn over(&self, held: OrganisationSettings) -> OrganisationSettings {
        let list = |given: &[IpNet], group, held: Vec<IpNet>| {
            if self.clear.contains(&group) {
                vec![]
            } else if given.is_empty() {
                held
            } else {
                given.to_vec()
            }
        };
        let key_limit = limit(self.rate, self.burst);
        OrganisationSettings {
            allow: list(&self.allow, Group::Allow, held.allow),
            deny: list(&self.deny, Group::Deny, held.deny),
            key_limit: key_limit
                .or(held.key_limit)
                .filter(|_| !self.clear.contains(&Group::Limit)),
            versions: self.versions(held.versions, builtin_versions()),
            organisation: held.organisation,
        }
    }

    fn versions(
        &self,
        held: Option<StampedVersions>,
        base: StampedVersions,
    ) -> Option<StampedVersions> {
        if self.clear.contains(&Group::Versions) {
            return None;
        }
        if self.ruleset.is_none() && self.model.is_none() && self.experiment.is_none() {
            return held;
        }
        let held = held.unwrap_or(base);
        Some(StampedVersions {
            ruleset: self.ruleset.clone().unwrap_or(held.ruleset),
            model: self.model.clone().unwrap_or(held.model),
            experiment: self.experiment.clone().or(held.experiment),
            shadow: held.shadow,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use schemas::control::RulesetRecord;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        changes: Changes,
    }

    fn changes(arguments: &str) -> Changes {
        let words = ["set", "--organisation", "acme"].into_iter();
        Line::parse_from(words.chain(arguments.split_whitespace())).changes
    }

    #[test]
    fn what_is_not_named_stays_and_what_is_cleared_goes() {
        let first =
            changes("--allow 10.0.0.0/8 --deny 10.1.0.0/16 --rate 5 --burst 9 --ruleset strict-2");
        let held = first.over(OrganisationSettings {
            organisation: "acme".parse().unwrap(),
            allow: vec![],
            deny: vec![],
            key_limit: None,
            versions: None,
        });
        assert_eq!((held.allow.len(), held.deny.len()), (1, 1));
        assert_eq!(held.key_limit.map(|limit| limit.burst.get()), Some(9));
        let second = changes("--model gbt-1 --clear deny").over(held);
        assert_eq!((second.allow.len(), second.deny.len()), (1, 0));
        let versions = second.versions.clone().unwrap();
        assert_eq!(
            (versions.ruleset.as_str(), versions.model.as_str()),
            ("strict-2", "gbt-1")
        );
        let third = changes("--clear allow --clear limit --clear versions").over(second);
        assert_eq!(
            (third.allow.len(), third.key_limit, third.versions),
            (0, None, None)
        );
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_a_sentence() {
        for (arguments, sentence) in [
            ("", "nothing to set"),
            (
                "--survey SV_1 --deny 10.0.0.0/8",
                "hold for a whole organisation",
            ),
            (
                "--survey SV_1 --clear limit",
                "hold for a whole organisation",
            ),
            ("--ruleset r --clear versions", "given and cleared"),
        ] {
            let refused = changes(arguments).check().unwrap_err().to_string();
            assert!(refused.contains(sentence), "{arguments}: {refused}");
        }
        assert!(
            changes("--survey SV_1 --experiment colours:a --ruleset builtin-1")
                .check()
                .is_ok()
        );
        assert!(arm("colours").is_err() && version("two words").is_err());
    }

    #[test]
    fn versions_that_the_topic_does_not_have_are_refused_unless_asked_for() {
        let strict = ControlState::of([ControlRecord::Ruleset(RulesetRecord {
            version: "strict-2".to_owned(),
            description: None,
            created_at: chrono::Utc::now(),
            thresholds: Default::default(),
        })]);
        let none = ControlState::default();
        let refused = |arguments: &str, state: &ControlState| {
            let checked = changes(arguments).check_versions(state);
            checked.err().map(|error| format!("{error:#}"))
        };
        for arguments in ["--ruleset strict-2", "--model gbt-1"] {
            let refused = refused(arguments, &none).unwrap();
            assert!(refused.contains("--unknown-versions"), "{refused}");
        }
        assert_eq!(refused("--ruleset strict-2", &strict), None);
        assert_eq!(refused("--ruleset builtin-1 --model none", &none), None);
        assert_eq!(refused("--model gbt-1 --unknown-versions", &none), None);
    }
}
