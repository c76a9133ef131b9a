//! Coordination: the same device, trajectory or key rhythm in several sessions.
//!
//! A closed window says what it looked like in a few [`FingerprintRecord`]s; the detector's second stage counts distinct
//! sessions with one fingerprint and says what it found in [`CoordinationFinding`]s on the verdicts topic. Findings stand
//! beside verdicts and never change one: a verdict stays a pure function of its own session's records (INV-3).
//!
//! A fingerprint is a hash: nothing that a person is or wrote can be read from it. Copies of a movement or a rhythm are
//! never quite equal, so these two carry a sketch beside it, from which distances can be computed: shapes of movements
//! without their place, direction, size or duration, and intervals between keys without the keys.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::ids::{OrganisationId, SessionId};
use crate::verdict::RiskLevel;

/// What is the same in several sessions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FingerprintKind {
    /// The device and the network it was used in.
    Device,
    /// The shapes of the pointer's first movements.
    Trajectory,
    /// The first intervals between keys.
    Rhythm,
}

impl FingerprintKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Device, Self::Trajectory, Self::Rhythm];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Trajectory => "trajectory",
            Self::Rhythm => "rhythm",
        }
    }
}

/// A hash of 128 bits; as text 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(u128);

/// A text that is not a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 32 lower-case hexadecimal digits")]
pub struct BadFingerprint;

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 32;

impl Fingerprint {
    /// The fingerprint of that hash.
    pub fn new(hash: u128) -> Self {
        Self(hash)
    }

    /// The hash.
    pub fn hash(self) -> u128 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        // One hash has one text, because the text is part of a Kafka key.
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if text.len() != DIGITS || !text.bytes().all(is_digit) {
            return Err(BadFingerprint);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| BadFingerprint)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = BadFingerprint;

    fn try_from(text: String) -> Result<Self, BadFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl JsonSchema for Fingerprint {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Fingerprint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f]{32}$",
            "description": "A hash of 128 bits, hexadecimal.",
        })
    }
}

/// Bytes of a sketch, in a form of the detector's; as text lower-case hexadecimal digits, two a byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SketchBytes(Vec<u8>);

/// A text that is no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sketch is at most {MAX_SKETCH} bytes as lower-case hexadecimal digits")]
pub struct BadSketchText;

/// Longest sketch, bytes.
const MAX_SKETCH: usize = 1024;

impl SketchBytes {
    /// A sketch of those bytes; what is beyond the longest is cut off.
    pub fn new(mut bytes: Vec<u8>) -> Self {
        bytes.truncate(MAX_SKETCH);
        Self(bytes)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for SketchBytes {
    type Error = BadSketchText;

    fn try_from(text: String) -> Result<Self, BadSketchText> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(BadSketchText),
        };
        if text.len() > 2 * MAX_SKETCH || !text.len().is_multiple_of(2) {
            return Err(BadSketchText);
        }
        let pairs = text.as_bytes().chunks_exact(2);
        pairs
            .map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl From<SketchBytes> for String {
    fn from(sketch: SketchBytes) -> Self {
        let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 0xf)]);
        let bytes = sketch.0.iter();
        bytes
            .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
            .collect()
    }
}

impl JsonSchema for SketchBytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SketchBytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([0-9a-f]{2})*$",
            "maxLength": 2 * MAX_SKETCH,
            "description": "A sketch in the detector's form, hexadecimal.",
        })
    }
}

/// The value of a record on the fingerprints topic: what one closed window looked like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FingerprintRecord {
    /// The session.
    pub session_id: SessionId,
    /// Its owner. Sessions of different organisations are never counted together.
    pub organisation: OrganisationId,
    /// The platform's name of the survey. Sessions of different surveys are not counted together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// The window: offset of its first record.
    pub window: i64,
    /// What the fingerprint is of.
    pub kind: FingerprintKind,
    /// The fingerprint; of a trajectory or rhythm the hash of the sketch.
    pub fingerprint: Fingerprint,
    /// What copies are recognised by; of trajectories and rhythms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<SketchBytes>,
    /// Broker time of the window's last record.
    pub observed_at: DateTime<Utc>,
}

