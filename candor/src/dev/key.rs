//! The development key in the control topic: there before the gateway reads it.

use anyhow::{Context, ensure};
use control::NewKeyOptions;
use kafka::config::KafkaConfig;
use schemas::control::{KeyKind, Scope};
use schemas::ids::OrganisationId;

use crate::operate::{Desk, keys};

/// Makes sure that `key` is accepted, with every scope.
///
/// # Errors
/// When the topic cannot be read or written, or the key is none, or has been revoked.
pub(super) async fn publish(
    kafka: &KafkaConfig,
    key: &str,
    organisation: &str,
) -> anyhow::Result<()> {
    let organisation: OrganisationId = organisation
        .parse()
        .context("CANDOR_BOOTSTRAP_ORGANISATION")?;
    let (kind, mode) = KeyKind::of(key).context("CANDOR_BOOTSTRAP_SECRET_KEY")?;
    ensure!(
        kind == KeyKind::Secret,
        "CANDOR_BOOTSTRAP_SECRET_KEY must be a secret key, sk_test_... or sk_live_..."
    );
    let options = NewKeyOptions {
        name: Some("development".to_owned()),
        scopes: Scope::ALL.to_vec(),
        ..NewKeyOptions::new(organisation, kind, mode)
    };
    let desk = Desk::open(kafka).await?;
    keys::adopt(&desk, options, key)
        .await
        .context("the development key (secrets/bootstrap_secret_key in the data folder)")?;
    Ok(())
}
