//! `candor integrations`: the inbound webhooks of survey platforms and the secrets they prove
//! themselves with.
//!
//! A secret has to be used again, so it is sealed into the topic with a key made of
//! `CANDOR_SESSION_SECRET`. What is sealed is the text that the platform is given, prefix included.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use clap::{Args, Subcommand};
use control::random_text;
use control::seal::Sealer;
use kafka::config::KafkaConfig;
use runtime::config::{Config, Reader, Secret};
use schemas::control::{
    ControlRecord, Integration, IntegrationId, IntegrationPlatform, SealedSecret,
};
use schemas::ids::{OrganisationId, SessionSecret};
use zeroize::Zeroizing;

use super::keys::options::short_text;
use super::{Desk, print_json};

/// What secrets of Standard Webhooks start with; the rest is base64.
const GENERIC_PREFIX: &str = "whsec_";
/// How many bytes that may be.
const GENERIC_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Characters of a secret that is made for Qualtrics.
const QUALTRICS_CHARACTERS: usize = 40;

/// Settings of `candor integrations`.
#[derive(Debug, Clone)]
pub struct IntegrationsConfig {
    /// Kafka and its topics.
    pub kafka: KafkaConfig,
    /// The gateway's secret: seals what platforms sign with.
    pub session_secret: Option<Secret>,
}

impl Config for IntegrationsConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            kafka: KafkaConfig::read(reader),
            session_secret: reader.optional(
                "SESSION_SECRET",
                "the gateway's secret; seals the secrets of integrations (create and rotate)",
            ),
        }
    }
}

/// What to do with integrations.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Make an integration; prints its address and, once, its secret
    Create(Box<NewIntegration>),
    /// List integrations
    List {
        /// Only those of this organisation
        #[arg(long, value_name = "NAME")]
        organisation: Option<OrganisationId>,
        /// Also those that are revoked
        #[arg(long)]
        all: bool,
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Add a secret beside the one that is in use; with --finish, drop the older one
    Rotate(Rotation),
    /// End an integration: its webhooks are refused from now on
    Revoke {
        /// The integration's id, int_...
        id: IntegrationId,
    },
}

/// Options of `candor integrations create`.
#[derive(Debug, Clone, Args)]
pub struct NewIntegration {
    /// Whose sessions it ends
    #[arg(long, value_name = "NAME")]
    pub organisation: OrganisationId,
    /// Who calls: qualtrics, decipher or generic
    #[arg(long)]
    pub platform: IntegrationPlatform,
    /// What people call it
    #[arg(long, value_name = "TEXT", value_parser = short_text)]
    pub name: Option<String>,
    /// Takes the secret from a file instead of making one
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Where the platform reaches the gateway
    #[arg(
        long,
        value_name = "URL",
        default_value = "https://gateway.example.com"
    )]
    pub gateway: String,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `candor integrations rotate`.
