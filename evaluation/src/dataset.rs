//! A set of recorded and simulated sessions, each folded the ways that the evaluation needs.
//!
//! Sessions are read one at a time; what stays of each is its windows and what the recording says of it. A
//! file is one survey. Paths are sorted, so that the same folder gives the same set on every machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use detection::Window;
use generators::augment::{DeviceClass, seen_by};
use generators::{Generator, Kind, Mix};
use schemas::event::EventType;
use schemas::recording::{RecordedEvent, Recording};

use crate::fold::{FoldError, fold_events};
use crate::recordings::Recordings;

/// Least time between two moves of the thinned variant, milliseconds: a slow remote desktop.
pub const THINNED_STEP_MS: f64 = 110.0;
/// Activity from which a person is expected to be judged, milliseconds.
pub const ACTIVE_MS: f64 = 20_000.0;

/// Movements of a session that is copied: a survey of some pages.
const ORIGINAL_MOVEMENTS: usize = 8;
/// Sessions of a source that are copied.
const ORIGINALS: usize = 10;

/// A session and what is said of it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its name.
    pub name: String,
    /// Place of its file in [`DataSet::surveys`]; a simulated person has a number of its own.
    pub survey: usize,
    /// Whether it is automated; `None` when the recording does not say.
    pub bot: Option<bool>,
    /// Where it was recorded.
    pub source: String,
    /// Which generator or task.
    pub kind: String,
    /// Who was recorded.
    pub user: Option<String>,
    /// What may be done with it.
    pub licence: Option<String>,
    /// From the first event to the last, milliseconds.
    pub duration_ms: f64,
    /// Its events.
    pub events: usize,
    /// Keys of text: letters, digits, spaces, marks.
    pub text_keys: usize,
    /// Microseconds that folding took.
    pub fold_micros: f64,
    /// All its events, folded.
    pub window: Window,
    /// Without events of focus, pages and insertions.
    pub bare: Window,
    /// With moves at least [`THINNED_STEP_MS`] apart.
    pub thinned: Window,
}

/// One file, or the simulated sessions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Survey {
    /// The file as it was found.
    pub name: String,
    /// Sessions of it.
    pub sessions: usize,
}

/// Everything that is evaluated.
#[derive(Debug, Default)]
pub struct DataSet {
    /// The files, in order.
    pub surveys: Vec<Survey>,
    /// The sessions, survey by survey.
    pub sessions: Vec<Session>,
    /// People who moved enough to be recognised by a copy, with their places in `sessions`: few of each source.
    pub originals: Vec<(usize, Recording)>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
    /// Whether a file or folder is missing, empty or cannot be opened.
    pub incomplete: bool,
    /// Seed of variations; `None` adds none.
    pub(crate) variations: Option<u64>,
    /// Whether sessions that are added come from the generators.
    pub(crate) simulating: bool,
}

impl Session {
    /// Folds a recording of survey `survey`.
    ///
    /// # Errors
    /// [`FoldError`] when its events make no batches.
    pub fn new(recording: &Recording, survey: usize) -> Result<Self, FoldError> {
        let started = Instant::now();
        let folded = fold_events(&recording.events)?;
        let fold_micros = started.elapsed().as_secs_f64() * 1e6;
        let bare = recording.events.iter().filter(|event| !is_leaky(event));
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "not stated".to_owned());
        let times = || recording.events.iter().map(|event| event.offset_ms);
        let first = times().fold(f64::INFINITY, f64::min);
        Ok(Self {
            name: recording.session_id.clone(),
            survey,
            bot: match recording.label.as_deref() {
                Some("bot") => Some(true),
                Some("human") => Some(false),
                _ => None,
            },
            source: text(&recording.source),
            kind: text(&recording.kind),
            user: recording.user.clone(),
            licence: recording.licence.clone(),
            duration_ms: (times().fold(first, f64::max) - first).max(0.0),
            events: recording.events.len(),
            text_keys: recording
                .events
                .iter()
                .filter(|event| is_text_key(event))
                .count(),
            fold_micros,
            window: folded.window,
            bare: fold_events(bare)?.window,
            thinned: fold_events(thinned(&recording.events))?.window,
        })
    }

    /// Whether it lasted long enough that a person is expected to be judged.
    pub fn is_active(&self) -> bool {
        self.duration_ms >= ACTIVE_MS
    }
}

