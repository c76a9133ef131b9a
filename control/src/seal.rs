//! Sealing: secrets that have to be used again (those that webhooks are signed with) rest encrypted.
//!
//! ChaCha20-Poly1305 with a key made of the deployment's own secret, a random nonce, and the
//! integration's id as associated data: a sealed secret opens for its integration and deployment only,
//! and not at all when a bit of it was changed. Random nonces of 96 bits are safe here: a deployment
//! seals thousands of secrets, not billions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use schemas::control::{IntegrationId, SealedSecret};
use schemas::ids::SessionSecret;
use zeroize::Zeroizing;

const CONTEXT: &str = "candor.control.sealed.v1";
const NONCE: usize = 12;

/// A sealed secret could not be opened: it was changed, belongs to another integration, or was sealed
/// with another `CANDOR_SESSION_SECRET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sealed secret does not open: it was changed, or sealed for another integration or with another CANDOR_SESSION_SECRET"
)]
pub struct OpenError;

/// Sealing failed; only for a secret beyond 256 GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret cannot be sealed")]
pub struct SealError;

/// Seals and opens the secrets of one deployment.
#[derive(Clone)]
pub struct Sealer(ChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// The sealer of the deployment with this secret.
    pub fn new(secret: &SessionSecret) -> Self {
        let key = Zeroizing::new(secret.derive_key(CONTEXT));
        Self(ChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// Seals `secret` for `integration`. Two seals of one secret differ.
    ///
    /// # Errors
    /// [`SealError`]; not for anything that is a secret.
    pub fn seal(
        &self,
        integration: &IntegrationId,
        secret: &[u8],
    ) -> Result<SealedSecret, SealError> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload {
            msg: secret,
            aad: integration.as_str().as_bytes(),
        };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SealError)?;
        Ok(SealedSecret(
            STANDARD.encode([&nonce[..], &sealed].concat()),
        ))
    }

    /// Opens what was sealed for `integration`. The bytes are wiped when they are let go.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        &self,
        integration: &IntegrationId,
        sealed: &SealedSecret,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let bytes = STANDARD.decode(&sealed.0).map_err(|_| OpenError)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(OpenError)?;
        let payload = Payload {
            msg: sealed,
            aad: integration.as_str().as_bytes(),
        };
        let opened = self.0.decrypt(&Nonce::from(*nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| OpenError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&SessionSecret::new([byte; 32]).unwrap())
    }

    proptest! {
        #[test]
        fn a_sealed_secret_opens_for_its_integration_and_deployment_only(secret: Vec<u8>, ours: [u8; 10], theirs: [u8; 10]) {
            prop_assume!(ours != theirs);
            let (ours, theirs) = (IntegrationId::from_random(ours), IntegrationId::from_random(theirs));
            let sealed = sealer(1).seal(&ours, &secret).unwrap();
            let opened = sealer(1).open(&ours, &sealed).unwrap();
            prop_assert_eq!(&*opened, &secret);
            prop_assert_eq!(sealer(1).open(&theirs, &sealed), Err(OpenError));
            prop_assert_eq!(sealer(2).open(&ours, &sealed), Err(OpenError));
            prop_assert_ne!(sealer(1).seal(&ours, &secret).unwrap(), sealed);
        }

        #[test]
        fn one_changed_bit_keeps_a_sealed_secret_shut(secret: [u8; 24], bit in 0usize..(12 + 24 + 16) * 8) {
            let id = IntegrationId::from_random([7; 10]);
            let SealedSecret(text) = sealer(1).seal(&id, &secret).unwrap();
            let mut bytes = STANDARD.decode(text).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = SealedSecret(STANDARD.encode(bytes));
            prop_assert_eq!(sealer(1).open(&id, &changed), Err(OpenError));
        }

        #[test]
        fn no_text_makes_opening_panic(text: String) {
            let id = IntegrationId::from_random([7; 10]);
            prop_assert_eq!(sealer(1).open(&id, &SealedSecret(text)), Err(OpenError));
        }
    }

    #[test]
    fn a_sealer_and_what_it_seals_are_never_printed() {
        let id = IntegrationId::from_random([7; 10]);
        let sealed = sealer(1).seal(&id, b"whsec_secret").unwrap();
        assert_eq!(format!("{:?}", sealer(1)), "Sealer(…)");
        assert_eq!(format!("{sealed:?}"), "SealedSecret(…)");
    }
}
