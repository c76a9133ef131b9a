//! `candor agents`: public keys of declared agents, whose signatures (Web Bot Auth, RFC 9421) are
//! believed.
//!
//! A key is named by its JWK thumbprint (RFC 7638), which is the `keyid` of the agent's signatures.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use clap::{ArgGroup, Args, Subcommand};
use ed25519_dalek::VerifyingKey;
use kafka::config::KafkaConfig;
use schemas::control::{AgentKey, ControlKey, ControlRecord, Origin};
use schemas::event::field::is_identifier;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Desk, print_json};

/// What to do with agents.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Believe signatures of an agent's key
    Add(NewAgent),
    /// List the keys that are believed
    List {
        /// A JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Believe a key no more
    Remove {
        /// The key's thumbprint
        key_id: String,
    },
}

/// Options of `candor agents add`.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("key").required(true).args(["public_key", "jwk_file"])))]
pub struct NewAgent {
    /// What the agent is called, e.g. example-agent
    #[arg(long, value_name = "NAME", value_parser = agent_name)]
    pub agent: String,
    /// Its Ed25519 public key, base64url of 32 bytes
    #[arg(long, value_name = "X", value_parser = PublicKey::parse)]
    pub public_key: Option<PublicKey>,
    /// A file with its public key as JWK
    #[arg(long, value_name = "FILE")]
    pub jwk_file: Option<PathBuf>,
    /// The Signature-Agent it must name, https://host (any unless given)
    #[arg(long, value_name = "URL", value_parser = directory)]
    pub directory: Option<Origin>,
}

/// An Ed25519 public key as base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    fn parse(text: &str) -> Result<Self, String> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        match key {
            // The text is hashed, so only the one way to write these bytes will do.
            Some(key) if !key.is_weak() => Ok(Self(URL_SAFE_NO_PAD.encode(key.as_bytes()))),
            _ => Err("an Ed25519 public key is base64url of 32 bytes, without padding".to_owned()),
        }
    }

    /// The RFC 7638 thumbprint: SHA-256 of the required members in their order.
    fn thumbprint(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.0);
        URL_SAFE_NO_PAD.encode(Sha256::digest(members))
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    d: Option<serde::de::IgnoredAny>,
}

fn agent_name(text: &str) -> Result<String, String> {
    if is_identifier(text) {
        Ok(text.to_owned())
    } else {
        Err("an agent's name is 1 to 64 characters of A-Za-z0-9_.:-".to_owned())
    }
}

fn directory(text: &str) -> Result<Origin, String> {
    let origin: Origin = text.parse()?;
    if origin.as_str().starts_with("https://") {
        Ok(origin)
    } else {
        Err("a directory is reached by https://".to_owned())
    }
}

/// Runs the verb.
///
/// # Errors
/// When the control topic cannot be read or written, or refuses what was asked, in a sentence.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Add(new) => add(new, &config).await?,
        Verb::List { json } => list(&Desk::open(&config).await?, json)?,
        Verb::Remove { key_id } => remove(&Desk::open(&config).await?, key_id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(new: NewAgent, config: &KafkaConfig) -> anyhow::Result<()> {
    let key = match (new.public_key, &new.jwk_file) {
        (Some(key), _) => key,
        (None, Some(path)) => read_jwk(path)?,
        (None, None) => bail!("--public-key or --jwk-file is needed"),
    };
    let key_id = key.thumbprint();
    let desk = Desk::open(config).await?;
    if let Some(held) = desk.state().agent(&key_id) {
        ensure!(
            held.agent == new.agent,
            "the key {key_id} belongs to the agent {}; remove it first",
            held.agent
        );
    }
    let record = AgentKey {
        key_id: key_id.clone(),
        public_key: key.0,
        agent: new.agent,
        directory: new.directory.map(String::from),
        created_at: Utc::now(),
        revoked_at: None,
    };
    desk.put(ControlRecord::Agent(record)).await?;
    println!("{key_id}");
    Ok(())
}

fn read_jwk(path: &Path) -> anyhow::Result<PublicKey> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let jwk: Jwk = serde_json::from_slice(&text).with_context(|| format!("{name} is no JWK"))?;
    ensure!(
        jwk.d.is_none(),
        "{name} holds a private key; give the public key only"
    );
    let kind = (jwk.kty.as_str(), jwk.crv.as_str());
    ensure!(
        kind == ("OKP", "Ed25519"),
        "{name} holds no Ed25519 key (kty OKP, crv Ed25519)"
    );
    PublicKey::parse(&jwk.x).map_err(|problem| anyhow::anyhow!("{name}: {problem}"))
}

fn list(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let state = desk.state();
    let mut agents: Vec<&AgentKey> = state.agents().map(AsRef::as_ref).collect();
    agents.sort_by(|one, two| (&one.agent, &one.key_id).cmp(&(&two.agent, &two.key_id)));
    for agent in agents {
        if json {
            print_json(agent)?;
        } else {
            let directory = agent.directory.as_deref().unwrap_or("any");
            println!("{}  {}  {directory}", agent.key_id, agent.agent);
        }
    }
    Ok(())
}

async fn remove(desk: &Desk, key_id: String) -> anyhow::Result<()> {
    let known = desk.state().agents().any(|agent| agent.key_id == key_id);
    ensure!(
        known,
        "there is no agent's key {key_id}; `candor agents list` shows those there are"
    );
    desk.remove(&ControlKey::Agent(key_id.clone())).await?;
    eprintln!("{key_id} is believed no more");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and thumbprint of RFC 8037, appendix A.
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        assert_eq!(PublicKey::parse(X).unwrap().thumbprint(), THUMBPRINT);
    }

    #[test]
    fn texts_that_are_no_public_key_are_refused() {
        let padded = format!("{X}=");
        let zero = URL_SAFE_NO_PAD.encode([0; 32]);
        for bad in ["", "11qYAYKx", padded.as_str(), zero.as_str()] {
            assert!(PublicKey::parse(bad).is_err(), "{bad}");
        }
        assert!(directory("http://agent.example").is_err());
        assert!(directory("https://agent.example/path").is_err());
    }

    #[test]
    fn a_file_with_a_private_key_or_of_another_kind_is_refused() {
        let file = std::env::temp_dir().join(format!("candor-jwk-{}", std::process::id()));
        let read = |text: String| {
            std::fs::write(&file, text).unwrap();
            read_jwk(&file).map_err(|error| format!("{error:#}"))
        };
        let jwk = |more: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"{more}}}"#);
        assert_eq!(read(jwk(r#","kid":"a""#)).unwrap().thumbprint(), THUMBPRINT);
        let private = read(jwk(r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A""#));
        assert!(private.unwrap_err().contains("holds a private key"));
        let other = read(jwk("").replace("Ed25519", "X25519"));
        assert!(other.unwrap_err().contains("no Ed25519 key"));
        assert!(read("[]".to_owned()).unwrap_err().contains("is no JWK"));
        std::fs::remove_file(&file).unwrap();
    }
}
