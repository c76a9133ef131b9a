//! The records of the control topic, as its log says: the newest of each key.
//!
//! A record that cannot be read is counted and never touches another key. What happens to its own key
//! depends on what is safe: a key, integration or agent whose terms cannot be read is not accepted any
//! more; settings stay as they were, because without them a deny list would fall away.

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
                self.0.insert(key, record);
                Ok(())
            }
            Err(error) => {
                if !is_settings(&key) {
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

fn is_settings(key: &ControlKey) -> bool {
    match key {
        ControlKey::Organisation(_) | ControlKey::Survey(..) => true,
        ControlKey::ApiKey(_) | ControlKey::Integration(_) | ControlKey::Agent(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_key, any_record};
    use proptest::prelude::*;
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
