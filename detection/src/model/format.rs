//! The file of a model: `candor.trees.v1`, JSON, and what is refused of it.
//!
//! Invariant: what passes [`ModelFile::check`] can be predicted with: every index exists, every tree is a
//! tree, every number is finite, and the longest way through all trees is bounded.

use std::collections::BTreeMap;

use schemas::control::MAX_MODEL_BYTES;
use schemas::event::field::is_identifier;
use serde::{Deserialize, Serialize};

use super::calibration::Calibration;

/// Name of the format.
pub const FORMAT: &str = "candor.trees.v1";
/// Most trees.
const MAX_TREES: usize = 4096;
/// Most splits that a prediction may take, all trees together: at 5 ns each well below 100 µs.
const MAX_PATH: usize = 16_384;

/// A model as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// [`FORMAT`].
    pub format: String,
    /// The model's version, an identifier.
    pub version: String,
    /// Names of the features that splits refer to by place.
    pub features: Vec<String>,
    /// Log-odds before any tree.
    pub base_score: f32,
    /// The trees; their leaves add to the base score.
    pub trees: Vec<TreeFile>,
    /// From log-odds to probability.
    pub calibration: Calibration,
    /// What it was made of.
    pub metadata: Metadata,
}

/// One tree: arrays over its splits, the root first and children after their parents, and over its leaves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeFile {
    /// Place of the feature that each split looks at.
    pub feature: Vec<u16>,
    /// A value up to and including this goes left.
    pub threshold: Vec<f32>,
    /// Whether a missing value goes left.
    pub missing_left: Vec<bool>,
    /// Child of a value that goes left: a split, or the leaf `-1 - child` if negative.
    pub left: Vec<i32>,
    /// Child of a value that goes right, likewise.
    pub right: Vec<i32>,
    /// Log-odds that each leaf adds.
    pub value: Vec<f32>,
    /// Weight of the training rows that reached each leaf.
    pub cover: Vec<f32>,
}

/// What people should know of a model: takes no part in predictions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// A sentence.
    pub description: String,
    /// The program that trained it.
    pub created_by: String,
    /// Seed of the training.
    pub seed: u64,
    /// The data it was trained on.
    pub data: Vec<TrainingData>,
    /// Parameters of the training.
    pub parameters: BTreeMap<String, f64>,
    /// Measured on data left out of the training.
    pub metrics: BTreeMap<String, f64>,
    /// Share of each feature in what the splits gained.
    pub importance: BTreeMap<String, f64>,
}

