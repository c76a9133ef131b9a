//! One dead letter with its content, as it was sent and refused: nothing has checked it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use dead_letters::Position;
use kafka::OwnedRecord;
use kafka::dead_letter::DeadLetterHeaders;
use schemas::header::ORGANISATION_HEADER;
use schemas::ids::OrganisationId;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::LetterSource;

/// Most bytes of the value that are shown.
const VALUE_BYTES: usize = 64 << 10;
/// Most bytes of a key or of a header's value that are shown.
const SHORT_BYTES: usize = 1 << 10;
/// Most headers that are shown.
const HEADERS: usize = 64;

/// Bytes as text, if they are, else as base64.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bytes {
    /// `text` or `base64`.
    pub(super) encoding: &'static str,
    /// The beginning of them.
    pub(super) content: String,
    /// How many there are in all.
    pub(super) bytes: usize,
    /// Whether some are not shown.
    pub(super) is_cut: bool,
}

impl Bytes {
    /// At most `most` of them.
    pub(super) fn of(whole: &[u8], most: usize) -> Self {
        let shown = &whole[..whole.len().min(most)];
        let is_cut = shown.len() < whole.len();
        let text = match std::str::from_utf8(shown) {
            Ok(text) => Some(text),
            // The bound cut a character in two.
            Err(error) if error.error_len().is_none() && is_cut => {
                std::str::from_utf8(&shown[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        Self {
            encoding: if text.is_some() { "text" } else { "base64" },
            content: text.map_or_else(|| STANDARD.encode(shown), str::to_owned),
            bytes: whole.len(),
            is_cut,
        }
    }
}

/// A header of the record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterHeader {
    name: String,
    value: Bytes,
}

/// One dead letter with its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterContent {
    /// `PARTITION:OFFSET` in the dead-letter topic.
    id: String,
    /// Stable name of the reason.
    reason: String,
    /// When it was set aside.
    set_aside_at: DateTime<Utc>,
    /// Where its record stood.
    source: LetterSource,
    /// When the record was written there.
    written_at: DateTime<Utc>,
    /// Whose it is; absent when it names nobody that can be read.
    #[schema(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// The record's key.
    key: Bytes,
    /// The record's headers, and those that say why it was set aside.
    headers: Vec<LetterHeader>,
    /// The record's value, the first 64 KiB of it.
    value: Bytes,
}

impl LetterContent {
    pub(super) fn of(record: &OwnedRecord, why: &DeadLetterHeaders, at: Position) -> Self {
        let named = record.as_record();
        let organisation = named.header(ORGANISATION_HEADER);
        let organisation = organisation.and_then(|name| std::str::from_utf8(name).ok());
        let headers = record.headers.iter().take(HEADERS);
        let headers = headers.map(|(name, value)| LetterHeader {
            name: name.clone(),
            value: Bytes::of(value, SHORT_BYTES),
        });
        Self {
            id: at.to_string(),
            reason: why.reason.clone(),
            set_aside_at: DateTime::from_timestamp_millis(record.timestamp_ms).unwrap_or_default(),
            source: LetterSource::of(why),
            written_at: DateTime::from_timestamp_millis(why.timestamp_ms).unwrap_or_default(),
            organisation: organisation.and_then(|name| name.parse().ok()),
            key: Bytes::of(&record.key, SHORT_BYTES),
            headers: headers.collect(),
            value: Bytes::of(&record.payload, VALUE_BYTES),
        }
    }

    /// Whose it is.
    pub(super) fn organisation(&self) -> Option<&OrganisationId> {
        self.organisation.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_text_when_they_are_and_never_beyond_the_bound() {
        for (whole, most, encoding, content) in [
            (&b"abc"[..], 9, "text", "abc"),
            (b"abc", 2, "text", "ab"),
            ("aä".as_bytes(), 2, "text", "a"),
            (b"a\xc3", 9, "base64", "YcM="),
            (b"\xff\xfe\xfd", 2, "base64", "//4="),
            (b"", 9, "text", ""),
        ] {
            let bytes = Bytes::of(whole, most);
            assert_eq!(
                (bytes.encoding, bytes.content.as_str()),
                (encoding, content)
            );
            assert_eq!(
                (bytes.bytes, bytes.is_cut),
                (whole.len(), whole.len() > most)
            );
        }
    }
}
