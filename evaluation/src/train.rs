//! A model learned from a data set, with its data, licences, figures and seed.
//!
//! Only sessions whose licence allows it teach, and of these only such as have enough to be judged: where no rule has,
//! the model is silent. People and families of generators are left out together while the model calibrates itself,
//! and its figures are those of what was left out.

use std::collections::BTreeMap;

use detection::model::{Metadata, ModelFile, TrainingData};

use crate::dataset::{DataSet, Session};
use crate::judge::Judge;
use crate::left_out::{Trial, left_out, table};
use crate::licence;
use crate::trees::Trees;

/// What to learn from.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only these sources; all when empty.
    pub sources: Vec<String>,
    /// Version of the model, an identifier.
    pub version: String,
    /// Seed of the learning.
    pub seed: u64,
}

/// What was learned.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model.
    pub file: ModelFile,
    /// What was left aside, a sentence each.
    pub left_aside: Vec<String>,
}

/// Nothing was learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotTrained {
    /// Why.
    pub reason: String,
    /// What was left aside, a sentence each.
    pub left_aside: Vec<String>,
}

/// Learns a model from `set`.
///
/// # Errors
/// [`NotTrained`], when nothing can be learned.
pub fn train(set: &DataSet, wanted: &Wanted) -> Result<Trained, NotTrained> {
    let judge = Judge::default();
    let mut aside: BTreeMap<String, usize> = BTreeMap::new();
    let mut places = Vec::new();
    for (place, session, _) in set.labelled() {
        match may_teach(session, wanted, &judge) {
            Ok(()) => places.push(place),
            Err(reason) => *aside.entry(reason).or_default() += 1,
        }
    }
    let left_aside = aside
        .into_iter()
        .map(|(reason, sessions)| format!("{sessions} sessions left aside: {reason}"))
        .collect();
    match learn(set, &places, wanted, &judge) {
        Ok(file) => Ok(Trained { file, left_aside }),
        Err(reason) => Err(NotTrained { reason, left_aside }),
    }
}

fn learn(
    set: &DataSet,
    places: &[usize],
    wanted: &Wanted,
    judge: &Judge,
) -> Result<ModelFile, String> {
    if places.is_empty() {
        return Err("no session may teach".to_owned());
    }
    let chosen = DataSet::of(
        "chosen",
        places
            .iter()
            .map(|place| set.sessions[*place].clone())
            .collect(),
    );
    let rows: Vec<Vec<f32>> = chosen
        .sessions
        .iter()
        .map(|session| session.window.features().values().to_vec())
        .collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let metadata = Metadata {
        description: "Gradient-boosted trees over the features of a window, beside the rules."
            .to_owned(),
        created_by: concat!("candor ", env!("CARGO_PKG_VERSION")).to_owned(),
        seed: wanted.seed,
        data: data(&chosen),
        metrics: metrics(&chosen, judge, wanted),
        ..Metadata::default()
    };
    Trees::default().file(
        &table(&chosen, &rows, &all),
        wanted.seed,
        (&wanted.version, metadata),
    )
}

fn may_teach(session: &Session, wanted: &Wanted, judge: &Judge) -> Result<(), String> {
    let source = &session.source;
    if !wanted.sources.is_empty() && !wanted.sources.contains(source) {
        return Err(format!("{source} is not asked for"));
    }
    licence::check(session.licence.as_deref()).map_err(|refusal| format!("{source}: {refusal}"))?;
    if !judge.alone(&session.window).data_sufficiency.sufficient {
        return Err(format!("{source}: too little in the session to be judged"));
    }
    Ok(())
}

/// The data by source and licence.
fn data(set: &DataSet) -> Vec<TrainingData> {
    let mut sources: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for session in &set.sessions {
        let licence = session.licence.as_deref().unwrap_or_default();
        let counts = sources.entry((&session.source, licence)).or_default();
        match session.bot {
            Some(true) => counts.1 += 1,
            _ => counts.0 += 1,
        }
    }
    sources
        .into_iter()
        .map(|((name, licence), (people, bots))| TrainingData {
            name: name.to_owned(),
            licence: licence.to_owned(),
            people,
            bots,
        })
        .collect()
}

/// Figures of models that have not seen what they are asked about.
fn metrics(set: &DataSet, judge: &Judge, wanted: &Wanted) -> BTreeMap<String, f64> {
    let judged = judge.judge(set);
    let found = left_out(
        set,
        &judged,
        &Trial {
            learner: &Trees::quick(),
            features: &|window| window.features().values().to_vec(),
            judge,
            seed: wanted.seed,
        },
    );
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    let mut metrics = BTreeMap::new();
    if let Some(auc) = found.auc {
        metrics.insert("auc, source or generator left out".to_owned(), rounded(auc));
    }
    for row in &found.sources {
        if let Some(rate) = row.model.rate {
            metrics.insert(
                format!("false positives, left out: {}", row.name),
                rounded(rate),
            );
        }
    }
    for row in &found.generators {
        if let Some(rate) = row.model.rate {
            metrics.insert(format!("recall, left out: {}", row.name), rounded(rate));
        }
    }
    metrics
}
