//! Gradient-boosted trees as a learner: rows of features in, a model of the detector's format out.

use detection::model::{Features, Metadata, Model, ModelFile};
use training::{CalibrationKind, Options, Samples};

use crate::learn::{Learner, Predictor, Table};

/// Rows from which the calibration may be a curve of many steps.
const ISOTONIC_ROWS: usize = 2000;

/// Learns trees.
#[derive(Debug, Clone, Default)]
pub struct Trees {
    /// How.
    pub options: Options,
}

impl Trees {
    /// Trees for trying many folds: fewer and larger steps than those of a model that is to be used.
    pub fn quick() -> Self {
        Self {
            options: Options {
                trees: 120,
                learning_rate: 0.1,
                patience: 15,
                ..Options::default()
            },
        }
    }

    /// The model of a table, with what people should know of it.
    ///
    /// # Errors
    /// A sentence, when nothing can be learned from the table.
    pub fn file(
        &self,
        table: &Table,
        seed: u64,
        (version, metadata): (&str, Metadata),
    ) -> Result<ModelFile, String> {
        if table.rows.is_empty() {
            return Err("there is nothing left to learn from".to_owned());
        }
        let mut samples = Samples {
            names: Features::NAMES.map(str::to_owned).into(),
            ..Samples::default()
        };
        for (place, row) in table.rows.iter().enumerate() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a weight needs no more digits"
            )]
            let weight = table.weights[place] as f32;
            samples.push(row, table.bots[place], weight, table.folds[place]);
        }
        let calibration = if table.rows.len() < ISOTONIC_ROWS {
            CalibrationKind::Platt
        } else {
            CalibrationKind::Isotonic
        };
        let options = Options {
            seed,
            ..self.options.clone()
        };
        training::fit(&samples, &options, calibration)
            .and_then(|fitted| fitted.into_file(version, metadata))
            .map_err(|error| error.to_string())
    }
}

impl Learner for Trees {
    fn fit(&self, table: &Table, seed: u64) -> Result<Box<dyn Predictor>, String> {
        let file = self.file(table, seed, ("left-out", Metadata::default()))?;
        let model = Model::from_file(file).map_err(|error| error.to_string())?;
        Ok(Box::new(model))
    }
}

impl Predictor for Model {
    fn probability(&self, row: &[f32]) -> f64 {
        // A row of another length is none of the detector's; nothing is measured of it.
        let features = row.try_into().map(Features::from_values);
        self.predict(&features.unwrap_or_default())
    }

    fn model(&self) -> Option<&Model> {
        Some(self)
    }
}
