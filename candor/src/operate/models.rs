//! `candor models`: the learned models of the control topic. A version is written once, from a file that
//! `candor train` made, and is checked from its first byte to its last split before it is.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use chrono::{SecondsFormat, Utc};
use clap::Subcommand;
use control::{BUILTIN_MODEL, ControlState};
use detection::Model;
use detection::model::{BUILTIN_TREES, FORMAT};
use kafka::config::KafkaConfig;
use schemas::control::{ControlRecord, ModelContent, ModelRecord, sha256_hex};
use serde_json::json;

use super::{Desk, print_json};

/// What to do with models.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Write a version from a model's file; a version is never changed afterwards
    Put {
        /// The file
        file: PathBuf,
        /// What people should know of it (what the file says unless given)
        #[arg(long)]
        description: Option<String>,
    },
    /// List the versions there are
    List {
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Print what is known of a version, as a JSON object without its bytes
    Show {
        /// The version
        version: String,
    },
}

/// Runs the verb.
///
/// # Errors
/// When the control topic cannot be read, or there is no such version.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    // A file with a mistake is told without asking Kafka.
    if let Verb::Put { file, description } = verb {
        let record = record_of(&file, description)?;
        put(&Desk::open(&config).await?, record).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let desk = Desk::open(&config).await?;
    match verb {
        Verb::List { json } => list(&desk.state(), json)?,
        Verb::Show { version } => show(&desk.state(), &version)?,
        Verb::Put { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The model of a file.
///
/// # Errors
/// `FILE: why`.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<Model> {
    Ok(read(path)?.0)
}

fn read(path: &Path) -> anyhow::Result<(Model, Vec<u8>)> {
    let name = || path.display().to_string();
    let bytes = std::fs::read(path).with_context(name)?;
    let model = Model::decode(&bytes).with_context(name)?;
    Ok((model, bytes))
}

fn record_of(path: &Path, description: Option<String>) -> anyhow::Result<ModelRecord> {
    let (model, bytes) = read(path)?;
    let version = model.version().to_owned();
    ensure!(
        version != BUILTIN_TREES && version != BUILTIN_MODEL,
        "{}: {version} is a name of this program's own; give the model another version",
        path.display()
    );
    let said = &model.metadata().description;
    Ok(ModelRecord {
        version,
        description: description.or_else(|| (!said.is_empty()).then(|| said.clone())),
        created_at: Utc::now(),
        format: FORMAT.to_owned(),
        sha256: sha256_hex(&bytes),
        bytes: u64::try_from(bytes.len())?,
        content: ModelContent::base64(&bytes),
    })
}

async fn put(desk: &Desk, record: ModelRecord) -> anyhow::Result<()> {
    let version = record.version.clone();
    let written = desk.put_once(ControlRecord::Model(record)).await;
    let written = written.with_context(|| {
        format!(
            "the model {version} is there with other bytes, and sessions are judged by them. Give this one another version"
        )
    })?;
    written.say(&version);
    Ok(())
}

fn list(state: &ControlState, json: bool) -> anyhow::Result<()> {
    if !json {
        println!("{BUILTIN_MODEL}  no learned model takes part");
        if Model::builtin().is_some() {
            println!("{BUILTIN_TREES}  compiled in");
        }
    }
    for record in state.models() {
        if json {
            print_json(&described(record))?;
            continue;
        }
        let at = record.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let description = record.description.as_deref().unwrap_or("-");
        let (version, format, bytes) = (&record.version, &record.format, record.bytes);
        println!("{version}  {at}  {format}  {bytes} bytes  {description}");
    }
    Ok(())
}

fn show(state: &ControlState, version: &str) -> anyhow::Result<()> {
    match state.model(version) {
        Some(record) => print_json(&described(record)),
        None if version == BUILTIN_TREES && Model::builtin().is_some() => print_json(&json!({
            "version": version,
            "format": FORMAT,
            "content": "compiled in",
            "usable_here": true,
            "metadata": Model::builtin().map(|model| model.metadata()),
        })),
        None if version == BUILTIN_MODEL => {
            bail!("{BUILTIN_MODEL} means that no learned model takes part")
        }
        None => bail!("there is no model {version}; `candor models list` shows those there are"),
    }
}

fn described(record: &ModelRecord) -> serde_json::Value {
    let place = match &record.content {
        ModelContent::Base64(_) => "record",
        ModelContent::Reference(place) => place.as_str(),
    };
    let model = Model::from_record(record);
    json!({
        "version": record.version,
        "description": record.description,
        "created_at": record.created_at,
        "format": record.format,
        "sha256": record.sha256,
        "bytes": record.bytes,
        "content": place,
        "problem": model.as_ref().err().map(ToString::to_string),
        "usable_here": model.is_ok(),
        "metadata": model.as_ref().ok().map(Model::metadata),
    })
}
