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
