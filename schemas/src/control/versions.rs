//! Rulesets and models by version: what sessions are judged by (INV-3).
//!
//! A session carries the versions that held when it began, and is judged by them however late its last
//! record comes. So the contents of a version never change: writers refuse other contents under a name
//! that is taken, readers that meet them keep the first. This module knows the form of the records, not
//! what a threshold means: whoever judges decodes `thresholds` strictly and says what is wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most bytes of a model that travels inside its record: as base64 it stays below the million bytes
/// that a broker takes by default.
pub const MAX_MODEL_BYTES: usize = 512 * 1024;

/// The thresholds of one version, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulesetRecord {
    /// Its version, an identifier.
    pub version: String,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Every threshold by its name, so that no program's defaults take part in a verdict.
    pub thresholds: serde_json::Map<String, serde_json::Value>,
}

impl RulesetRecord {
    /// Whether both judge alike. Descriptions and times may differ.
    pub fn has_contents_of(&self, other: &Self) -> bool {
        self.thresholds == other.thresholds
    }
}

/// A learned model of one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRecord {
    /// Its version, an identifier.
    pub version: String,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// How its bytes are to be read. A detector that does not know the format does not have the model.
    pub format: String,
    /// SHA-256 of its bytes: 64 hexadecimal digits, lower case.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The bytes, or where they are.
    pub content: ModelContent,
}

/// Where the bytes of a model are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelContent {
    /// Here, as base64 with padding: at most [`MAX_MODEL_BYTES`].
    Base64(String),
    /// Elsewhere: a path or address that every detector can read.
    Reference(String),
}

impl ModelContent {
    /// These bytes, to travel inside the record.
    pub fn base64(bytes: &[u8]) -> Self {
        Self::Base64(STANDARD.encode(bytes))
    }
}

/// Why a model's bytes cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// More bytes than a record may carry.
    #[error("a model inside its record has at most {MAX_MODEL_BYTES} bytes; this one has {bytes}")]
    TooLarge {
        /// How many there are.
        bytes: usize,
    },
    /// Not base64.
    #[error("the model's bytes are not base64")]
    NotBase64,
    /// The bytes are other ones than the record says.
    #[error("the model's bytes are not those that its hash and length were made of")]
    Altered,
}

impl ModelRecord {
    /// Whether both judge alike. Descriptions, times and places may differ.
    pub fn has_contents_of(&self, other: &Self) -> bool {
        (&self.format, &self.sha256, self.bytes) == (&other.format, &other.sha256, other.bytes)
    }

    /// The model's bytes when they are in the record, verified; `None` when they are elsewhere: then
    /// the caller fetches them and asks [`Self::verify`].
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn bytes(&self) -> Result<Option<Vec<u8>>, ModelError> {
        let ModelContent::Base64(text) = &self.content else {
            return Ok(None);
        };
        // Judged before it is decoded: base64 has four characters for three bytes.
        let bytes = text.len() / 4 * 3;
        if bytes > MAX_MODEL_BYTES + 2 {
            return Err(ModelError::TooLarge { bytes });
        }
        let bytes = STANDARD.decode(text).map_err(|_| ModelError::NotBase64)?;
        if bytes.len() > MAX_MODEL_BYTES {
            return Err(ModelError::TooLarge { bytes: bytes.len() });
        }
        self.verify(&bytes)?;
        Ok(Some(bytes))
    }

    /// Whether these are the bytes that the record is about.
    ///
    /// # Errors
    /// [`ModelError::Altered`].
    pub fn verify(&self, bytes: &[u8]) -> Result<(), ModelError> {
        if sha256_hex(bytes) == self.sha256 && u64::try_from(bytes.len()) == Ok(self.bytes) {
            Ok(())
        } else {
            Err(ModelError::Altered)
        }
    }
}

/// SHA-256 as records write it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut text = String::with_capacity(64);
    for byte in digest {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