impl FingerprintRecord {
    /// The record's key: what is counted together goes to one partition. Copies are recognised by comparing, so all
    /// trajectories of a survey go to one partition, and all rhythms to one; devices are spread.
    pub fn key(&self) -> String {
        let survey = self.survey_id.as_deref().unwrap_or_default();
        let of_survey = format!("{}/{survey}/{}", self.organisation, self.kind.as_str());
        match self.kind {
            FingerprintKind::Device => format!("{of_survey}/{}", self.fingerprint),
            FingerprintKind::Trajectory | FingerprintKind::Rhythm => of_survey,
        }
    }
}

/// Something that several sessions have in common: a record on the verdicts topic, one for each of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoordinationFinding {
    /// The session that it is about.
    pub session_id: SessionId,
    /// Its owner.
    pub organisation: OrganisationId,
    /// The platform's name of the survey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_id: Option<String>,
    /// What the fingerprint is of.
    pub kind: FingerprintKind,
    /// The fingerprint that they share; of a trajectory or rhythm that of the first of them.
    pub fingerprint: Fingerprint,
    /// Distinct sessions that share it, this one among them; at least so many when the detector's bound is reached.
    pub sessions: u32,
    /// Broker time of the first of them that still counts.
    pub first_at: DateTime<Utc>,
    /// Broker time of the last of them.
    pub last_at: DateTime<Utc>,
    /// Probability of automation that it alone justifies, 0 to 1.
    pub score: f64,
    /// The score as a level.
    pub risk_level: RiskLevel,
    /// Orders the findings of one session and fingerprint: higher replaces lower, so that more sessions replace fewer and
    /// a replay changes nothing. The number of sessions when it was made.
    pub revision: u32,
    /// Stable name of the test, e.g. `coordination.same_device`.
    pub code: String,
    /// A sentence for the analyst.
    pub text: String,
    /// The measured numbers behind it.
    pub evidence: BTreeMap<String, f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fingerprint_survives_its_text(hash: u128) {
            let fingerprint = Fingerprint::new(hash);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }
    }

    #[test]
    fn a_sketch_survives_its_text_and_other_texts_are_refused() {
        let sketch = SketchBytes::new((0..=255).collect());
        let text = String::from(sketch.clone());
        assert_eq!(SketchBytes::try_from(text.clone()), Ok(sketch));
        for other in [&text[1..], "0G", "AB", &"00".repeat(MAX_SKETCH + 1)] {
            assert_eq!(SketchBytes::try_from(other.to_owned()), Err(BadSketchText));
        }
        assert_eq!(SketchBytes::new(vec![0; 2000]).bytes().len(), MAX_SKETCH);
    }

    #[test]
    fn a_fingerprint_has_one_text() {
        let text = Fingerprint::new(0xab).to_string();
        assert_eq!(text, "000000000000000000000000000000ab");
        for other in ["ab", &text.to_uppercase(), &format!("+{}", &text[1..])] {
            assert_eq!(other.parse::<Fingerprint>(), Err(BadFingerprint), "{other}");
        }
    }

    #[test]
    fn the_key_names_everything_that_is_counted_together() {
        let golden = include_str!("../golden/candor.fingerprint.v1.json");
        let record: FingerprintRecord = serde_json::from_str(golden).unwrap();
        let key = "acme/SV_1/device/6f1d0c8a52b94e37a1c3d5e7f9012b4d";
        assert_eq!(record.key(), key);
        let without = FingerprintRecord {
            survey_id: None,
            ..record.clone()
        };
        assert_eq!(without.key(), key.replace("SV_1", ""));
        let trajectory = FingerprintRecord {
            kind: FingerprintKind::Trajectory,
            ..record
        };
        assert_eq!(trajectory.key(), "acme/SV_1/trajectory");
    }
}
