//! Writing keys and settings: durable when it returns, seen by every gateway a moment later.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{
    ClientError, Delivered, DeliveryError, Producer, ProducerOptions, SendError,
};
use schemas::control::{
    ApiKeyRecord, ControlKey, ControlRecord, KeyHash, KeyId, KeyKind, KeyMode, Origin, RateLimit,
    Scope,
};
use schemas::header::ORGANISATION_HEADER;
use schemas::ids::OrganisationId;
use zeroize::Zeroizing;

/// Characters of a key after its prefix: 190 bits of them.
const KEY_CHARACTERS: usize = 32;
/// How many of the last characters a record shows.
const HINT_CHARACTERS: usize = 4;

/// Why a record was not written; after an error of delivery it may be there all the same.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The Kafka client could not be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The client's counters could not be made.
    #[error("metrics cannot be registered")]
    Metrics(#[from] kafka::metrics::MetricsError),
    /// The record is not JSON.
    #[error("the record cannot be encoded: {0}")]
    Encode(String),
    /// The producer refuses the record.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The broker did not acknowledge.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

/// What a new key may do.
#[derive(Debug, Clone)]
pub struct NewKeyOptions {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Publishable or secret.
    pub kind: KeyKind,
    /// Live or test.
    pub mode: KeyMode,
    /// What people call it.
    pub name: Option<String>,
    /// What it may do; secret keys only.
    pub scopes: Vec<Scope>,
    /// Pages it may be used from; publishable keys only.
    pub origins: Vec<Origin>,
    /// Surveys it may begin sessions of.
    pub surveys: Vec<String>,
    /// Networks it may be used from.
    pub networks: Vec<IpNet>,
    /// Its own limit.
    pub limit: Option<RateLimit>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key that was just made: the only moment its text is known.
pub struct NewKey {
    /// What is kept of it.
    pub record: ApiKeyRecord,
    /// The key itself. Wiped when it is let go.
    pub text: Zeroizing<String>,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey")
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}

impl NewKeyOptions {
    /// A key that may do nothing yet, from anywhere, for ever: name what it needs over this.
    pub fn new(organisation: OrganisationId, kind: KeyKind, mode: KeyMode) -> Self {
        Self {
            organisation,
            kind,
            mode,
            name: None,
            scopes: Vec::new(),
            origins: Vec::new(),
            surveys: Vec::new(),
            networks: Vec::new(),
            limit: None,
            expires_at: None,
        }
    }

    /// Makes the key: fresh randomness for its text and its id. Nothing is written.
    pub fn make(self, now: DateTime<Utc>) -> NewKey {
        let random = random_text(KEY_CHARACTERS);
        let prefix = self.kind.prefix(self.mode);
        let text = Zeroizing::new(format!("{prefix}{}", *random));
        self.record(text, now)
    }

    /// The key of a text that is known from elsewhere, always with the same id: for the key that a
    /// development stack is given in its settings. `text` must be random.
    pub fn adopt(self, text: &str, now: DateTime<Utc>) -> NewKey {
        let mut id = [0; 10];
        id.copy_from_slice(&KeyHash::of(text).0[..10]);
        let mut key = self.record(Zeroizing::new(text.to_owned()), now);
        key.record.id = KeyId::from_random(id);
        key
    }

    fn record(self, text: Zeroizing<String>, now: DateTime<Utc>) -> NewKey {
        let skipped = text.chars().count().saturating_sub(HINT_CHARACTERS);
        let record = ApiKeyRecord {
            id: KeyId::from_random(rand::random()),
            organisation: self.organisation,
            kind: self.kind,
            mode: self.mode,
            hash: KeyHash::of(&text),
            hint: text.chars().skip(skipped).collect(),
            name: self.name,
            scopes: self.scopes,
            origins: self.origins,
            surveys: self.surveys,
            networks: self.networks,
            limit: self.limit,
            created_at: now,
            expires_at: self.expires_at,
            revoked_at: None,
            replaced_by: None,
        };
        NewKey { record, text }
    }
}

/// `length` characters of `A-Za-z0-9` from the system's random generator, each equally likely.
pub fn random_text(length: usize) -> Zeroizing<String> {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = Zeroizing::new(String::with_capacity(length));
    while text.len() < length {
        // Bytes of 248 and more are thrown away: with them the first eight characters came up more often.
        let byte: u8 = rand::random();
        if byte < 248 {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
        }
    }
    text
}

/// Writes records of the control topic, `acks=all`.
#[derive(Debug, Clone)]
pub struct ControlWriter {
    producer: Producer,
    topic: String,
    source: &'static str,
}

impl ControlWriter {
    /// A writer with a producer of its own; `source` names it in the records' headers.
    ///
    /// # Errors
    /// [`WriteError::Client`] when librdkafka refuses its settings.
    pub fn new(config: &KafkaConfig, source: &'static str) -> Result<Self, WriteError> {
        let options = ProducerOptions {
            linger: std::time::Duration::ZERO,
            queue_bytes: 1 << 20,
            queue_records: 1000,
            ..ProducerOptions::default()
        };
        let metrics = ProducerMetrics::unregistered()?;
        Ok(Self {
            producer: Producer::new(config, &options, metrics)?,
            topic: config.topics().control,
            source,
        })
    }

    /// Writes `record` over what its key stood for.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn put(&self, record: &ControlRecord) -> Result<Delivered, WriteError> {
        let value = record.encode();
        let value = value.map_err(|error| WriteError::Encode(error.to_string()))?;
        self.write(&record.key(), record.organisation(), Some(&value))
            .await
    }

    /// Removes what `key` stands for.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn remove(&self, key: &ControlKey) -> Result<Delivered, WriteError> {
        self.write(key, None, None).await
    }

    /// Makes a key and writes its record; the answer is the only place where the key's text is.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn create_key(
        &self,
        options: NewKeyOptions,
        now: DateTime<Utc>,
    ) -> Result<NewKey, WriteError> {
        let key = options.make(now);
        self.put(&ControlRecord::ApiKey(key.record.clone())).await?;
        Ok(key)
    }

    async fn write(
        &self,
        key: &ControlKey,
        organisation: Option<&OrganisationId>,
        value: Option<&[u8]>,
    ) -> Result<Delivered, WriteError> {
        let (id, record_type) = (uuid::Uuid::now_v7().to_string(), record_type(key));
        let mut headers: Vec<(&str, &[u8])> = vec![
            ("ce_specversion", b"1.0"),
            ("ce_id", id.as_bytes()),
            ("ce_source", self.source.as_bytes()),
            ("ce_type", record_type.as_bytes()),
            ("content-type", b"application/json"),
        ];
        if let Some(organisation) = organisation {
            headers.push((ORGANISATION_HEADER, organisation.as_str().as_bytes()));
        }
        let key = key.to_string();
        let sent = self
            .producer
            .put(&self.topic, key.as_bytes(), value, &headers)?;
        Ok(sent.await?)
    }
}