fn is_text_key(event: &RecordedEvent) -> bool {
    let key = match event.event_type() {
        Some(EventType::Keypress) => event.word("key"),
        Some(EventType::Keystroke) if event.word("action") == Some("down") => event.word("key"),
        _ => None,
    };
    matches!(key, Some("letter" | "digit" | "space" | "punctuation"))
}

/// Events that only some sources record, so that their presence tells where a session comes from.
fn is_leaky(event: &RecordedEvent) -> bool {
    match event.event_type() {
        Some(EventType::Focus | EventType::Blur | EventType::Visibility | EventType::PageView) => {
            true
        }
        Some(EventType::Paste) => event.word("source") == Some("insertion"),
        _ => false,
    }
}

/// The events with moves at least [`THINNED_STEP_MS`] apart, as a slower stream would report them.
fn thinned(events: &[RecordedEvent]) -> impl Iterator<Item = &RecordedEvent> {
    let mut last_move = f64::NEG_INFINITY;
    events.iter().filter(move |event| {
        if event.event_type() != Some(EventType::MouseMove) {
            return true;
        }
        let kept = event.offset_ms - last_move >= THINNED_STEP_MS - 1.0;
        if kept {
            last_move = event.offset_ms;
        }
        kept
    })
}

impl DataSet {
    /// Reads every recording under `paths`, files and folders. What cannot be read is a problem of the set,
    /// not the end.
    pub fn read(paths: &[PathBuf]) -> Self {
        let mut set = Self::default();
        set.add_paths(paths);
        set
    }

    /// An empty set that adds, to each session with moves, what coarser recorders would have seen of it: for
    /// learning, so that a model does not learn one recorder's habits.
    pub fn with_variations(seed: u64) -> Self {
        Self {
            variations: Some(seed),
            ..Self::default()
        }
    }

    /// Reads every recording under `paths` into the set.
    pub fn add_paths(&mut self, paths: &[PathBuf]) {
        for path in paths {
            match files(path) {
                Ok(files) if files.is_empty() => self.missing(format!(
                    "{}: no file ending in .jsonl or .jsonl.gz in this folder",
                    path.display()
                )),
                Ok(files) => files.iter().for_each(|file| self.read_file(file)),
                Err(error) => self.missing(format!("{}: {error}", path.display())),
            }
        }
    }

    fn missing(&mut self, problem: String) {
        self.problems.push(problem);
        self.incomplete = true;
    }

    fn read_file(&mut self, path: &Path) {
        let name = path.display().to_string();
        let recordings = match Recordings::open(path) {
            Ok(recordings) => recordings,
            Err(error) => return self.missing(format!("{name}: {error}")),
        };
        let before = self.sessions.len();
        self.surveys.push(Survey {
            name: name.clone(),
            sessions: 0,
        });
        for item in recordings {
            match item {
                Ok(recording) => self.add(&recording, &name),
                Err(bad) => self.problems.push(bad.to_string()),
            }
        }
        let read = &self.sessions[before..];
        if read.is_empty() {
            self.problems
                .push(format!("{name}: no recorded session in this file"));
        } else if read.iter().all(|session| session.bot.is_none()) {
            self.problems.push(format!(
                "{name}: none of its {} sessions has a label (human or bot): they are judged and counted nowhere",
                read.len()
            ));
        }
        self.close_survey(before);
    }

