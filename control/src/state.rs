//! An immutable view of the control topic, indexed by what a request asks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemas::control::{
    AgentKey, ApiKeyRecord, ControlRecord, Integration, IntegrationId, IntegrationPlatform,
    KeyHash, KeyId, OrganisationSettings, SurveySettings,
};
use schemas::ids::OrganisationId;

use crate::origins::Origins;
use crate::versions::Versions;

/// How many records there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// API keys, active or not.
    pub api_keys: usize,
    /// Organisations with settings.
    pub organisations: usize,
    /// Surveys with settings.
    pub surveys: usize,
    /// Integrations, active or not.
    pub integrations: usize,
    /// Keys of declared agents, active or not.
    pub agents: usize,
    /// Versions of rulesets, the built-in one not among them.
    pub rulesets: usize,
    /// Versions of models.
    pub models: usize,
    /// Experiments, running or ended.
    pub experiments: usize,
}

/// Keys and settings as they stood when it was taken. Built once, never changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControlState {
    keys: BTreeMap<KeyId, Arc<ApiKeyRecord>>,
    keys_by_hash: HashMap<KeyHash, Arc<ApiKeyRecord>>,
    origins: Origins,
    origins_by_organisation: HashMap<OrganisationId, Origins>,
    organisations: HashMap<OrganisationId, Arc<OrganisationSettings>>,
    surveys: HashMap<OrganisationId, HashMap<String, Arc<SurveySettings>>>,
    integrations: BTreeMap<IntegrationId, Arc<Integration>>,
    agents: HashMap<String, Arc<AgentKey>>,
    pub(crate) versions: Versions,
}

impl ControlState {
    /// The view of these records.
    pub fn of(records: impl IntoIterator<Item = ControlRecord>) -> Self {
        let mut state = Self::default();
        for record in records {
            state.insert(record);
        }
        state
    }

    pub(crate) fn insert(&mut self, record: ControlRecord) {
        match record {
            ControlRecord::ApiKey(key) => self.insert_key(Arc::new(key)),
            ControlRecord::Organisation(settings) => {
                let organisation = settings.organisation.clone();
                self.organisations.insert(organisation, Arc::new(settings));
            }
            ControlRecord::Survey(settings) => {
                let surveys = self.surveys.entry(settings.organisation.clone());
                let survey = settings.survey_id.clone();
                surveys.or_default().insert(survey, Arc::new(settings));
            }
            ControlRecord::Integration(integration) => {
                let id = integration.id.clone();
                self.integrations.insert(id, Arc::new(integration));
            }
            ControlRecord::Agent(agent) => {
                self.agents.insert(agent.key_id.clone(), Arc::new(agent));
            }
            ControlRecord::Ruleset(ruleset) => self.versions.insert_ruleset(ruleset),
            ControlRecord::Model(model) => self.versions.insert_model(model),
            ControlRecord::Experiment(experiment) => self.versions.insert_experiment(experiment),
        }
    }

    fn insert_key(&mut self, key: Arc<ApiKeyRecord>) {
        self.origins.add(&key);
        self.origins_by_organisation
            .entry(key.organisation.clone())
            .or_default()
            .add(&key);
        // Two records of one text: a revocation is never undone by a copy.
        let held = self.keys_by_hash.get(&key.hash);
        if held.is_none_or(|held| held.revoked_at.is_none()) {
            self.keys_by_hash.insert(key.hash, Arc::clone(&key));
        }
        self.keys.insert(key.id.clone(), key);
    }

    /// The key of this text, active or not: ask [`ApiKeyRecord::is_active`].
    pub fn find_key(&self, text: &str) -> Option<Arc<ApiKeyRecord>> {
        self.keys_by_hash.get(&KeyHash::of(text)).cloned()
    }

    /// The key of this id, active or not.
    pub fn key(&self, id: &KeyId) -> Option<&Arc<ApiKeyRecord>> {
        self.keys.get(id)
    }

