//! How Standard Webhooks 1.0.0 signs: HMAC-SHA-256 over `id.timestamp.body`, base64 after `v1,`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Header of the delivery's id.
pub const ID_HEADER: &str = "webhook-id";
/// Header of its time, seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header of its signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// What secrets start with; the rest is base64.
pub const SECRET_PREFIX: &str = "whsec_";

/// The signature of a body, `v1,` included; `None` when the secret is none.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let tag = tag(secret.as_bytes(), (id, &timestamp.to_string()), body)?;
    Some(format!("v1,{}", STANDARD.encode(tag)))
}

/// The bytes of the signature of a body with this id and timestamp, as they were sent; `None` when the
/// secret is none.
pub fn tag(secret: &[u8], (id, timestamp): (&str, &str), body: &[u8]) -> Option<[u8; 32]> {
    let encoded = secret
        .strip_prefix(SECRET_PREFIX.as_bytes())
        .unwrap_or(secret);
    let key = STANDARD
        .decode(encoded)
        .ok()
        .filter(|key| !key.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac.finalize().into_bytes().into())
}
