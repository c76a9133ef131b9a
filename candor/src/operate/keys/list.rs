//! Keys as an operator sees them: what they may do and how long, never their texts or hashes.

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use schemas::control::{ApiKeyRecord, KeyKind, KeyMode};
use schemas::ids::OrganisationId;

use super::{Desk, print_json};

/// Options of `candor keys list`.
#[derive(Debug, Clone, Args)]
pub struct Listing {
    /// Only keys of this organisation
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<OrganisationId>,
    /// Also keys that have ended
    #[arg(long)]
    pub all: bool,
    /// A JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Prints the keys that are asked for, oldest first.
pub(super) fn print(desk: &Desk, listing: &Listing, now: DateTime<Utc>) -> anyhow::Result<()> {
    let state = desk.state();
    let wanted = |key: &&ApiKeyRecord| {
        let ours = listing.organisation.as_ref();
        ours.is_none_or(|ours| key.organisation == *ours) && (listing.all || key.is_active(now))
    };
    let keys = state.keys().map(AsRef::as_ref);
    let mut keys: Vec<&ApiKeyRecord> = keys.filter(wanted).collect();
    keys.sort_by_key(|key| key.created_at);
    for key in keys {
        if listing.json {
            print_json(&as_json(key, now)?)?;
        } else {
            println!("{}", as_line(key, now));
        }
    }
    Ok(())
}

/// Whether a key is accepted, and until when.
fn standing(key: &ApiKeyRecord, now: DateTime<Utc>) -> &'static str {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(end)) if end <= now => "expired",
        (None, Some(_)) => "ending",
        (None, None) => "active",
    }
}

fn as_json(key: &ApiKeyRecord, now: DateTime<Utc>) -> serde_json::Result<serde_json::Value> {
    let mut value = serde_json::to_value(key)?;
    if let Some(members) = value.as_object_mut() {
        members.remove("hash");
        members.insert("state".to_owned(), standing(key, now).into());
    }
    Ok(value)
}

fn as_line(key: &ApiKeyRecord, now: DateTime<Utc>) -> String {
    let kind = match key.kind {
        KeyKind::Publishable => "publishable",
        KeyKind::Secret => "secret",
    };
    let mode = match key.mode {
        KeyMode::Live => "live",
        KeyMode::Test => "test",
    };
    let until = key.expires_at.map_or_else(
        || "-".to_owned(),
        |end| end.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    let mut rights: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    rights.extend(key.origins.iter().map(|origin| origin.as_str()));
    let networks: Vec<String> = key.networks.iter().map(ToString::to_string).collect();
    rights.extend(networks.iter().map(String::as_str));
    rights.extend(key.surveys.iter().map(String::as_str));
    format!(
        "{}  {kind:<11} {mode}  …{}  {:<8} {until:<20} {}  {}  {}",
        key.id,
        key.hint,
        standing(key, now),
        key.organisation,
        rights.join(","),
        key.name.as_deref().unwrap_or_default(),
    )
    .trim_end()
    .to_owned()
}
