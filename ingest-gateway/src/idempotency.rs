//! `Idempotency-Key`: what makes a retry recognisable without any stored reply.
//!
//! A batch that names no writer gets one made of the key, so that a retried batch is folded once by the
//! same rule as any other duplicate. A session whose key is a UUIDv7 gets an id made of it, so that the
//! retry of its creation is the same session. Replies are not stored: a retry is answered anew.

use std::fmt::Write;

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use schemas::ids::SessionName;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::IngestError;

const HEADER: &str = "idempotency-key";
/// Longest key, bytes.
const MAX_LENGTH: usize = 255;
/// How old a key may be for its time to become that of a session.
const MAX_AGE: TimeDelta = TimeDelta::days(1);
/// How far a client's clock may be ahead.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdempotencyKey<'a>(&'a str);

impl<'a> IdempotencyKey<'a> {
    /// The request's key, with or without the quotes of a structured header.
    pub(crate) fn of(headers: &'a HeaderMap) -> Result<Option<Self>, IngestError> {
        let Some(value) = headers.get(HEADER) else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default();
        let bare = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        let key = bare.unwrap_or(text);
        let visible = key.bytes().all(|c| c.is_ascii_graphic() && c != b'"');
        if key.is_empty() || key.len() > MAX_LENGTH || !visible {
            Err(IngestError::BadIdempotencyKey)
        } else {
            Ok(Some(Self(key)))
        }
    }

    /// The writer that stands for this key: 128 bits of its hash, hexadecimal. Nobody can make two keys
    /// that meet there, and the key itself, which may say something, does not enter the log.
    pub(crate) fn writer(self) -> String {
        let hash = Sha256::digest(self.0);
        let mut writer = String::with_capacity(35);
        writer.push_str("ik.");
        for byte in &hash[..16] {
            let _ = write!(writer, "{byte:02x}");
        }
        writer
    }

    /// The name of the session that this key begins, if it is a UUIDv7 of the last day.
    pub(crate) fn session_name(self, now: DateTime<Utc>) -> Option<SessionName<'a>> {
        let key = Uuid::try_parse(self.0).ok()?;
        let (seconds, nanos) = (key.get_version_num() == 7)
            .then(|| key.get_timestamp())??
            .to_unix();
        let started_at = DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)?;
        let fresh = started_at > now - MAX_AGE && started_at <= now + MAX_AHEAD;
        fresh.then_some(SessionName {
            survey_id: Some("idempotency-key"),
            external_id: self.0,
            started_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, text.parse().unwrap());
        headers
    }

    #[test]
    fn a_key_is_visible_text_quoted_or_not() {
        for good in ["0f4b-1", "\"0f4b-1\""] {
            let headers = with(good);
            assert_eq!(
                IdempotencyKey::of(&headers).unwrap(),
                Some(IdempotencyKey("0f4b-1"))
            );
        }
        for bad in ["", "\"\"", "two words", "a\"b", &"x".repeat(256)] {
            assert!(IdempotencyKey::of(&with(bad)).is_err(), "{bad}");
        }
        assert_eq!(IdempotencyKey::of(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn equal_keys_give_equal_writers_that_are_identifiers() {
        let writer = IdempotencyKey("order/17").writer();
        assert_eq!(writer, IdempotencyKey("order/17").writer());
        assert_ne!(writer, IdempotencyKey("order/18").writer());
        assert!(
            schemas::event::field::is_identifier(&writer) && !writer.contains("order"),
            "{writer}"
        );
    }

    #[test]
    fn only_a_fresh_uuid_of_version_7_names_a_session() {
        let now = Utc::now();
        let fresh = Uuid::now_v7().to_string();
        let name = IdempotencyKey(&fresh).session_name(now).unwrap();
        assert!((name.started_at - now).abs() < TimeDelta::seconds(5));
        let later = now + TimeDelta::days(2);
        assert_eq!(IdempotencyKey(&fresh).session_name(later), None);
        let earlier = now - TimeDelta::hours(1);
        assert_eq!(IdempotencyKey(&fresh).session_name(earlier), None);
        let version_four = "0f4b6f1e-8a5f-4a51-9d3e-2f6f0d0c7a10";
        assert_eq!(IdempotencyKey(version_four).session_name(now), None);
        assert_eq!(IdempotencyKey("order/17").session_name(now), None);
    }
}