fn record_type(key: &ControlKey) -> &'static str {
    match key {
        ControlKey::ApiKey(_) => "candor.control.api_key.v1",
        ControlKey::Organisation(_) => "candor.control.organisation.v1",
        ControlKey::Survey(..) => "candor.control.survey.v1",
        ControlKey::Integration(_) => "candor.control.integration.v1",
        ControlKey::Agent(_) => "candor.control.agent.v1",
        ControlKey::Ruleset(_) => "candor.control.ruleset.v1",
        ControlKey::Model(_) => "candor.control.model.v1",
        ControlKey::Experiment(_) => "candor.control.experiment.v1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn options(kind: KeyKind, mode: KeyMode) -> NewKeyOptions {
        NewKeyOptions::new("acme".parse().unwrap(), kind, mode)
    }

    #[test]
    fn keys_carry_their_prefix_and_32_random_characters() {
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let key = options(KeyKind::Secret, KeyMode::Live).make(Utc::now());
            let random = key.text.strip_prefix("sk_live_").unwrap().to_owned();
            assert!(random.len() == 32 && random.bytes().all(|c| c.is_ascii_alphanumeric()));
            assert!(seen.insert(random));
            assert!(seen.insert(key.record.id.to_string()));
        }
    }

    #[test]
    fn every_character_of_a_random_text_comes_up_about_as_often() {
        let text = random_text(62_000);
        let mut counts = [0u32; 128];
        text.bytes().for_each(|c| counts[usize::from(c)] += 1);
        for (character, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // Six standard deviations (31.4) around 1000.
            assert!((800..1200).contains(count), "{character}: {count}");
        }
        assert_eq!(counts.iter().filter(|count| **count > 0).count(), 62);
    }

    #[test]
    fn an_adopted_key_has_the_same_id_every_time() {
        let adopt = |text| options(KeyKind::Secret, KeyMode::Test).adopt(text, Utc::now());
        let (one, two) = (adopt("sk_test_0123456789"), adopt("sk_test_0123456789"));
        assert_eq!(one.record.id, two.record.id);
        assert_eq!(one.record.hint, "6789");
        assert_ne!(adopt("sk_test_other").record.id, one.record.id);
    }

    #[test]
    fn a_new_key_is_never_printed() {
        let key = options(KeyKind::Publishable, KeyMode::Test).make(Utc::now());
        let shown = format!("{key:?}");
        assert!(
            !shown.contains(&*key.text) && shown.contains("KeyHash(…)"),
            "{shown}"
        );
    }
}
