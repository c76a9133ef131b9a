//! The fingerprint of a window's device: equal for two sessions when their devices, and the networks they are in, cannot
//! be told apart.
//!
//! It counts only across sessions and never in a verdict. Equal does not mean one machine: phones of one model say the
//! same of themselves, and so do the computers of a school or a call centre. That is why the network is part of it, and
//! why there is none at all when too little is known (rather none than one that strangers share):
//!
//! - *What*: the SDK's own `fingerprint`, or screen, platform and [`MIN_TRAITS`] further properties.
//! - *Where*: the hash of the respondent's network, which the gateway stamps when a browser opens the session. Without
//!   it, because a platform's server opened the session, only a computer with the SDK's own fingerprint will do: a phone's
//!   is that of its model.
//!
//! Left out on purpose: the viewport (changes with every resize), plug-ins (a privacy setting), and everything that a
//! channel judges by itself. Sessions of test keys are kept apart from those of respondents.

use schemas::coordination::Fingerprint;
use schemas::event::{Field, Rule};
use schemas::session::ClientStamp;
use serde::{Deserialize, Serialize};

use crate::window::Window;
use crate::writers::fnv1a;

/// Properties beside screen and platform that must be known when the SDK gives no fingerprint of its own.
const MIN_TRAITS: usize = 4;

/// Properties that are numbers; the first two are the screen's.
const NUMBERS: [Field; 9] = [
    Field::ScreenWidth,
    Field::ScreenHeight,
    Field::PixelRatio,
    Field::ColorDepth,
    Field::TimezoneOffset,
    Field::Cores,
    Field::Memory,
    Field::TouchPoints,
    Field::Languages,
];
/// Properties that are words; the first is the platform.
const WORDS: [Field; 3] = [Field::Platform, Field::Browser, Field::Renderer];
/// Platforms whose devices differ from each other only by model.
const MODELS: [&str; 3] = ["android", "ios", "chromeos"];

/// What is remembered of a device for its fingerprint; the latest report of each property counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Traits {
    /// Hundredths of each of [`NUMBERS`].
    numbers: [i32; NUMBERS.len()],
    /// Bit `i`: number `i` is known.
    known: u16,
    /// Of each of [`WORDS`] its place in the field's list, from 1; 0: not known.
    words: [u8; WORDS.len()],
    mobile: bool,
    test: bool,
    /// Hash of the SDK's own fingerprint; 0: none.
    own: u64,
    /// Hash of the network's hash; 0: not known.
    network: u64,
    /// Hash of the user agent's class; 0: not known.
    agent: u64,
}

impl Traits {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; no device has such numbers"
    )]
    pub(crate) fn number(&mut self, field: Field, value: f64) {
        if let Some(index) = NUMBERS.iter().position(|number| *number == field) {
            self.numbers[index] = (value * 100.0).round() as i32;
            self.known |= 1 << index;
        }
    }

    pub(crate) fn word(&mut self, field: Field, value: &str) {
        if field == Field::Fingerprint {
            self.own = fnv1a(value.as_bytes());
        }
        if let Some(index) = WORDS.iter().position(|word| *word == field) {
            let place = words_of(field).iter().position(|word| *word == value);
            let place = place.and_then(|place| u8::try_from(place + 1).ok());
            self.words[index] = place.unwrap_or(0);
        }
    }

    pub(crate) fn flag(&mut self, field: Field, value: bool) {
        if field == Field::Mobile {
            self.mobile = value;
        }
    }

    /// What the gateway saw of who opened the session.
    pub(crate) fn client(&mut self, client: &ClientStamp, test: bool) {
        let hash = |text: &Option<String>| text.as_ref().map_or(0, |text| fnv1a(text.as_bytes()));
        self.network = hash(&client.address_hash);
        self.agent = hash(&client.user_agent_class);
        self.test = test;
    }

    fn word_of(&self, index: usize) -> Option<&'static str> {
        let place = usize::from(self.words[index]).checked_sub(1)?;
        words_of(WORDS[index]).get(place).copied()
    }

    fn is_enough(&self) -> bool {
        let screen = self.known & 0b11 == 0b11;
        let others = (self.known >> 2).count_ones() as usize
            + self.words[1..].iter().filter(|word| **word > 0).count();
        let described = screen && self.words[0] > 0 && others >= MIN_TRAITS;
        if self.network != 0 {
            return self.own != 0 || described;
        }
        let is_model = self.mobile || self.word_of(0).is_none_or(|word| MODELS.contains(&word));
        self.own != 0 && !is_model
    }

    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        if !self.is_enough() {
            return None;
        }
        let mut hash = Hash128::new("candor.device.v1");
        // Turned by a quarter it is still the same screen.
        let mut numbers = self.numbers;
        numbers[..2].sort_unstable();
        for (index, number) in numbers.iter().enumerate() {
            let known = self.known & (1 << index) != 0;
            hash.part(&[u8::from(known)]);
            hash.part(&number.to_le_bytes());
        }
        for index in 0..WORDS.len() {
            hash.part(self.word_of(index).unwrap_or_default().as_bytes());
        }
        hash.part(&[u8::from(self.mobile), u8::from(self.test)]);
        hash.part(&self.own.to_le_bytes());
        hash.part(&self.network.to_le_bytes());
        // Of a server that opened the session it would say nothing of the device.
        let agent = if self.network == 0 { 0 } else { self.agent };
        hash.part(&agent.to_le_bytes());
        Some(hash.fingerprint())
    }
}

