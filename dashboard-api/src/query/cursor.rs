//! Places in lists, and ranges of ids.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The lowest session id of an instant.
pub(crate) fn id_floor(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis().max(0)).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

/// The ids that begin with `prefix` (hexadecimal, with or without hyphens): the lowest and the highest.
pub(crate) fn id_range(prefix: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = prefix.chars().filter(|c| *c != '-').collect();
    if digits.is_empty() || digits.len() > 32 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let low = Uuid::parse_str(&format!("{digits:0<32}")).ok()?;
    let high = Uuid::parse_str(&format!("{digits:f<32}")).ok()?;
    Some((low, high))
}

/// The place after a session in the list, opaque to clients.
pub(crate) fn close_cursor(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// The session that a cursor names.
pub(crate) fn open_cursor(text: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Uuid::from_slice(&bytes).ok()
}
