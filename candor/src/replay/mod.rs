//! `candor replay`: history scored again, into a topic of its own, and compared with what was said then.
//!
//! This is how a ruleset is judged before sessions are judged by it. The events topic is read as the
//! worker reads it, in the log's order, with the worker's own windows; the only difference is the ruleset.
//! In scope are the sessions whose first record lies between two moments of broker time, and of those
//! the windows that begin there. Partitions are read one after the other, each past the second moment until those
//! windows are over, and what is kept of a window is its judgement: memory grows with sessions, never
//! with events.
//!
//! Nothing that runs is touched: no group, no commit, no write to any topic but the new one.

mod compare;
mod pass;
mod recorded;
mod report;
mod results;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{DateTime, SubsecRound, Utc};
use clap::Args;
use control::ControlState;
use detection::{BUILTIN_MODEL, Model, Ruleset};
use detector_worker::config::WindowConfig;
use detector_worker::versions::Versions;
use kafka::config::KafkaConfig;
use kafka::scan::{ScanOptions, spans};
use runtime::config::{Config, Reader};
use schemas::event::field::is_identifier;
use schemas::ids::OrganisationId;
use schemas::session::StampedVersions;

use crate::operate::duration::moment;
use crate::operate::{Desk, models, rulesets, versions};
use pass::{Pass, Reach};
use results::{Results, Side};

/// Longest wait for Kafka's next word.
const PATIENCE: Duration = Duration::from_secs(30);

/// Options of `candor replay`.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Sessions that began from then on: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: DateTime<Utc>,
    /// Sessions that began before: a time, or a length of time ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub to: DateTime<Utc>,
    /// The ruleset that judges: a version of the control topic, or a file (as each session's stamp says unless given)
    #[arg(long, value_name = "VERSION|FILE")]
    pub ruleset: Option<String>,
    /// The model that votes beside it: a version of the control topic, `none`, or a file (as each session's stamp says unless given)
    #[arg(long, value_name = "VERSION|FILE")]
    pub model: Option<String>,
    /// Only sessions of this survey
    #[arg(long, value_name = "SURVEY")]
    pub survey: Option<String>,
    /// Only sessions of this organisation
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<OrganisationId>,
    /// Name of the new topic, {prefix}.verdicts.replay.NAME (the time of day unless given)
    #[arg(long, value_name = "NAME", value_parser = topic_name)]
    pub into: Option<String>,
    /// Most changed sessions that are listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub list: usize,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

fn topic_name(text: &str) -> Result<String, String> {
    if is_identifier(text) && !text.contains(':') {
        Ok(text.to_owned())
    } else {
        Err("a name is 1 to 64 characters of A-Za-z0-9_.-".to_owned())
    }
}

/// Settings of the detectors whose history it is: they must be what those were.
#[derive(Debug, Clone)]
pub struct ReplayConfig {
    /// How to reach Kafka.
    pub kafka: KafkaConfig,
    /// Topic that is read; `{prefix}.events.v1` unless set.
    pub events_topic: String,
    /// Topic that is compared with; `{prefix}.verdicts.v1` unless set.
    pub verdicts_topic: String,
    /// Windows.
    pub windows: WindowConfig,
}

impl Config for ReplayConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let kafka = KafkaConfig::read(reader);
        let topics = kafka.topics();
        let mut topic = |name, usual, help| reader.optional(name, help).unwrap_or(usual);
        Self {
            events_topic: topic(
                "EVENTS_TOPIC",
                topics.events,
                "topic that is read, {prefix}.events.v1 unless set",
            ),
            verdicts_topic: topic(
                "VERDICTS_TOPIC",
                topics.verdicts,
                "topic that is compared with, {prefix}.verdicts.v1 unless set",
            ),
            windows: WindowConfig::read(reader),
            kafka,
        }
    }
}

/// Versions that judge instead of those stamped.
#[derive(Debug, Clone, Default)]
struct Instead {
    ruleset: Option<String>,
    model: Option<String>,
}

impl Instead {
    /// Puts them in the place of what was stamped. A shadow judges nothing that is compared.
    fn stamp(&self, versions: &mut StampedVersions) {
        if let Some(ruleset) = &self.ruleset {
            versions.ruleset.clone_from(ruleset);
        }
        if let Some(model) = &self.model {
            versions.model.clone_from(model);
        }
        versions.shadow = None;
    }
}

/// What is tried, read from a file or found in the topic.
#[derive(Debug, Default)]
struct Tried {
    ruleset: Option<Ruleset>,
    /// `Some(None)`: without a model.
    model: Option<Option<Model>>,
}

impl Tried {
    /// Files are read before Kafka is asked, so that a mistake in one is told at once.
    fn of_files(options: &Options) -> anyhow::Result<Self> {
        let file = |given: &Option<String>| {
            let path = given.as_deref().map(PathBuf::from);
            path.filter(|path| path.is_file())
        };
        let ruleset = file(&options.ruleset).map(|path| rulesets::read_file(&path));
        let model = file(&options.model).map(|path| models::read_file(&path));
        Ok(Self {
            ruleset: ruleset.transpose()?,
            model: model.transpose()?.map(Some),
        })
    }

