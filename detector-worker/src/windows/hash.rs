//! The hash of session ids in the index of windows.
//!
//! A valid session id ends in 32 bits of a keyed HMAC beside 42 random bits, which the gateway has
//! checked: nobody outside can choose them, so the index needs no keyed hash against chosen collisions.
//! One multiplication spreads these bits over the word, because the table uses its ends.

use std::hash::{BuildHasherDefault, Hasher};

/// Builds [`IdHasher`]s.
pub(super) type BuildIdHasher = BuildHasherDefault<IdHasher>;

/// 2^64 divided by the golden ratio, odd: consecutive products are far apart (Knuth, TAOCP 3, 6.4).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(GOLDEN);
            self.0 = mixed ^ (mixed >> 32);
        }
    }

    /// The length of the id says nothing.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use chrono::{TimeZone, Utc};
    use schemas::ids::SessionSecret;

    use super::*;

    #[test]
    fn ids_of_one_moment_spread_over_a_table_of_their_number() {
        let secret = SessionSecret::new([3; 32]).unwrap();
        let organisation = "acme".parse().unwrap();
        let now = Utc.timestamp_millis_opt(1_790_000_000_000).unwrap();
        let build = BuildIdHasher::default();
        let hashes: Vec<u64> = (0..1u64 << 14)
            .map(|number| {
                let mut random = [0; 6];
                random.copy_from_slice(&number.to_be_bytes()[2..]);
                build.hash_one(secret.mint(&organisation, now, random))
            })
            .collect();
        // 2^14 balls in 2^14 boxes fill 63 % of them, whichever end of the word names the box.
        for shift in [0, 50] {
            let boxes: HashSet<u64> = hashes.iter().map(|hash| hash >> shift & 0x3fff).collect();
            assert!(boxes.len() > 10_000, "{} boxes at {shift}", boxes.len());
        }
    }
}
