//! The records of the control topic, as its log says: the newest of each key.
//!
//! A record that cannot be read is counted and never touches another key. What happens to its own key
//! depends on what is safe: a key, integration or agent whose terms cannot be read is not accepted any
//! more, and an experiment takes no more sessions; settings stay as they were, because without them a
//! deny list would fall away. Rulesets and models stay as they were, too, and whatever says something
//! else of a known version is refused: sessions are under way that are judged by it.

use std::collections::BTreeMap;

use schemas::control::{ControlError, ControlKey, ControlRecord};

use crate::state::ControlState;

/// The newest readable record of each key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(BTreeMap<ControlKey, ControlRecord>);

impl Table {
    /// Takes up one record of the log; `None` removes its key.
    ///
    /// # Errors
    /// Why the record cannot be read.
    pub(crate) fn apply(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), ControlError> {
        let text = String::from_utf8_lossy(key);
        let key = ControlKey::parse(&text)?;
        let Some(value) = value else {
            self.0.remove(&key);
            return Ok(());
        };
        match ControlRecord::decode(&key, value) {
            Ok(record) => {
                let held = self.0.get(&key);
                if held.is_some_and(|held| !record.may_replace(held)) {
                    let key = key.to_string();
                    return Err(ControlError::ContentsChanged { key });
                }
                self.0.insert(key, record);
                Ok(())
            }
            Err(error) => {
                if !outlives_bad_values(&key) {
                    self.0.remove(&key);
                }
                Err(error)
            }
        }
    }

    /// The view of these records.
    pub(crate) fn state(&self) -> ControlState {
        ControlState::of(self.0.values().cloned())
    }
}

fn outlives_bad_values(key: &ControlKey) -> bool {
    match key {
        ControlKey::Organisation(_)
        | ControlKey::Survey(..)
        | ControlKey::Ruleset(_)
        | ControlKey::Model(_) => true,
        ControlKey::ApiKey(_)
        | ControlKey::Integration(_)
        | ControlKey::Agent(_)
        | ControlKey::Experiment(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_key, any_record};
    use chrono::Utc;
    use proptest::prelude::*;
    use schemas::control::{Arm, Experiment, RulesetRecord};
    use std::collections::HashMap;

    #[derive(Debug, Clone)]
    enum Step {
        Put(Box<ControlRecord>),
        Remove(ControlKey),
        Foreign(String, Vec<u8>),
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => any_record().prop_map(|record| Step::Put(Box::new(record))),
            2 => any_key().prop_map(Step::Remove),
            // Never a key of the model, so that what it holds must not change.
            1 => ("[a-z]{0,8}", any::<Vec<u8>>()).prop_map(|(key, value)| Step::Foreign(key, value)),
        ]
    }

    fn put(table: &mut Table, record: &ControlRecord) -> Result<(), &'static str> {
        let value = record.encode().unwrap();
        let applied = table.apply(record.key().to_string().as_bytes(), Some(&value));
        applied.map_err(|error| error.kind())
    }

    fn ruleset(bot_score: f64) -> ControlRecord {
        let thresholds = serde_json::json!({ "bot_score": bot_score });
        ControlRecord::Ruleset(RulesetRecord {
            version: "strict-2".to_owned(),
            description: None,
            created_at: Utc::now(),
            thresholds: thresholds.as_object().cloned().unwrap(),
        })
    }

    #[test]
    fn the_contents_of_a_version_stay_what_they_were_first() {
        let mut table = Table::default();
        assert_eq!(put(&mut table, &ruleset(0.5)), Ok(()));
        assert_eq!(put(&mut table, &ruleset(0.4)), Err("contents_changed"));
        let bad = table.apply(b"ruleset/strict-2", Some(b"{}")).unwrap_err();
        assert_eq!(bad.kind(), "bad_value");
        assert_eq!(put(&mut table, &ruleset(0.5)), Ok(()));
        let state = table.state();
        let held = state.ruleset("strict-2").unwrap();
        assert_eq!(held.thresholds["bot_score"], 0.5);
    }

    #[test]
    fn an_experiments_arms_stay_and_its_end_is_final() {
        let mut experiment = Experiment {
            name: "colours".to_owned(),
            description: None,
            arms: vec![Arm {
                name: "a".to_owned(),
                share: 500,
                ruleset: "strict-2".to_owned(),
                model: "none".to_owned(),
            }],
            organisations: vec![],
            surveys: vec![],
            started_at: Utc::now(),
            ended_at: None,
            shadow: None,
        };
        let mut table = Table::default();
        let mut put = |experiment: &Experiment| {
            put(&mut table, &ControlRecord::Experiment(experiment.clone()))
        };
        assert_eq!(put(&experiment), Ok(()));
        experiment.arms[0].share = 400;
        assert_eq!(put(&experiment), Err("contents_changed"));
        experiment.arms[0].share = 500;
        experiment.ended_at = Some(Utc::now());
        assert_eq!(put(&experiment), Ok(()));
        experiment.ended_at = None;
        assert_eq!(put(&experiment), Err("contents_changed"));
        // A value that no session could be shared out by ends it as well.
        let shares = br#"{"name":"colours","arms":[],"started_at":"2026-01-01T00:00:00Z"}"#;
        let bad = table.apply(b"experiment/colours", Some(shares));
        assert_eq!(bad.unwrap_err().kind(), "bad_value");
        assert_eq!(table.state().counts().experiments, 0);
    }

    proptest! {
        #[test]
        fn the_state_is_what_the_last_writer_of_each_key_wrote(steps in prop::collection::vec(any_step(), 0..60)) {
            let mut table = Table::default();
            let mut model: HashMap<ControlKey, ControlRecord> = HashMap::new();
            for step in steps {
                match step {
                    Step::Put(record) => {
                        let value = record.encode().unwrap();
                        table.apply(record.key().to_string().as_bytes(), Some(&value)).unwrap();
                        model.insert(record.key(), *record);
                    }
                    Step::Remove(key) => {
                        table.apply(key.to_string().as_bytes(), None).unwrap();
                        model.remove(&key);
                    }
                    Step::Foreign(key, value) => {
                        prop_assert!(table.apply(key.as_bytes(), Some(&value)).is_err());
                    }
                }
            }
            let mut expected: Vec<_> = model.into_values().collect();
            expected.sort_by_key(ControlRecord::key);
            prop_assert_eq!(table.state(), ControlState::of(expected));
        }

        #[test]
        fn no_bytes_make_the_table_panic(key: Vec<u8>, value: Option<Vec<u8>>) {
            let mut table = Table::default();
            let _ = table.apply(&key, value.as_deref());
            prop_assert_eq!(table.state().counts(), crate::Counts::default());
        }
    }
}
