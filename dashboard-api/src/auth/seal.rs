//! Sealed claims: a text, such as an organisation, and an expiry that only this service can have written.
//!
//! Form: base64url(expiry, Unix seconds (8, big endian) ‖ claim ‖ HMAC-SHA-256 (32)). What a
//! seal is for is part of its key, so that a link never opens as a cookie.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use schemas::ids::OrganisationId;
use sha2::{Digest, Sha256};

const TAG_BYTES: usize = 32;
const EXPIRY_BYTES: usize = 8;
/// Longest text that is looked at: that of a claim with a survey's name of 128 characters.
const MAX_TEXT: usize = 1024;

/// Closes and opens claims of one use.
#[derive(Clone)]
pub(crate) struct Seal {
    key: [u8; 32],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(***)")
    }
}

impl Seal {
    /// A seal whose key is derived from all parts: its use and the secrets.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self {
            key: hash.finalize().into(),
        }
    }

    /// The text of a claim.
    pub(crate) fn close(&self, organisation: &OrganisationId, expires_at: DateTime<Utc>) -> String {
        self.close_text(organisation.as_str(), expires_at)
    }

    /// The same of any claim.
    pub(crate) fn close_text(&self, claim: &str, expires_at: DateTime<Utc>) -> String {
        let mut bytes = expires_at.timestamp().to_be_bytes().to_vec();
        bytes.extend_from_slice(claim.as_bytes());
        let tag = self.mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The organisation of a claim that was closed with this seal and has not expired.
    pub(crate) fn open(&self, text: &str, now: DateTime<Utc>) -> Option<OrganisationId> {
        self.open_text(text, now)?.parse().ok()
    }

    /// A claim that was closed with this seal and has not expired.
    pub(crate) fn open_text(&self, text: &str, now: DateTime<Utc>) -> Option<String> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        // Compares in constant time.
        self.mac(body).verify_slice(tag).ok()?;
        let (expiry, claim) = body.split_at_checked(EXPIRY_BYTES)?;
        let expires_at = i64::from_be_bytes(expiry.try_into().ok()?);
        if now.timestamp() >= expires_at {
            return None;
        }
        String::from_utf8(claim.to_vec()).ok()
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_claim_opens_for_its_use_until_it_expires() {
        let (cookies, links) = (Seal::new(&[b"cookie", b"s"]), Seal::new(&[b"link", b"s"]));
        let organisation: OrganisationId = "acme".parse().unwrap();
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let text = cookies.close(&organisation, now + TimeDelta::seconds(10));
        assert_eq!(cookies.open(&text, now), Some(organisation));
        assert_eq!(cookies.open(&text, now + TimeDelta::seconds(10)), None);
        assert_eq!(links.open(&text, now), None);
    }

    #[test]
    fn a_damaged_claim_never_opens() {
        let seal = Seal::new(&[b"cookie", b"s"]);
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let text = seal.close(&"acme".parse().unwrap(), now + TimeDelta::seconds(10));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let damaged = URL_SAFE_NO_PAD.encode(damaged);
            assert_eq!(seal.open(&damaged, now), None, "bit {bit}");
        }
        for text in ["", "x", "%%%", &"A".repeat(1100)] {
            assert_eq!(seal.open(text, now), None, "{text}");
        }
    }
}
