//! The learned part, asked about sources and generators that it has never seen.

use detection::Window;
use serde::Serialize;

use crate::dataset::DataSet;
use crate::folds::{self, Fold, LeftOut};
use crate::judge::{Judge, Judged};
use crate::learn::{Learner, Predictor, Table};
use crate::licence;
use crate::metrics::{Scored, Share, auc, number};
use crate::populations::median;

/// Probability from which the learned part alone is counted as speaking for automation.
const SPEAKS_FROM: f64 = 0.8;

/// Folds in which a learner calibrates itself.
const INNER_FOLDS: usize = 4;

/// What became of one fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOutRow {
    /// The source or the family of generators that was absent from training.
    pub name: String,
    /// Sessions of it that were asked about.
    pub sessions: usize,
    /// Those with enough data.
    pub judged: usize,
    /// Called bots by the fixed rules, each session alone, of those with enough data.
    pub rules: Share,
    /// Spoken against by the model, of those with enough data.
    pub model: Share,
    /// Called bots by the rules with the model beside them, of those with enough data.
    pub together: Share,
    /// Median probability of the model.
    pub median_probability: Option<f64>,
}

/// All folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOutReport {
    /// People, their source left out.
    pub sources: Vec<LeftOutRow>,
    /// Bots, their generator left out.
    pub generators: Vec<LeftOutRow>,
    /// Area under the ROC curve of the model's probability over sessions with enough data, each asked while
    /// its source or generator was left out.
    pub auc: Option<f64>,
    /// Sessions that may teach.
    pub cleared: usize,
    /// Why folds could not be learned, a sentence each.
    pub problems: Vec<String>,
}

/// What a learner needs to be tried on a data set.
pub struct Trial<'a> {
    /// Who learns.
    pub learner: &'a dyn Learner,
    /// The row of features of a window.
    pub features: &'a dyn Fn(&Window) -> Vec<f32>,
    /// The rules that the model votes beside.
    pub judge: &'a Judge,
    /// Seed of the learning.
    pub seed: u64,
}

impl std::fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// The table of the sessions at `places`; people and bots weigh the same in sum, and so do, among each, the
/// sources of people and the families of bots.
pub fn table(set: &DataSet, rows: &[Vec<f32>], places: &[usize]) -> Table {
    let group = |place: &usize| {
        let session = &set.sessions[*place];
        let bot = session.bot == Some(true);
        (
            bot,
            if bot {
                folds::family(session)
            } else {
                session.source.as_str()
            },
        )
    };
    let mut sizes = std::collections::BTreeMap::new();
    for place in places {
        *sizes.entry(group(place)).or_insert(0) += 1;
    }
    let groups = |bots: bool| number(sizes.keys().filter(|(bot, _)| *bot == bots).count());
    let (bots, people) = (groups(true), groups(false));
    let weight = |place: &usize| {
        let group = group(place);
        let shared = if group.0 { bots } else { people };
        number(places.len()) / 2.0 / shared / number(sizes[&group])
    };
    let folds: std::collections::BTreeMap<usize, u32> = (0..)
        .zip(folds::grouped(set, places, INNER_FOLDS))
        .flat_map(|(fold, members)| members.into_iter().map(move |place| (place, fold)))
        .collect();
    Table {
        rows: places.iter().map(|place| rows[*place].clone()).collect(),
        bots: places
            .iter()
            .map(|place| set.sessions[*place].bot == Some(true))
            .collect(),
        weights: places.iter().map(weight).collect(),
        folds: places.iter().map(|place| folds[place]).collect(),
    }
}