/// One set of training data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingData {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Rows of people.
    pub people: u64,
    /// Rows of bots.
    pub bots: u64,
}

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Not JSON of this form.
    #[error("not a model: {0}")]
    Malformed(String),
    /// Another format.
    #[error("the format is `{0}`; this program reads {FORMAT}")]
    Format(String),
    /// The version is none.
    #[error("`{0}` is no version: it has 1 to 64 characters of A-Za-z0-9_.:-")]
    Version(String),
    /// Larger than a model may be.
    #[error("{what}: {count}, and at most {most} are accepted")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        count: usize,
        /// How much there may be.
        most: usize,
    },
    /// This program does not measure it.
    #[error("this program knows no feature `{0}`")]
    UnknownFeature(String),
    /// A feature twice.
    #[error("the feature `{0}` is there twice")]
    SameFeature(String),
    /// Something in a tree does not fit.
    #[error("tree {tree}: {problem}")]
    Tree {
        /// The tree, from 0.
        tree: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A number that is none.
    #[error("{0} is not a finite number")]
    NotFinite(&'static str),
    /// The calibration is no rising curve.
    #[error("calibration: {0}")]
    Calibration(&'static str),
}

impl ModelFile {
    /// Reads a file and checks everything.
    ///
    /// # Errors
    /// [`ModelError`] for the first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        at_most("bytes", bytes.len(), MAX_MODEL_BYTES)?;
        let file: Self = serde_json::from_slice(bytes).map_err(|error| {
            // Another format is not expected to have these members.
            match serde_json::from_slice::<FormatOnly>(bytes) {
                Ok(other) if other.format != FORMAT => ModelError::Format(shortened(&other.format)),
                _ => ModelError::Malformed(error.to_string()),
            }
        })?;
        file.check()?;
        Ok(file)
    }

    /// The bytes of the file; equal models give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Finite numbers, strings and arrays: nothing that JSON could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether it can be predicted with.
    ///
    /// # Errors
    /// [`ModelError`] for the first thing that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.format != FORMAT {
            return Err(ModelError::Format(shortened(&self.format)));
        }
        if !is_identifier(&self.version) {
            return Err(ModelError::Version(shortened(&self.version)));
        }
        if !self.base_score.is_finite() {
            return Err(ModelError::NotFinite("base_score"));
        }
        at_most("trees", self.trees.len(), MAX_TREES)?;
        self.places()?;
        let mut path = 0;
        for (tree, contents) in self.trees.iter().enumerate() {
            let depth = contents.depth(self.features.len());
            path += depth.map_err(|problem| ModelError::Tree { tree, problem })?;
        }
        at_most("splits on the longest way", path, MAX_PATH)?;
        self.calibration.check().map_err(ModelError::Calibration)
    }

    /// Where each feature is in [`super::Features`].
    pub(super) fn places(&self) -> Result<Vec<u16>, ModelError> {
        let mut places = Vec::with_capacity(self.features.len().min(super::Features::COUNT));
        for name in &self.features {
            let place = super::Features::place(name).and_then(|place| u16::try_from(place).ok());
            let place = place.ok_or_else(|| ModelError::UnknownFeature(shortened(name)))?;
            if places.contains(&place) {
                return Err(ModelError::SameFeature(name.clone()));
            }
            places.push(place);
        }
        Ok(places)
    }
}

/// Enough to tell another format from a mistake.
#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

impl TreeFile {
    /// The longest way to a leaf, if this is a tree of that many features.
    fn depth(&self, features: usize) -> Result<usize, &'static str> {
        let splits = self.feature.len();
        let lengths = [
            self.threshold.len(),
            self.missing_left.len(),
            self.left.len(),
            self.right.len(),
        ];
        if lengths != [splits; 4] {
            return Err("its arrays over splits differ in length");
        }
        if self.value.len() != splits + 1 || self.cover.len() != splits + 1 {
            return Err("a tree has one leaf more than splits");
        }
        if self
            .feature
            .iter()
            .any(|feature| usize::from(*feature) >= features)
        {
            return Err("a split looks at a feature that is not listed");
        }
        let numbers = || self.threshold.iter().chain(&self.value).chain(&self.cover);
        if numbers().any(|number| !number.is_finite())
            || self.cover.iter().any(|cover| *cover < 0.0)
        {
            return Err("a number is not finite, or a cover is negative");
        }
        self.longest_way()
    }

    /// A child lies behind its parent and has no other one, so there is no circle and nothing is left over.
    fn longest_way(&self) -> Result<usize, &'static str> {
        let splits = self.feature.len();
        let mut depths = vec![0usize; splits];
        let mut reached_leaves = vec![false; splits + 1];
        let mut longest = 0;
        for split in 0..splits {
            if split > 0 && depths[split] == 0 {
                return Err("a split is no child of any before it");
            }
            for child in [self.left[split], self.right[split]] {
                longest = longest.max(depths[split] + 1);
                if let Ok(child) = usize::try_from(child) {
                    if child <= split || child >= splits || depths[child] > 0 {
                        return Err(
                            "a child is not behind its parent, does not exist, or has two parents",
                        );
                    }
                    depths[child] = depths[split] + 1;
                } else {
                    let leaf = reached_leaves.get_mut(!child as usize);
                    match leaf {
                        Some(reached) if !*reached => *reached = true,
                        _ => return Err("a leaf does not exist or has two parents"),
                    }
                }
            }
        }
        Ok(longest)
    }
}

fn at_most(what: &'static str, count: usize, most: usize) -> Result<(), ModelError> {
    if count > most {
        return Err(ModelError::TooLarge { what, count, most });
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}
