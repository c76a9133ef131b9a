//! One survey, scored: every session by itself, then beside the others.
//!
//! Owns how an offline run comes to the verdicts it shows: each session is folded and judged as it is read, and of it
//! only the verdict and its sketch (under a kilobyte) stay; when all are read, what sessions have in common is added to
//! their verdicts ([`detection::survey`]). Sessions come out in the order in which they went in.

use std::collections::BTreeMap;
use std::sync::Arc;

use detection::{Judges, Model, Ruleset, SessionSketch, Window, survey};
use schemas::recording::Recording;
use schemas::verdict::Verdict;

use crate::fold::{FoldError, fold};

/// A session with the verdict that it has beside the others of its survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The recording's own name.
    pub session_id: String,
    /// `human`, `bot`, or absent; carried through.
    pub label: Option<String>,
    /// Where it was recorded; carried through.
    pub source: Option<String>,
    /// Which generator or task; carried through.
    pub kind: Option<String>,
    /// The verdict, coordination included.
    pub verdict: Verdict,
}

/// The sessions of one survey so far.
#[derive(Debug)]
pub struct SurveyScoring {
    ruleset: Ruleset,
    model: Option<Arc<Model>>,
    scored: Vec<Scored>,
    sketches: Vec<SessionSketch>,
}

impl SurveyScoring {
    /// A survey without sessions, judged by `ruleset`.
    pub fn new(ruleset: Ruleset) -> Self {
        Self {
            ruleset,
            model: None,
            scored: Vec::new(),
            sketches: Vec::new(),
        }
    }

    /// The same with a model that votes beside the rules.
    pub fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { model, ..self }
    }

    /// Folds and judges one session; gives back the events that the allow-list refused, by code.
    ///
    /// # Errors
    /// [`FoldError`] when its events do not make batches; it is not part of the survey then.
    pub fn add(
        &mut self,
        recording: &Recording,
    ) -> Result<BTreeMap<&'static str, usize>, FoldError> {
        let folded = fold(recording)?;
        self.add_folded(recording, &folded.window);
        Ok(folded.rejected)
    }

    /// Judges one session that has been folded.
    pub fn add_folded(&mut self, recording: &Recording, window: &Window) {
        let judges = Judges {
            ruleset: &self.ruleset,
            model: self.model.as_deref(),
        };
        self.scored.push(Scored {
            session_id: recording.session_id.clone(),
            label: recording.label.clone(),
            source: recording.source.clone(),
            kind: recording.kind.clone(),
            verdict: window.verdict(judges),
        });
        self.sketches.push(window.sketch());
    }

    /// The sessions in the order in which they were added, with what they have in common in their verdicts.
    pub fn finish(mut self) -> Vec<Scored> {
        let found = survey::coordinated(&self.sketches);
        for (scored, found) in self.scored.iter_mut().zip(found) {
            survey::apply(&mut scored.verdict, found, &self.ruleset);
        }
        self.scored
    }
}
