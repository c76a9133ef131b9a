//! What a session that begins is judged by: the versions that hold for it (INV-3), and the contents
//! behind their names.
//!
//! The gateway asks for the versions once, when a session begins, and stamps them on its first record;
//! the detectors look the contents up by the stamps. An experiment never changes what was stamped.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::control::{Experiment, ModelRecord, RulesetRecord};
use schemas::ids::{OrganisationId, SessionId};
use schemas::session::StampedVersions;

use crate::state::ControlState;

/// The ruleset that is built into the detector.
pub const BUILTIN_RULESET: &str = "builtin-1";
/// No learned model takes part.
pub const BUILTIN_MODEL: &str = "none";

/// The versions of a session whose survey and organisation name none.
pub fn builtin_versions() -> StampedVersions {
    StampedVersions {
        ruleset: BUILTIN_RULESET.to_owned(),
        model: BUILTIN_MODEL.to_owned(),
        experiment: None,
        shadow: None,
    }
}

/// Rulesets, models and experiments by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Versions {
    pub(crate) rulesets: BTreeMap<String, Arc<RulesetRecord>>,
    pub(crate) models: BTreeMap<String, Arc<ModelRecord>>,
    pub(crate) experiments: BTreeMap<String, Arc<Experiment>>,
    /// Those that have not ended, the oldest first: what a beginning session meets.
    running: Vec<Arc<Experiment>>,
}

impl Versions {
    pub(crate) fn insert_ruleset(&mut self, ruleset: RulesetRecord) {
        let version = ruleset.version.clone();
        self.rulesets.insert(version, Arc::new(ruleset));
    }

    pub(crate) fn insert_model(&mut self, model: ModelRecord) {
        self.models.insert(model.version.clone(), Arc::new(model));
    }

    pub(crate) fn insert_experiment(&mut self, experiment: Experiment) {
        let experiment = Arc::new(experiment);
        self.running.retain(|held| held.name != experiment.name);
        if experiment.is_running() {
            self.running.push(Arc::clone(&experiment));
            self.running
                .sort_by(|a, b| (a.started_at, &a.name).cmp(&(b.started_at, &b.name)));
        }
        self.experiments.insert(experiment.name.clone(), experiment);
    }
}

impl ControlState {
    /// The thresholds of a version; none for the built-in one, which the detectors carry.
    pub fn ruleset(&self, version: &str) -> Option<&Arc<RulesetRecord>> {
        self.versions.rulesets.get(version)
    }

    /// Every ruleset, by version; the built-in one is not among them.
    pub fn rulesets(&self) -> impl Iterator<Item = &Arc<RulesetRecord>> {
        self.versions.rulesets.values()
    }

    /// The model of a version; none for `none`.
    pub fn model(&self, version: &str) -> Option<&Arc<ModelRecord>> {
        self.versions.models.get(version)
    }

    /// Every model, by version.
    pub fn models(&self) -> impl Iterator<Item = &Arc<ModelRecord>> {
        self.versions.models.values()
    }

    /// The experiment of this name, running or ended.
    pub fn experiment(&self, name: &str) -> Option<&Arc<Experiment>> {
        self.versions.experiments.get(name)
    }

    /// Every experiment, by name, running or ended.
    pub fn experiments(&self) -> impl Iterator<Item = &Arc<Experiment>> {
        self.versions.experiments.values()
    }

    /// What was settled for a survey's new sessions, experiments left aside: the survey's versions, else
    /// those of its organisation, else those built in.
    pub fn settled_versions(
        &self,
        organisation: &OrganisationId,
        survey: Option<&str>,
    ) -> StampedVersions {
        let of_survey = survey
            .and_then(|survey| self.survey(organisation, survey))
            .and_then(|settings| settings.versions.as_ref());
        let settled = of_survey.or_else(|| self.organisation(organisation)?.versions.as_ref());
        settled.cloned().unwrap_or_else(builtin_versions)
    }