impl Window {
    /// The fingerprint of the device behind the window; `None` when too little is known of it (see the module).
    pub fn device_fingerprint(&self) -> Option<Fingerprint> {
        self.device.traits.fingerprint()
    }
}

fn words_of(field: Field) -> &'static [&'static str] {
    match field.rule() {
        Rule::Word(words) => words,
        Rule::Number | Rule::Flag | Rule::Identifier => &[],
    }
}

/// FNV-1a, 128 bits (Fowler, Noll, Vo). Nobody is kept out by it: whoever can choose what is hashed can also say the same
/// of two devices.
pub(crate) struct Hash128(u128);

const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;

impl Hash128 {
    pub(crate) fn new(context: &str) -> Self {
        let mut hash = Self(BASIS);
        hash.part(context.as_bytes());
        hash
    }

    /// One part; its length goes in as well, so that parts cannot run into each other.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.bytes(&(bytes.len() as u64).to_le_bytes());
        self.bytes(bytes);
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(self.0)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A phone in a network that the gateway saw.
    fn phone() -> Traits {
        let mut traits = Traits::default();
        let numbers = [390.0, 844.0, 3.0, 24.0, -120.0, 6.0, 4.0, 5.0, 2.0];
        for (field, value) in NUMBERS.into_iter().zip(numbers) {
            traits.number(field, value);
        }
        traits.word(Field::Platform, "ios");
        traits.word(Field::Browser, "safari");
        traits.flag(Field::Mobile, true);
        let client = ClientStamp {
            address_hash: Some("5e1f".to_owned()),
            user_agent_class: Some("browser".to_owned()),
            ..ClientStamp::default()
        };
        traits.client(&client, false);
        traits
    }

    fn changed(change: impl FnOnce(&mut Traits)) -> Option<Fingerprint> {
        let mut traits = phone();
        change(&mut traits);
        traits.fingerprint()
    }

    /// Fingerprints of two versions of a worker are counted together: the hash never changes.
    #[test]
    fn the_hash_is_pinned() {
        let text = phone()
            .fingerprint()
            .map(|fingerprint| fingerprint.to_string());
        assert_eq!(text.as_deref(), Some("0bea48495d77745065dc34aa21844deb"));
        // The published test vector of FNV-1a with 128 bits for "foobar".
        let mut hash = Hash128(BASIS);
        hash.bytes(b"foobar");
        assert_eq!(hash.0, 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn every_property_tells_devices_apart() {
        let same = phone().fingerprint();
        let mut seen = std::collections::HashSet::from([same]);
        for field in NUMBERS {
            assert!(
                seen.insert(changed(|traits| traits.number(field, 77.0))),
                "{field:?}"
            );
        }
        let other = ClientStamp {
            address_hash: Some("other".to_owned()),
            ..ClientStamp::default()
        };
        for change in [
            changed(|traits| traits.word(Field::Platform, "android")),
            changed(|traits| traits.word(Field::Browser, "chrome")),
            changed(|traits| traits.word(Field::Renderer, "hardware")),
            changed(|traits| traits.word(Field::Fingerprint, "c0ffee")),
            changed(|traits| traits.flag(Field::Mobile, false)),
            changed(|traits| traits.client(&other, false)),
            changed(|traits| traits.test = true),
        ] {
            assert!(change.is_some() && seen.insert(change), "{change:?}");
        }
        assert_eq!(
            changed(|traits| traits.number(Field::ViewportWidth, 77.0)),
            same
        );
    }

    #[test]
    fn a_turned_screen_is_the_same_screen() {
        let turned = changed(|traits| {
            traits.number(Field::ScreenWidth, 844.0);
            traits.number(Field::ScreenHeight, 390.0);
        });
        assert_eq!(turned, phone().fingerprint());
    }

    #[test]
    fn too_little_is_no_fingerprint() {
        assert_eq!(Traits::default().fingerprint(), None);
        let own = |traits: &mut Traits| traits.word(Field::Fingerprint, "c0ffee");
        let unseen = |traits: &mut Traits| traits.client(&ClientStamp::default(), false);
        // A server opened the session: a phone's own fingerprint is that of its model, a computer's will do.
        assert_eq!(changed(unseen), None);
        assert_eq!(
            changed(|traits| {
                unseen(traits);
                own(traits);
            }),
            None
        );
        let computer = changed(|traits| {
            unseen(traits);
            own(traits);
            traits.word(Field::Platform, "windows");
            traits.flag(Field::Mobile, false);
        });
        assert!(computer.is_some());
        // A browser opened it, but hardly says what it is.
        let mut shy = Traits {
            network: 1,
            ..Traits::default()
        };
        shy.number(Field::ScreenWidth, 390.0);
        shy.number(Field::ScreenHeight, 844.0);
        shy.word(Field::Platform, "ios");
        for field in &NUMBERS[2..1 + MIN_TRAITS] {
            shy.number(*field, 1.0);
        }
        assert_eq!(shy.fingerprint(), None);
        shy.word(Field::Browser, "safari");
        assert!(shy.fingerprint().is_some());
    }

    proptest! {
        #[test]
        fn the_order_of_reports_does_not_matter(values in prop::collection::vec(-1e6..1e6, NUMBERS.len()), order in Just((0..NUMBERS.len()).collect::<Vec<_>>()).prop_shuffle()) {
            let mut reported = phone();
            let mut shuffled = phone();
            (0..NUMBERS.len()).for_each(|index| reported.number(NUMBERS[index], values[index]));
            order.into_iter().for_each(|index| shuffled.number(NUMBERS[index], values[index]));
            prop_assert_eq!(reported.fingerprint(), shuffled.fingerprint());
        }
    }
}