    /// Every key, by id.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<ApiKeyRecord>> {
        self.keys.values()
    }

    /// The settings of an organisation, if it has any.
    pub fn organisation(
        &self,
        organisation: &OrganisationId,
    ) -> Option<&Arc<OrganisationSettings>> {
        self.organisations.get(organisation)
    }

    /// The settings of a survey, if it has any.
    pub fn survey(
        &self,
        organisation: &OrganisationId,
        survey: &str,
    ) -> Option<&Arc<SurveySettings>> {
        self.surveys.get(organisation)?.get(survey)
    }

    /// The surveys of an organisation that have settings, in no order.
    pub fn surveys(
        &self,
        organisation: &OrganisationId,
    ) -> impl Iterator<Item = &Arc<SurveySettings>> {
        let surveys = self.surveys.get(organisation);
        surveys.into_iter().flat_map(HashMap::values)
    }

    /// The integration of this id; none when it is revoked.
    pub fn integration(&self, id: &IntegrationId) -> Option<&Arc<Integration>> {
        let found = self.integrations.get(id)?;
        found.is_active().then_some(found)
    }

    /// The active integrations of `platform`, by id.
    pub fn integrations(
        &self,
        platform: IntegrationPlatform,
    ) -> impl Iterator<Item = &Arc<Integration>> {
        let active =
            move |found: &&Arc<Integration>| found.platform == platform && found.is_active();
        self.integrations.values().filter(active)
    }

    /// Every integration, active or not, by id.
    pub fn all_integrations(&self) -> impl Iterator<Item = &Arc<Integration>> {
        self.integrations.values()
    }

    /// The key of a declared agent by its thumbprint; none when it is revoked.
    pub fn agent(&self, key_id: &str) -> Option<&Arc<AgentKey>> {
        let found = self.agents.get(key_id)?;
        found.is_active().then_some(found)
    }

    /// Every key of declared agents, active or not, in no order.
    pub fn agents(&self) -> impl Iterator<Item = &Arc<AgentKey>> {
        self.agents.values()
    }

    /// Whether a publishable key of `organisation` that is active at `now` may be used on pages of
    /// `origin`.
    pub fn origins_allow(
        &self,
        organisation: &OrganisationId,
        origin: &str,
        now: DateTime<Utc>,
    ) -> bool {
        let origins = self.origins_by_organisation.get(organisation);
        origins.is_some_and(|origins| origins.allow(origin, now))
    }

    /// Whether any publishable key that is active at `now` may be used on pages of `origin`: for a
    /// preflight, which names no key.
    pub fn any_origin_allows(&self, origin: &str, now: DateTime<Utc>) -> bool {
        self.origins.allow(origin, now)
    }

    /// How much there is.
    pub fn counts(&self) -> Counts {
        Counts {
            api_keys: self.keys.len(),
            organisations: self.organisations.len(),
            surveys: self.surveys.values().map(HashMap::len).sum(),
            integrations: self.integrations.len(),
            agents: self.agents.len(),
            rulesets: self.versions.rulesets.len(),
            models: self.versions.models.len(),
            experiments: self.versions.experiments.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::{NewKey, NewKeyOptions};
    use chrono::TimeDelta;
    use schemas::control::{KeyKind, KeyMode};

    fn key(organisation: &str, kind: KeyKind, origins: &[&str]) -> NewKey {
        let options = NewKeyOptions {
            origins: origins
                .iter()
                .map(|origin| origin.parse().unwrap())
                .collect(),
            ..NewKeyOptions::new(organisation.parse().unwrap(), kind, KeyMode::Live)
        };
        options.make(Utc::now())
    }

    fn state_of(keys: Vec<ApiKeyRecord>) -> ControlState {
        ControlState::of(keys.into_iter().map(ControlRecord::ApiKey))
    }

    #[test]
    fn a_key_is_found_by_its_whole_text_only() {
        let key = key("acme", KeyKind::Secret, &[]);
        let state = state_of(vec![key.record.clone()]);
        assert_eq!(state.find_key(&key.text).as_deref(), Some(&key.record));
        let shorter = &key.text[..key.text.len() - 1];
        for other in [shorter, "", "sk_live_"] {
            assert_eq!(state.find_key(other), None, "{other}");
        }
    }

    #[test]
    fn a_revocation_is_not_undone_by_a_copy_of_the_key_under_another_id() {
        let revoked = key("acme", KeyKind::Secret, &[]);
        let mut record = revoked.record;
        let mut copy = record.clone();
        record.revoked_at = Some(Utc::now());
        for (first, second) in [([0; 10], [1; 10]), ([1; 10], [0; 10])] {
            record.id = KeyId::from_random(first);
            copy.id = KeyId::from_random(second);
            let state = state_of(vec![record.clone(), copy.clone()]);
            let found = state.find_key(&revoked.text).unwrap();
            assert!(!found.is_active(Utc::now()), "{found:?}");
            let state = state_of(vec![copy.clone(), record.clone()]);
            assert!(!state.find_key(&revoked.text).unwrap().is_active(Utc::now()));
        }
    }

    #[test]
    fn origins_are_those_of_active_publishable_keys() {
        let now = Utc::now();
        let (acme, other) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let mut bound = key("acme", KeyKind::Publishable, &["https://a.example"]).record;
        bound.expires_at = Some(now + TimeDelta::hours(1));
        let mut revoked = key("acme", KeyKind::Publishable, &["https://b.example"]).record;
        revoked.revoked_at = Some(now);
        let secret = key("acme", KeyKind::Secret, &[]).record;
        let state = state_of(vec![bound, revoked, secret]);
        assert!(state.origins_allow(&acme, "https://a.example", now));
        assert!(state.any_origin_allows("https://a.example", now));
        assert!(!state.origins_allow(&other, "https://a.example", now));
        assert!(!state.origins_allow(&acme, "https://b.example", now));
        assert!(!state.any_origin_allows("https://c.example", now));
        let later = now + TimeDelta::hours(2);
        assert!(!state.any_origin_allows("https://a.example", later));
        let open = key("other", KeyKind::Publishable, &[]).record;
        let state = state_of(vec![open]);
        assert!(state.origins_allow(&other, "https://c.example", later));
        assert!(!state.origins_allow(&acme, "https://c.example", later));
        assert!(state.any_origin_allows("https://c.example", later));
    }

    #[test]
    fn a_revoked_integration_and_agent_are_listed_but_not_found() {
        let id = IntegrationId::from_random([1; 10]);
        let mut integration = Integration {
            id: id.clone(),
            organisation: "acme".parse().unwrap(),
            platform: IntegrationPlatform::Generic,
            name: None,
            secrets: vec![],
            created_at: Utc::now(),
            revoked_at: None,
        };
        let mut agent = AgentKey {
            key_id: "thumbprint".to_owned(),
            public_key: String::new(),
            agent: "example".to_owned(),
            directory: None,
            created_at: Utc::now(),
            revoked_at: None,
        };
        let state = |integration: &Integration, agent: &AgentKey| {
            ControlState::of([
                ControlRecord::Integration(integration.clone()),
                ControlRecord::Agent(agent.clone()),
            ])
        };
        let active = state(&integration, &agent);
        assert!(active.integration(&id).is_some() && active.agent("thumbprint").is_some());
        assert_eq!(active.integrations(IntegrationPlatform::Generic).count(), 1);
        assert_eq!(
            active.integrations(IntegrationPlatform::Qualtrics).count(),
            0
        );
        integration.revoked_at = Some(Utc::now());
        agent.revoked_at = Some(Utc::now());
        let revoked = state(&integration, &agent);
        assert!(revoked.integration(&id).is_none() && revoked.agent("thumbprint").is_none());
        assert_eq!(
            revoked.integrations(IntegrationPlatform::Generic).count(),
            0
        );
        assert_eq!(
            (revoked.all_integrations().count(), revoked.agents().count()),
            (1, 1)
        );
    }
}