    /// The versions to stamp on a session that begins: those of its arm, when a running experiment gives
    /// it one, else what was settled. Settings that name an arm themselves go before every experiment;
    /// of several experiments that cover the survey the oldest counts. A pure function of this state and
    /// the session's id.
    pub fn versions_for(
        &self,
        organisation: &OrganisationId,
        survey: Option<&str>,
        session: SessionId,
    ) -> StampedVersions {
        let settled = self.settled_versions(organisation, survey);
        let mut running = self.versions.running.iter();
        if settled.experiment.is_some() {
            return settled;
        }
        let Some(experiment) = running.find(|found| found.covers(organisation, survey)) else {
            return settled;
        };
        match experiment.arm_of(session) {
            Some(arm) => StampedVersions {
                ruleset: arm.ruleset.clone(),
                model: arm.model.clone(),
                experiment: Some(experiment.stamp(arm)),
                shadow: experiment.shadow.clone(),
            },
            None => settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use schemas::control::{Arm, ControlRecord, OrganisationSettings, SurveySettings};
    use schemas::ids::SessionSecret;

    fn session(at: DateTime<Utc>, number: u64) -> SessionId {
        let mut random = [0; 6];
        random.copy_from_slice(&number.to_be_bytes()[2..]);
        let secret = SessionSecret::new("a secret of these tests").unwrap();
        secret.mint(&acme(), at, random)
    }

    fn acme() -> OrganisationId {
        "acme".parse().unwrap()
    }

    fn of_ruleset(ruleset: &str) -> Option<StampedVersions> {
        Some(StampedVersions {
            ruleset: ruleset.to_owned(),
            ..builtin_versions()
        })
    }

    fn organisation(versions: Option<StampedVersions>) -> ControlRecord {
        ControlRecord::Organisation(OrganisationSettings {
            organisation: acme(),
            allow: vec![],
            deny: vec![],
            key_limit: None,
            versions,
        })
    }

    fn survey(name: &str, versions: Option<StampedVersions>) -> ControlRecord {
        ControlRecord::Survey(SurveySettings {
            organisation: acme(),
            survey_id: name.to_owned(),
            versions,
        })
    }

    fn arm(name: &str, share: u16) -> Arm {
        Arm {
            name: name.to_owned(),
            share,
            ruleset: format!("ruleset-{name}"),
            model: BUILTIN_MODEL.to_owned(),
        }
    }

    fn experiment(name: &str, arms: Vec<Arm>) -> Experiment {
        Experiment {
            name: name.to_owned(),
            description: None,
            arms,
            organisations: vec![],
            surveys: vec![],
            started_at: Utc::now() - TimeDelta::hours(1),
            ended_at: None,
            shadow: None,
        }
    }

    fn stamp(state: &ControlState, survey: Option<&str>, session: SessionId) -> Option<String> {
        state.versions_for(&acme(), survey, session).experiment
    }

    #[test]
    fn versions_are_those_of_the_survey_then_of_the_organisation_then_built_in() {
        let state = ControlState::of([
            organisation(of_ruleset("theirs-1")),
            survey("SV_1", of_ruleset("survey-1")),
            survey("SV_2", None),
        ]);
        let ruleset = |organisation: &str, survey| {
            let organisation = organisation.parse().unwrap();
            let session = session(Utc::now(), 1);
            let stamped = state.versions_for(&organisation, survey, session);
            assert_eq!(stamped, state.settled_versions(&organisation, survey));
            stamped.ruleset
        };
        assert_eq!(ruleset("acme", Some("SV_1")), "survey-1");
        assert_eq!(ruleset("acme", Some("SV_2")), "theirs-1");
        assert_eq!(ruleset("acme", None), "theirs-1");
        assert_eq!(ruleset("other", Some("SV_1")), BUILTIN_RULESET);
    }

    #[test]
    fn arms_get_their_shares_and_the_rest_gets_what_was_settled() {
        let arms = vec![arm("a", 500), arm("b", 200)];
        let state = ControlState::of([
            organisation(of_ruleset("theirs-1")),
            ControlRecord::Experiment(experiment("colours", arms)),
        ]);
        let now = Utc::now();
        let mut counts = BTreeMap::new();
        for number in 0..20_000 {
            let stamped = state.versions_for(&acme(), None, session(now, number));
            *counts
                .entry((stamped.experiment, stamped.ruleset))
                .or_insert(0) += 1;
        }
        // Six standard deviations of a share of 20 000 are at most 424.
        for (stamp, ruleset, expected) in [
            (Some("colours:a"), "ruleset-a", 10_000),
            (Some("colours:b"), "ruleset-b", 4_000),
            (None, "theirs-1", 6_000),
        ] {
            let count = counts.remove(&(stamp.map(str::to_owned), ruleset.to_owned()));
            let count = count.unwrap_or(0);
            assert!(
                i32::abs(count - expected) < 430,
                "{stamp:?}: {count} of {expected}"
            );
        }
        assert!(counts.is_empty(), "{counts:?}");
    }

    #[test]
    fn an_arm_depends_on_the_experiments_name_and_the_session_and_on_nothing_else() {
        let now = Utc::now();
        let arms = || vec![arm("a", 500), arm("b", 500)];
        let one = ControlState::of([ControlRecord::Experiment(experiment("one", arms()))]);
        let mut later = experiment("one", arms());
        later.organisations = vec![acme()];
        later.description = Some("the same for one organisation".to_owned());
        let same = ControlState::of([ControlRecord::Experiment(later)]);
        let two = ControlState::of([ControlRecord::Experiment(experiment("two", arms()))]);
        let letter = |state, number| {
            let stamp = stamp(state, None, session(now, number)).unwrap();
            stamp.split_once(':').unwrap().1.to_owned()
        };
        let mut differ = 0;
        for number in 0..1000 {
            assert_eq!(letter(&one, number), letter(&same, number));
            differ += i32::from(letter(&one, number) != letter(&two, number));
        }
        // Independent halves differ in half of the sessions: 500, and six standard deviations are 95.
        assert!((405..595).contains(&differ), "{differ}");
        // Pinned, so that a release does not move sessions to other arms.
        let fixed: SessionId = "018f0000-0000-7000-8000-000000000001".parse().unwrap();
        let mut old = experiment("one", vec![arm("a", 284), arm("b", 1)]);
        old.started_at = DateTime::UNIX_EPOCH;
        assert_eq!(old.arm_of(fixed).map(|arm| arm.name.as_str()), Some("b"));
    }

    #[test]
    fn a_session_from_before_an_experiment_and_one_after_its_end_take_no_part() {
        let mut running = experiment("colours", vec![arm("a", 1000)]);
        let start = running.started_at;
        let state = ControlState::of([ControlRecord::Experiment(running.clone())]);
        let before = session(start - TimeDelta::milliseconds(2), 1);
        let after = session(start + TimeDelta::milliseconds(2), 1);
        assert_eq!(stamp(&state, None, before), None);
        assert_eq!(stamp(&state, None, after).as_deref(), Some("colours:a"));
        // An end holds from the moment it is read, whatever the clocks say.
        running.ended_at = Some(Utc::now() + TimeDelta::hours(1));
        let state = ControlState::of([ControlRecord::Experiment(running)]);
        assert_eq!(stamp(&state, None, after), None);
        assert!(state.experiment("colours").is_some());
    }

    #[test]
    fn an_experiment_holds_for_its_organisations_and_surveys_only() {
        let mut of_survey = experiment("colours", vec![arm("a", 1000)]);
        of_survey.organisations = vec![acme()];
        of_survey.surveys = vec!["SV_1".to_owned()];
        let state = ControlState::of([ControlRecord::Experiment(of_survey)]);
        let session = session(Utc::now(), 1);
        assert!(stamp(&state, Some("SV_1"), session).is_some());
        assert_eq!(stamp(&state, Some("SV_2"), session), None);
        assert_eq!(stamp(&state, None, session), None);
        let other = "other".parse().unwrap();
        let stamped = state.versions_for(&other, Some("SV_1"), session);
        assert_eq!(stamped, builtin_versions());
    }

    #[test]
    fn an_arm_that_settings_name_goes_before_an_experiment_and_the_oldest_before_others() {
        let mut first = experiment("z-first", vec![arm("a", 1000)]);
        first.started_at -= TimeDelta::hours(1);
        let second = experiment("a-second", vec![arm("b", 1000)]);
        let mut pinned = builtin_versions();
        pinned.experiment = Some("a-second:b".to_owned());
        let state = ControlState::of([
            ControlRecord::Experiment(second),
            ControlRecord::Experiment(first),
            survey("SV_1", Some(pinned.clone())),
        ]);
        let session = session(Utc::now(), 1);
        assert_eq!(stamp(&state, None, session).as_deref(), Some("z-first:a"));
        assert_eq!(state.versions_for(&acme(), Some("SV_1"), session), pinned);
    }
}
