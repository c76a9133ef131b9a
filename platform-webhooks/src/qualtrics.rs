//! How Qualtrics signs: HMAC-SHA-512 in lower-case hexadecimal over `MSG`, byte for byte.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

/// The signature of a message.
pub fn sign(shared_key: &[u8], message: &[u8]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha512>::new_from_slice(shared_key).expect("HMAC takes any key");
    mac.update(message);
    let tag = mac.finalize().into_bytes();
    tag.iter()
        .fold(String::with_capacity(128), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