    fn add(&mut self, recording: &Recording, file: &str) {
        let person = recording.label.as_deref() == Some("human");
        let survey = if person && self.simulating {
            // No number of a file: those count from 0.
            usize::MAX - self.sessions.len()
        } else {
            self.surveys.len() - 1
        };
        match Session::new(recording, survey) {
            Ok(session) => {
                self.keep_original(&session, recording);
                let (survey, window) = (session.survey, session.window);
                self.sessions.push(session);
                self.add_variations(recording, survey, &window);
            }
            Err(error) => {
                let session = &recording.session_id;
                self.problems
                    .push(format!("{file}: session {session}: {error}"));
            }
        }
    }

    fn add_variations(&mut self, recording: &Recording, survey: usize, window: &Window) {
        let Some(seed) = self.variations else {
            return;
        };
        for class in DeviceClass::ALL {
            let mut seen = seen_by(recording, class, seed);
            seen.session_id = format!("{}/{class:?}", recording.session_id);
            match Session::new(&seen, survey) {
                // A recording without moves, or a coarser one, looks the same to the device.
                Ok(varied) if varied.window != *window => self.sessions.push(varied),
                _ => {}
            }
        }
    }

    /// A survey of `sessions` that are already folded.
    pub fn of(name: &str, sessions: Vec<Session>) -> Self {
        Self {
            surveys: vec![Survey {
                name: name.to_owned(),
                sessions: sessions.len(),
            }],
            sessions,
            ..Self::default()
        }
    }

    fn keep_original(&mut self, session: &Session, recording: &Recording) {
        let of_source =
            |(place, _): &&(usize, Recording)| self.sessions[*place].source == session.source;
        if session.bot == Some(false)
            && session.window.sketch().movements() >= ORIGINAL_MOVEMENTS
            && self.originals.iter().filter(of_source).count() < ORIGINALS
        {
            self.originals
                .push((self.sessions.len(), recording.clone()));
        }
    }

    fn close_survey(&mut self, before: usize) {
        if let Some(survey) = self.surveys.last_mut() {
            survey.sessions = self.sessions.len() - before;
        }
    }

    /// Adds `count` sessions of every kind that the generators know, as one survey.
    pub fn simulate(&mut self, seed: u64, count: u64) {
        self.simulate_kinds(&Kind::ALL, seed, count);
    }

    /// Adds `count` sessions of each of `kinds`. Bots make one survey. Every simulated person is a survey of its own:
    /// one program moves them all, so beside each other they resemble one another as people do not.
    pub fn simulate_kinds(&mut self, kinds: &[Kind], seed: u64, count: u64) {
        self.simulating = true;
        let before = self.sessions.len();
        let name = format!("simulated, {count} of each kind, seed {seed}");
        self.surveys.push(Survey {
            name: name.clone(),
            sessions: 0,
        });
        for kind in kinds {
            let generator = Generator::new(seed, Mix::only(*kind));
            for index in 0..count {
                match generator.session(index).to_recording() {
                    Ok(mut recording) => {
                        recording.licence = Some(OWN_LICENCE.to_owned());
                        if recording.label.as_deref() == Some("human") {
                            // Every simulated person is another one.
                            recording.user = Some(recording.session_id.clone());
                        }
                        self.add(&recording, &name);
                    }
                    Err(error) => self
                        .problems
                        .push(format!("{name}: {kind} {index}: {error}")),
                }
            }
        }
        self.simulating = false;
        self.close_survey(before);
    }

    /// The sessions that say what they are.
    pub fn labelled(&self) -> impl Iterator<Item = (usize, &Session, bool)> {
        self.sessions
            .iter()
            .enumerate()
            .filter_map(|(index, session)| Some((index, session, session.bot?)))
    }
}

/// Licence of simulated sessions: they are made by this program.
const OWN_LICENCE: &str = "own";

/// The recordings under `path`, sorted; a file that is named itself is taken whatever its name.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut entries = fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.to_string_lossy();
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
            found.push(entry);
        }
    }
    Ok(found)
}