    /// What is no file is a version of the topic.
    fn or_of_topic(mut self, options: &Options, state: &ControlState) -> anyhow::Result<Self> {
        if let (None, Some(version)) = (&self.ruleset, &options.ruleset) {
            self.ruleset = Some(versions::ruleset(state, version)?);
        }
        if let (None, Some(version)) = (&self.model, &options.model) {
            let found = versions::model(state, version)?;
            self.model = Some(found.map(|model| Model::clone(&model)));
        }
        Ok(self)
    }

    fn names(&self) -> Instead {
        let model = |model: &Option<Model>| {
            let version = model.as_ref().map_or(BUILTIN_MODEL, Model::version);
            version.to_owned()
        };
        Instead {
            ruleset: self.ruleset.as_ref().map(|ruleset| ruleset.version.clone()),
            model: self.model.as_ref().map(model),
        }
    }
}

/// What is replayed, and how.
struct Plan {
    config: ReplayConfig,
    options: Options,
    versions: Versions,
    /// What judges every session, instead of what is stamped on them.
    judge: Instead,
    /// The topic that is written.
    into: String,
}

/// Reads history, writes verdicts, compares, and prints.
///
/// # Errors
/// When topics cannot be read or written, the ruleset is none, or the range is too large, in a sentence.
pub async fn command(options: Options, config: ReplayConfig) -> anyhow::Result<ExitCode> {
    ensure!(options.from < options.to, "--from must be before --to");
    ensure!(
        options.to <= Utc::now(),
        "--to must not be in the future: sessions go on beginning until then"
    );
    let tried = Tried::of_files(&options)?;
    let desk = Desk::open(&config.kafka).await?;
    let tried = tried.or_of_topic(&options, &desk.state())?;
    let name = options.into.clone();
    let name = name.unwrap_or_else(|| Utc::now().format("%Y%m%d-%H%M%S").to_string());
    let plan = Plan {
        into: format!("{}.verdicts.replay.{name}", config.kafka.prefix),
        judge: tried.names(),
        versions: known(&desk.state(), tried),
        options,
        config,
    };
    drop(desk);
    let plan = Arc::new(plan);
    let reaches = {
        let plan = Arc::clone(&plan);
        let reading = tokio::task::spawn_blocking(move || reaches(&plan));
        reading.await.context("the reading failed")??
    };
    results::create_topic(&plan.config.kafka, &plan.into, reaches.len()).await?;
    let work = tokio::task::spawn_blocking(move || run(&plan, reaches));
    work.await.context("the replay failed")?
}

/// Everything that can be read here, and what is tried.
fn known(state: &ControlState, tried: Tried) -> Versions {
    let rulesets = state.rulesets().filter_map(|record| {
        Ruleset::decode(&record.version, &record.thresholds)
            .inspect_err(|error| eprintln!("the ruleset {} is left out: {error}", record.version))
            .ok()
    });
    let models = state.models().filter_map(|record| {
        Model::from_record(record)
            .inspect_err(|error| eprintln!("the model {} is left out: {error}", record.version))
            .ok()
    });
    let model = tried.model.flatten();
    Versions::of(rulesets.chain(tried.ruleset), models.chain(model))
}

/// Where the range lies in each partition.
fn reaches(plan: &Plan) -> anyhow::Result<Vec<Reach>> {
    let at = |time: DateTime<Utc>| {
        let options = ScanOptions {
            topic: &plan.config.events_topic,
            since_ms: Some(time.timestamp_millis()),
            patience: PATIENCE,
        };
        spans(&plan.config.kafka, options)
    };
    // Later things are asked first, so that no partition ends before what was found in it.
    let (to, from) = (at(plan.options.to)?, at(plan.options.from)?);
    let mut reaches = Vec::with_capacity(from.len());
    for span in from {
        let end = to.iter().find(|end| end.partition == span.partition);
        let end = end.context("the events topic has got more partitions a moment ago")?;
        reaches.push(Reach {
            span,
            to: end.from.max(span.from),
        });
    }
    Ok(reaches)
}

fn run(plan: &Plan, reaches: Vec<Reach>) -> anyhow::Result<ExitCode> {
    let mut results = Results::new(&plan.config.kafka, &plan.into)?;
    let mut counts = pass::Counts::default();
    let mut replayed: HashMap<results::Key, Option<Side>> = HashMap::new();
    for reach in reaches {
        let sides = Pass::new(plan, reach)?.run(&mut results, &mut counts)?;
        replayed.extend(sides);
    }
    results.finish()?;
    let since = plan.options.from.trunc_subsecs(3);
    let recorded = recorded::read(plan, since, &replayed)?;
    let difference = compare::compare(&replayed, &recorded, plan.options.list);
    report::print(plan, &counts, &difference)?;
    Ok(ExitCode::SUCCESS)
}
