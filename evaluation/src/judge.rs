//! Verdicts of a data set, survey by survey, as `candor score` gives them for one file.

use std::time::Instant;

use detection::{BUILTIN_MODEL, Judges, Model, Ruleset, SessionSketch, Window, survey};
use schemas::verdict::Verdict;

use crate::dataset::DataSet;

/// The verdict on one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The verdict, coordination included.
    pub verdict: Verdict,
    /// Whether the session alone, without the others of its survey, is called a bot.
    pub alone_is_bot: bool,
    /// Microseconds that the verdict on the session alone took.
    pub micros: f64,
}

impl Judged {
    /// Whether a method of behaviour had enough data, whatever it found: found or not, the session counts.
    pub fn has_enough(&self) -> bool {
        self.verdict.data_sufficiency.sufficient
    }

    /// Whether nothing was said: too little data, and nothing found in what there was.
    pub fn abstained(&self) -> bool {
        !self.has_enough() && !self.verdict.is_bot
    }
}

/// How sessions are judged.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    ruleset: Ruleset,
    model: Option<Model>,
}

impl Judge {
    /// Version of the rules.
    pub fn ruleset_version(&self) -> &str {
        &self.ruleset.version
    }

    /// Version of the model.
    pub fn model_version(&self) -> &str {
        self.model.as_ref().map_or(BUILTIN_MODEL, Model::version)
    }

    /// The rules with `model` beside them.
    pub fn with_model(model: Model) -> Self {
        Self {
            model: Some(model),
            ..Self::default()
        }
    }

    /// The verdict on a window alone, with another model beside the rules.
    pub fn beside(&self, window: &Window, model: Option<&Model>) -> Verdict {
        window.verdict(Judges {
            ruleset: &self.ruleset,
            model,
        })
    }

    /// The verdict on a window alone.
    pub fn alone(&self, window: &Window) -> Verdict {
        self.beside(window, self.model.as_ref())
    }

    /// The verdicts on the windows of one survey, in their order, with what they have in common.
    pub fn survey(&self, windows: &[&Window]) -> Vec<Verdict> {
        let sketches: Vec<SessionSketch> = windows.iter().map(|window| window.sketch()).collect();
        let mut verdicts: Vec<Verdict> = windows.iter().map(|window| self.alone(window)).collect();
        for (verdict, found) in verdicts.iter_mut().zip(survey::coordinated(&sketches)) {
            survey::apply(verdict, found, &self.ruleset);
        }
        verdicts
    }

    /// Judges all sessions of `set`, each by the window that `window` picks.
    pub fn all(
        &self,
        set: &DataSet,
        window: impl Fn(&crate::dataset::Session) -> &Window,
    ) -> Vec<Verdict> {
        set.sessions
            .chunk_by(|a, b| a.survey == b.survey)
            .flat_map(|survey| {
                let windows: Vec<&Window> = survey.iter().map(&window).collect();
                self.survey(&windows)
            })
            .collect()
    }

    /// Judges all sessions of `set` with everything that was recorded.
    pub fn judge(&self, set: &DataSet) -> Vec<Judged> {
        let verdicts = self.all(set, |session| &session.window);
        set.sessions
            .iter()
            .zip(verdicts)
            .map(|(session, verdict)| {
                let started = Instant::now();
                let alone = self.alone(&session.window);
                Judged {
                    verdict,
                    alone_is_bot: alone.is_bot,
                    micros: started.elapsed().as_secs_f64() * 1e6,
                }
            })
            .collect()
    }
}