/// Tries the learner on every fold. Only sessions whose licence allows it teach; all are asked.
pub fn left_out(set: &DataSet, judged: &[Judged], trial: &Trial<'_>) -> LeftOutReport {
    let rows: Vec<Vec<f32>> = set
        .sessions
        .iter()
        .map(|session| (trial.features)(&session.window))
        .collect();
    // Where the rules have too little, the model is silent: it neither learns nor speaks there.
    let may_teach = |place: &usize| {
        judged[*place].has_enough()
            && licence::check(set.sessions[*place].licence.as_deref()).is_ok()
    };
    let mut report = LeftOutReport {
        sources: Vec::new(),
        generators: Vec::new(),
        auc: None,
        cleared: set
            .labelled()
            .filter(|(place, ..)| may_teach(place))
            .count(),
        problems: Vec::new(),
    };
    let mut scored = Vec::new();
    let mut taught = Taught::default();
    let folds = folds::leave_one_source_out(set).into_iter();
    for mut fold in folds.chain(folds::leave_one_generator_out(set)) {
        fold.train.retain(may_teach);
        let learn = || {
            let table = table(set, &rows, &fold.train);
            trial.learner.fit(&table, trial.seed)
        };
        match taught.by(&fold.train, learn) {
            Ok(predictor) => {
                let asked = Asked {
                    set,
                    judged,
                    rows: &rows,
                    predictor,
                    judge: trial.judge,
                };
                scored.extend(asked.scored(&fold));
                report.add(&fold, asked.row(&fold));
            }
            Err(problem) => report
                .problems
                .push(format!("without {}: {problem}", fold.left_out.name())),
        }
    }
    report.auc = auc(&scored);
    report
}

impl LeftOutReport {
    fn add(&mut self, fold: &Fold, row: LeftOutRow) {
        match fold.left_out {
            LeftOut::Source(_) => self.sources.push(row),
            LeftOut::Generator(_) => self.generators.push(row),
        }
    }
}

/// What was learned last: sources that may not teach leave the same sessions behind.
#[derive(Default)]
struct Taught(Option<(Vec<usize>, Box<dyn Predictor>)>);

impl Taught {
    fn by(
        &mut self,
        train: &[usize],
        learn: impl FnOnce() -> Result<Box<dyn Predictor>, String>,
    ) -> Result<&dyn Predictor, String> {
        let last = match self.0.take() {
            Some(last) if last.0 == train => last,
            _ => (train.to_vec(), learn()?),
        };
        Ok(self.0.insert(last).1.as_ref())
    }
}

struct Asked<'a> {
    set: &'a DataSet,
    judged: &'a [Judged],
    rows: &'a [Vec<f32>],
    predictor: &'a dyn Predictor,
    judge: &'a Judge,
}

impl Asked<'_> {
    fn probability(&self, place: usize) -> f64 {
        self.predictor.probability(&self.rows[place])
    }

    fn enough<'f>(&'f self, fold: &'f Fold) -> impl Iterator<Item = usize> + 'f {
        let places = fold.test.iter().copied();
        places.filter(|place| self.judged[*place].has_enough())
    }

    fn scored(&self, fold: &Fold) -> Vec<Scored> {
        self.enough(fold)
            .map(|place| Scored {
                score: self.probability(place),
                bot: self.set.sessions[place].bot == Some(true),
                weight: 1.0,
            })
            .collect()
    }

    fn row(&self, fold: &Fold) -> LeftOutRow {
        let name = fold.left_out.name();
        let rules = |place: usize| self.judged[place].alone_is_bot;
        let model = |place: usize| self.probability(place) >= SPEAKS_FROM;
        LeftOutRow {
            name: name.to_owned(),
            sessions: fold.test.len(),
            judged: self.enough(fold).count(),
            rules: Share::of(self.enough(fold), rules),
            model: Share::of(self.enough(fold), model),
            together: Share::of(self.enough(fold), |place| match self.predictor.model() {
                Some(model) => {
                    let window = &self.set.sessions[place].window;
                    self.judge.beside(window, Some(model)).is_bot
                }
                None => rules(place) || model(place),
            }),
            median_probability: median(
                self.enough(fold)
                    .map(|place| self.probability(place))
                    .collect(),
            ),
        }
    }
}
