//! A model as the control topic carries it.

use schemas::control::ModelRecord;

use super::{Model, ModelError};
use crate::ruleset::MODEL_FORMATS;

/// Why the model of a control record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableModel {
    /// Another format.
    #[error("this program cannot read models of the format {0}")]
    Format(String),
    /// Detectors fetch nothing.
    #[error("its bytes are not in the record, and detectors read no other place")]
    Elsewhere,
    /// The record's bytes are not what it says.
    #[error(transparent)]
    Record(#[from] schemas::control::ModelError),
    /// The bytes are no model.
    #[error(transparent)]
    Contents(#[from] ModelError),
    /// Two versions of one model.
    #[error("its bytes say that it is version {0}")]
    OtherVersion(String),
}

impl Model {
    /// The model of a control record, checked from hash to last split.
    ///
    /// # Errors
    /// [`UnusableModel`].
    pub fn from_record(record: &ModelRecord) -> Result<Self, UnusableModel> {
        if !MODEL_FORMATS.contains(&record.format.as_str()) {
            return Err(UnusableModel::Format(record.format.clone()));
        }
        let bytes = record.bytes()?.ok_or(UnusableModel::Elsewhere)?;
        let model = Model::decode(&bytes)?;
        if model.version() != record.version {
            return Err(UnusableModel::OtherVersion(model.version().to_owned()));
        }
        Ok(model)
    }
}
