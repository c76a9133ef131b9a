//! The rulesets there are, what differs between them, and which surveys are judged by which.
//!
//! Versions are the deployment's, surveys are an organisation's: a version that was made of somebody's
//! settings is shown to those whose own surveys name it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use control::{BUILTIN_RULESET, ControlState};
use detection::{Ruleset, Thresholds};
use schemas::ids::OrganisationId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::document::{DERIVED_PREFIX, known_ruleset};

/// Most surveys that are named of one ruleset; `survey_count` tells them all.
const MAX_SURVEYS: usize = 100;

/// The rulesets of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Rulesets {
    /// The built-in one first, then by version.
    pub(crate) rulesets: Vec<RulesetItem>,
    /// Give it as `cursor` for the next page; absent on the last one.
    pub(crate) next_cursor: Option<String>,
    /// Every threshold that a ruleset has.
    pub(crate) thresholds: Vec<ThresholdItem>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RulesetItem {
    /// Its version.
    pub(crate) version: String,
    /// Whether the detectors carry it.
    pub(crate) builtin: bool,
    /// Whether it was made of a survey's settings.
    pub(crate) from_settings: bool,
    /// What people should know of it.
    pub(crate) description: Option<String>,
    /// When it was made.
    pub(crate) created_at: Option<DateTime<Utc>>,
    /// Its thresholds by name; absent when this program cannot judge by it.
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub(crate) thresholds: Option<serde_json::Map<String, Value>>,
    /// Names of the thresholds that differ from the built-in ones.
    pub(crate) differs: Vec<String>,
    /// Whether new sessions of surveys without settings are judged by it.
    pub(crate) is_default: bool,
    /// Surveys of the organisation whose settings name it, at most 100.
    pub(crate) surveys: Vec<String>,
    /// How many surveys of the organisation name it.
    pub(crate) survey_count: usize,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ThresholdItem {
    /// Its name.
    pub(crate) name: String,
    /// What it decides.
    pub(crate) meaning: String,
    /// What it counts: `score`, `share`, `ratio`, or the things themselves.
    pub(crate) unit: String,
    /// Smallest value.
    pub(crate) least: f64,
    /// Largest value.
    pub(crate) most: f64,
    /// Whether it is a whole number.
    pub(crate) whole: bool,
    /// Value in the built-in ruleset.
    pub(crate) default: f64,
}

/// What an organisation's surveys are judged by: surveys by version.
type Users<'a> = BTreeMap<&'a str, Vec<&'a str>>;

impl Rulesets {
    /// A page of versions after `after`.
    pub(crate) fn list(
        state: &ControlState,
        organisation: &OrganisationId,
        (after, limit): (Option<&str>, usize),
    ) -> Self {
        let users = users(state, organisation);
        let settled = state.settled_versions(organisation, None).ruleset;
        let shown = |version: &&str| {
            !is_derived(version) || users.contains_key(*version) || *version == settled
        };
        let stored = state.rulesets().map(|record| record.version.as_str());
        let mut versions: Vec<&str> = stored.filter(shown).collect();
        match after {
            None => versions.insert(0, BUILTIN_RULESET),
            Some(BUILTIN_RULESET) => {}
            Some(after) => versions.retain(|version| *version > after),
        }
        let has_more = versions.len() > limit;
        versions.truncate(limit);
        let items = versions.iter();
        let items = items.map(|version| RulesetItem::of(state, version, (&users, &settled)));
        Self {
            rulesets: items.collect(),
            next_cursor: versions
                .last()
                .filter(|_| has_more)
                .map(|last| (*last).to_owned()),
            thresholds: ThresholdItem::all(),
        }
    }
}

fn users<'a>(state: &'a ControlState, organisation: &OrganisationId) -> Users<'a> {
    let mut users = Users::new();
    for settings in state.surveys(organisation) {
        if let Some(versions) = &settings.versions {
            let surveys = users.entry(versions.ruleset.as_str()).or_default();
            surveys.push(&settings.survey_id);
        }
    }
    users
        .values_mut()
        .for_each(|surveys| surveys.sort_unstable());
    users
}

fn is_derived(version: &str) -> bool {
    version.strip_prefix(DERIVED_PREFIX).is_some_and(|hash| {
        hash.len() == super::document::HASH_DIGITS && hash.bytes().all(|c| c.is_ascii_hexdigit())
    })
}

impl RulesetItem {
    fn of(state: &ControlState, version: &str, (users, settled): (&Users<'_>, &str)) -> Self {
        let record = state.ruleset(version);
        let ruleset = known_ruleset(state, version).ok();
        let surveys = users.get(version).map_or(&[][..], Vec::as_slice);
        Self {
            version: version.to_owned(),
            builtin: version == BUILTIN_RULESET,
            from_settings: is_derived(version),
            description: record.and_then(|record| record.description.clone()),
            created_at: record.map(|record| record.created_at),
            differs: ruleset.as_ref().map(differing).unwrap_or_default(),
            thresholds: ruleset.map(|ruleset| ruleset.thresholds.encode()),
            is_default: version == settled,
            survey_count: surveys.len(),
            surveys: surveys
                .iter()
                .take(MAX_SURVEYS)
                .map(|survey| (*survey).to_owned())
                .collect(),
        }
    }
}

fn differing(ruleset: &Ruleset) -> Vec<String> {
    let builtin = Thresholds::default();
    let differ = Thresholds::ALL
        .into_iter()
        .filter(|one| one.of(&ruleset.thresholds) != one.of(&builtin));
    differ.map(|one| one.name.to_owned()).collect()
}

impl ThresholdItem {
    fn all() -> Vec<Self> {
        let builtin = Thresholds::default();
        let items = Thresholds::ALL.into_iter().map(|one| Self {
            name: one.name.to_owned(),
            meaning: one.meaning.to_owned(),
            unit: one.unit.to_owned(),
            least: one.least,
            most: one.most,
            whole: one.is_count,
            default: one.of(&builtin),
        });
        items.collect()
    }
}
