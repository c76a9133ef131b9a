//! `candor keys`: makes, lists, rotates and revokes API keys.
//!
//! A key's text is shown when it is made and cannot be shown again: the topic has its hash only.

mod adopt;
mod list;
pub(super) mod options;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use control::{NewKey, NewKeyOptions};
use kafka::config::KafkaConfig;
use schemas::control::{ApiKeyRecord, ControlRecord, KeyId};
use zeroize::Zeroizing;

pub use adopt::adopt;
pub use list::Listing;
pub use options::NewKeyArguments;

use super::{Desk, duration, print_json};

/// What to do with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Make a key and print it, once
    Create(Box<NewKeyArguments>),
    /// List keys; their texts are not known any more
    List(Listing),
    /// Make a key with the same rights; the old one goes on for a while
    Rotate {
        /// The key's id, key_...
        id: KeyId,
        /// How long the old key is still accepted
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration::parse)]
        overlap: TimeDelta,
        /// Prints a JSON object
        #[arg(long)]
        json: bool,
    },
    /// End a key at once, for ever
    Revoke {
        /// The key's id, key_...
        id: KeyId,
    },
}

/// Runs the verb.
///
/// # Errors
/// When the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    let now = Utc::now();
    match verb {
        Verb::Create(arguments) => {
            let (json, file) = (arguments.json, arguments.key_file.clone());
            let options = arguments.check(now)?;
            match file {
                Some(file) => take(&config, options, &file, json).await?,
                None => create(&Desk::open(&config).await?, options, json).await?,
            }
        }
        Verb::List(listing) => list::print(&Desk::open(&config).await?, &listing, now)?,
        Verb::Rotate { id, overlap, json } => {
            rotate(&Desk::open(&config).await?, &id, now + overlap, json).await?;
        }
        Verb::Revoke { id } => revoke(&Desk::open(&config).await?, &id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(desk: &Desk, options: NewKeyOptions, json: bool) -> anyhow::Result<()> {
    let key = options.make(Utc::now());
    desk.put(ControlRecord::ApiKey(key.record.clone())).await?;
    show(&key, json)
}

async fn take(
    config: &KafkaConfig,
    options: NewKeyOptions,
    file: &Path,
    json: bool,
) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let text = text.trim();
    adopt::check(&options, text).with_context(|| format!("{} holds no key", file.display()))?;
    let id = adopt(&Desk::open(config).await?, options, text).await?;
    if json {
        return print_json(&serde_json::json!({ "id": id }));
    }
    println!("id   {id}");
    Ok(())
}

async fn rotate(desk: &Desk, id: &KeyId, end: DateTime<Utc>, json: bool) -> anyhow::Result<()> {
    let now = Utc::now();
    let old = find(desk, id)?;
    if let Some(successor) = &old.replaced_by {
        bail!("{id} was rotated before; {successor} has taken its place");
    }
    ensure!(old.is_active(now), "{id} has ended; make a new key instead");
    let new = successor(&old, now).make(now);
    // The new key first: if the second write fails, both work and nobody is locked out.
    desk.put(ControlRecord::ApiKey(new.record.clone())).await?;
    show(&new, json)?;
    let ending = ApiKeyRecord {
        expires_at: Some(old.expires_at.map_or(end, |planned| planned.min(end))),
        replaced_by: Some(new.record.id.clone()),
        ..old
    };
    desk.put(ControlRecord::ApiKey(ending)).await?;
    eprintln!("{id} is accepted until {}", end.to_rfc3339());
    Ok(())
}

/// The rights of a key for the one that takes its place. A key that was made for a time is replaced by
/// one for as long.
fn successor(old: &ApiKeyRecord, now: DateTime<Utc>) -> NewKeyOptions {
    NewKeyOptions {
        organisation: old.organisation.clone(),
        kind: old.kind,
        mode: old.mode,
        name: old.name.clone(),
        scopes: old.scopes.clone(),
        origins: old.origins.clone(),
        surveys: old.surveys.clone(),
        networks: old.networks.clone(),
        limit: old.limit,
        expires_at: old.expires_at.map(|end| now + (end - old.created_at)),
    }
}

async fn revoke(desk: &Desk, id: &KeyId) -> anyhow::Result<()> {
    let key = find(desk, id)?;
    if let Some(revoked_at) = key.revoked_at {
        eprintln!("{id} was revoked at {}", revoked_at.to_rfc3339());
        return Ok(());
    }
    let revoked = ApiKeyRecord {
        revoked_at: Some(Utc::now()),
        ..key
    };
    desk.put(ControlRecord::ApiKey(revoked)).await?;
    eprintln!("{id} is revoked");
    Ok(())
}

fn find(desk: &Desk, id: &KeyId) -> anyhow::Result<ApiKeyRecord> {
    match desk.state().key(id) {
        Some(key) => Ok(ApiKeyRecord::clone(key)),
        None => bail!("there is no key {id}; `candor keys list --all` shows those there are"),
    }
}

fn show(key: &NewKey, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&serde_json::json!({ "id": key.record.id, "key": *key.text }));
    }
    println!("id   {}\nkey  {}", key.record.id, *key.text);
    eprintln!("keep the key now: it cannot be shown again");
    Ok(())
}
