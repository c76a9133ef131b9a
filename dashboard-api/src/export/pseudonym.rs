//! Pseudonyms of respondents: a keyed hash, so that whoever has a file cannot try names, and so that files
//! of one organisation can be joined.

use hmac::{Hmac, KeyInit, Mac};
use runtime::config::Secret;
use schemas::ids::OrganisationId;
use sha2::Sha256;

const USE: &[u8] = b"candor.export-pseudonym.v1";

/// Replaces respondents' names in the exports of one organisation.
#[derive(Clone)]
pub(crate) struct Pseudonyms(Hmac<Sha256>);

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(***)")
    }
}

impl Pseudonyms {
    /// `secret` is the service's `CANDOR_SESSION_SECRET`: with another one every pseudonym is another.
    pub(crate) fn new(secret: &Secret, organisation: &OrganisationId) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes any key");
        for part in [USE, organisation.as_str().as_bytes()] {
            mac.update(part);
            // No part may run into the next one.
            mac.update(&[0]);
        }
        Self(mac)
    }

    /// 32 hexadecimal digits; the same for the same respondent.
    pub(crate) fn of(&self, respondent: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(respondent.as_bytes());
        let digest = mac.finalize().into_bytes();
        digest[..16].iter().fold(String::new(), |mut text, byte| {
            use std::fmt::Write;
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonym(secret: &str, organisation: &str, respondent: &str) -> String {
        let organisation = organisation.parse().unwrap();
        Pseudonyms::new(&Secret::new(secret), &organisation).of(respondent)
    }

    #[test]
    fn a_pseudonym_depends_on_secret_organisation_and_respondent_only() {
        let one = pseudonym("secret-of-this-test", "ours", "anna");
        assert_eq!(one, pseudonym("secret-of-this-test", "ours", "anna"));
        assert!(one.len() == 32 && one.chars().all(|c| c.is_ascii_hexdigit()));
        for other in [
            pseudonym("another-secret-of-it", "ours", "anna"),
            pseudonym("secret-of-this-test", "theirs", "anna"),
            pseudonym("secret-of-this-test", "ours", "berta"),
            pseudonym("secret-of-this-test", "our", "sanna"),
        ] {
            assert_ne!(one, other);
        }
    }
}