#[derive(Debug, Clone, Args)]
pub struct Rotation {
    /// The integration's id, int_...
    pub id: IntegrationId,
    /// Takes the secret from a file instead of making one
    #[arg(long, value_name = "FILE", conflicts_with = "finish")]
    pub secret_file: Option<PathBuf>,
    /// The platform uses the new secret: the older one is not accepted any more
    #[arg(long)]
    pub finish: bool,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: IntegrationsConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Create(new) => create(*new, &config).await?,
        Verb::List {
            organisation,
            all,
            json,
        } => list(&Desk::open(&config.kafka).await?, organisation, all, json)?,
        Verb::Rotate(rotation) => rotate(rotation, &config).await?,
        Verb::Revoke { id } => revoke(&Desk::open(&config.kafka).await?, &id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(new: NewIntegration, config: &IntegrationsConfig) -> anyhow::Result<()> {
    let secret = secret_for(new.platform, new.secret_file.as_deref())?;
    let id = IntegrationId::from_random(rand::random());
    let secrets = match &secret {
        Some(secret) => vec![sealed(config, &id, secret)?],
        None => vec![],
    };
    let address = format!(
        "{}/api/v1/integrations/webhooks/{}?integration={id}",
        new.gateway.trim_end_matches('/'),
        new.platform.as_str()
    );
    let desk = Desk::open(&config.kafka).await?;
    let integration = Integration {
        id: id.clone(),
        organisation: new.organisation,
        platform: new.platform,
        name: new.name,
        secrets,
        created_at: Utc::now(),
        revoked_at: None,
    };
    desk.put(ControlRecord::Integration(integration)).await?;
    show(
        &id,
        Some(&address),
        secret.as_deref().map(String::as_str),
        new.json,
    )?;
    if secret.is_none() {
        eprintln!("Decipher does not sign: let the survey send a key or an ingest token");
    }
    Ok(())
}

async fn rotate(rotation: Rotation, config: &IntegrationsConfig) -> anyhow::Result<()> {
    let desk = Desk::open(&config.kafka).await?;
    let id = rotation.id;
    let mut integration = find(&desk, &id)?;
    ensure!(integration.is_active(), "{id} is revoked");
    if rotation.finish {
        ensure!(
            integration.secrets.len() > 1,
            "{id} has one secret; there is nothing to finish"
        );
        integration.secrets.truncate(1);
        desk.put(ControlRecord::Integration(integration)).await?;
        eprintln!("only the newest secret of {id} is accepted now");
        return Ok(());
    }
    let secret = secret_for(integration.platform, rotation.secret_file.as_deref())?;
    let Some(secret) = secret else {
        bail!("{id} has no secret: Decipher authenticates with a key; see `candor keys rotate`");
    };
    // The newest first; a third would keep a secret alive that was meant to go.
    integration.secrets.insert(0, sealed(config, &id, &secret)?);
    integration.secrets.truncate(2);
    desk.put(ControlRecord::Integration(integration)).await?;
    show(&id, None, Some(&secret), rotation.json)?;
    eprintln!("both secrets are accepted until `candor integrations rotate {id} --finish`");
    Ok(())
}

async fn revoke(desk: &Desk, id: &IntegrationId) -> anyhow::Result<()> {
    let integration = find(desk, id)?;
    if let Some(revoked_at) = integration.revoked_at {
        eprintln!("{id} was revoked at {}", revoked_at.to_rfc3339());
        return Ok(());
    }
    // Nothing has to be proved with its secrets any more.
    let revoked = Integration {
        revoked_at: Some(Utc::now()),
        secrets: vec![],
        ..integration
    };
    desk.put(ControlRecord::Integration(revoked)).await?;
    eprintln!("{id} is revoked");
    Ok(())
}

fn find(desk: &Desk, id: &IntegrationId) -> anyhow::Result<Integration> {
    let state = desk.state();
    match state.all_integrations().find(|found| found.id == *id) {
        Some(found) => Ok(Integration::clone(found)),
        None => bail!(
            "there is no integration {id}; `candor integrations list --all` shows those there are"
        ),
    }
}

fn list(
    desk: &Desk,
    organisation: Option<OrganisationId>,
    all: bool,
    json: bool,
) -> anyhow::Result<()> {
    let state = desk.state();
    for found in state.all_integrations() {
        let ours = organisation
            .as_ref()
            .is_none_or(|ours| found.organisation == *ours);
        if !ours || !(all || found.is_active()) {
            continue;
        }
        let standing = if found.is_active() {
            "active"
        } else {
            "revoked"
        };
        let name = found.name.as_deref().unwrap_or_default();
        if json {
            print_json(&serde_json::json!({
                "id": found.id, "organisation": found.organisation, "platform": found.platform,
                "name": found.name, "state": standing, "secrets": found.secrets.len(),
                "created_at": found.created_at, "revoked_at": found.revoked_at,
            }))?;
        } else {
            let platform = found.platform.as_str();
            let line = format!(
                "{}  {platform:<9}  {standing:<7}  {}  {name}",
                found.id, found.organisation
            );
            println!("{}", line.trim_end());
        }
    }
    Ok(())
}

fn sealed(
    config: &IntegrationsConfig,
    id: &IntegrationId,
    secret: &str,
) -> anyhow::Result<SealedSecret> {
    let Some(session) = &config.session_secret else {
        bail!(
            "CANDOR_SESSION_SECRET is needed to seal the secret; give the one that the gateway has"
        );
    };
    let session = SessionSecret::new(session.expose()).context("CANDOR_SESSION_SECRET")?;
    Ok(Sealer::new(&session).seal(id, secret.as_bytes())?)
}

/// The secret that a platform will prove itself with; none for a platform that cannot.
fn secret_for(
    platform: IntegrationPlatform,
    file: Option<&Path>,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    if platform == IntegrationPlatform::Decipher {
        ensure!(
            file.is_none(),
            "Decipher cannot sign, so there is no secret to give; leave --secret-file out"
        );
        return Ok(None);
    }
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        let secret = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        check_secret(platform, &secret)
            .with_context(|| format!("{} holds no secret", path.display()))?;
        return Ok(Some(secret));
    }
    Ok(Some(match platform {
        IntegrationPlatform::Generic => {
            let random = Zeroizing::new(rand::random::<[u8; 32]>());
            Zeroizing::new(format!("{GENERIC_PREFIX}{}", STANDARD.encode(*random)))
        }
        IntegrationPlatform::Qualtrics | IntegrationPlatform::Decipher => {
            random_text(QUALTRICS_CHARACTERS)
        }
    }))
}

fn check_secret(platform: IntegrationPlatform, secret: &str) -> anyhow::Result<()> {
    if platform == IntegrationPlatform::Generic {
        let bytes = secret
            .strip_prefix(GENERIC_PREFIX)
            .map(|rest| STANDARD.decode(rest));
        let fine = matches!(&bytes, Some(Ok(bytes)) if GENERIC_BYTES.contains(&bytes.len()));
        ensure!(
            fine,
            "a secret of Standard Webhooks is whsec_ and base64 of 24 to 64 bytes"
        );
    }
    let printable = secret.bytes().all(|c| c.is_ascii_graphic());
    ensure!(
        printable && (16..=256).contains(&secret.len()),
        "a secret has 16 to 256 printable characters without spaces"
    );
    Ok(())
}

fn show(
    id: &IntegrationId,
    address: Option<&str>,
    secret: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        return print_json(&serde_json::json!({ "id": id, "address": address, "secret": secret }));
    }
    println!("id       {id}");
    if let Some(address) = address {
        println!("address  {address}");
    }
    if let Some(secret) = secret {
        println!("secret   {secret}");
        eprintln!("enter it at the platform now: it cannot be shown again");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntegrationPlatform::{Decipher, Generic, Qualtrics};

    #[test]
    fn made_secrets_pass_the_check_and_are_new_each_time() {
        for platform in [Generic, Qualtrics] {
            let one = secret_for(platform, None).unwrap().unwrap();
            let two = secret_for(platform, None).unwrap().unwrap();
            check_secret(platform, &one).unwrap();
            assert_ne!(*one, *two);
        }
        assert!(secret_for(Decipher, None).unwrap().is_none());
    }

    #[test]
    fn secrets_that_prove_nothing_are_refused() {
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        for (platform, bad) in [
            (Generic, "0123456789abcdef0123456789abcdef"),
            (Generic, "whsec_not base64"),
            (Generic, short.as_str()),
            (Qualtrics, "short"),
            (Qualtrics, "has a space in it, which is lost"),
        ] {
            assert!(check_secret(platform, bad).is_err(), "{bad}");
        }
        let good = format!("whsec_{}", STANDARD.encode([1; 24]));
        assert!(check_secret(Generic, &good).is_ok());
    }
}
