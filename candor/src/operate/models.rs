//! `candor models`: the learned models of the control topic. They are written by whoever trains them;
//! this program has no format of its own yet, so it lists and shows.

use std::process::ExitCode;

use anyhow::bail;
use chrono::SecondsFormat;
use clap::Subcommand;
use control::{BUILTIN_MODEL, ControlState};
use detection::MODEL_FORMATS;
use kafka::config::KafkaConfig;
use schemas::control::{ModelContent, ModelRecord};
use serde_json::json;

use super::{Desk, print_json};

/// What to do with models.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
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
    let desk = Desk::open(&config).await?;
    match verb {
        Verb::List { json } => list(&desk.state(), json)?,
        Verb::Show { version } => show(&desk.state(), &version)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(state: &ControlState, json: bool) -> anyhow::Result<()> {
    if !json {
        println!("{BUILTIN_MODEL}  no learned model takes part");
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
        None if version == BUILTIN_MODEL => {
            bail!("{BUILTIN_MODEL} means that no learned model takes part")
        }
        None => bail!("there is no model {version}; `candor models list` shows those there are"),
    }
}

fn described(record: &ModelRecord) -> serde_json::Value {
    let (place, sound) = match &record.content {
        ModelContent::Base64(_) => ("record", Some(record.bytes().map_err(|e| e.to_string()))),
        ModelContent::Reference(place) => (place.as_str(), None),
    };
    json!({
        "version": record.version,
        "description": record.description,
        "created_at": record.created_at,
        "format": record.format,
        "sha256": record.sha256,
        "bytes": record.bytes,
        "content": place,
        "problem": sound.and_then(Result::err),
        "usable_here": MODEL_FORMATS.contains(&record.format.as_str()),
    })
}
