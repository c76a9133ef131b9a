//! What a learned model sees of a window: a fixed row of numbers with stable names.
//!
//! Every channel hands in a block: a const table of names and as many values. A name that a published model
//! uses must keep its meaning; a measure that changes gets another name. Numbers must not depend on the
//! sampling rate, the screen or how long the session was, or a model learns where data came from.

use crate::channels::{Answers, Keys, Pointer, Timing};
use crate::strokes;
use crate::window::Window;

/// The features of one window. A feature that could not be measured is NaN.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    values: [f32; Self::COUNT],
}

/// The blocks, in the order of the row. To add one, name the window's member and the table of its names; the
/// member's `feature_values()` returns an array of the same length.
macro_rules! blocks {
    ($($member:ident: $names:expr;)+) => {
        const BLOCKS: &[&[&str]] = &[$(&$names),+];

        impl Window {
            /// What a learned model sees of this window.
            pub fn features(&self) -> Features {
                let mut features = Features::default();
                let mut rest = features.values.as_mut_slice();
                $(
                    let values: [f32; $names.len()] = self.$member.feature_values();
                    let (block, behind) = rest.split_at_mut(values.len());
                    block.copy_from_slice(&values);
                    rest = behind;
                )+
                debug_assert!(rest.is_empty());
                features
            }
        }
    };
}

blocks! {
    pointer: Pointer::FEATURE_NAMES;
    strokes: strokes::FEATURE_NAMES;
    keys: Keys::FEATURES;
    timing: Timing::FEATURES;
    answers: Answers::FEATURES;
}

impl Features {
    /// How many there are.
    pub const COUNT: usize = count();
    /// Their names, `part.measure` or `part.measure.statistic`, in the order of the values.
    pub const NAMES: [&'static str; Self::COUNT] = names();

    /// The values, in the order of [`Self::NAMES`].
    pub fn values(&self) -> &[f32; Self::COUNT] {
        &self.values
    }

    /// A row of these values.
    pub fn from_values(values: [f32; Self::COUNT]) -> Self {
        Self { values }
    }

    /// The place of a name.
    pub fn place(name: &str) -> Option<usize> {
        Self::NAMES.iter().position(|known| *known == name)
    }

    /// How many could be measured.
    pub fn measured(&self) -> usize {
        self.values.iter().filter(|value| !value.is_nan()).count()
    }
}

impl Default for Features {
    fn default() -> Self {
        Self {
            values: [f32::NAN; Self::COUNT],
        }
    }
}

/// Nothing was measured unless `enough` holds.
pub(crate) fn measured(enough: bool, value: f64) -> f32 {
    if enough { value as f32 } else { f32::NAN }
}

const fn count() -> usize {
    let (mut count, mut block) = (0, 0);
    while block < BLOCKS.len() {
        count += BLOCKS[block].len();
        block += 1;
    }
    count
}

const fn names() -> [&'static str; Features::COUNT] {
    let mut names = [""; Features::COUNT];
    let (mut place, mut block) = (0, 0);
    while block < BLOCKS.len() {
        let mut name = 0;
        while name < BLOCKS[block].len() {
            names[place] = BLOCKS[block][name];
            place += 1;
            name += 1;
        }
        block += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_distinct_and_begin_with_their_part() {
        let distinct: HashSet<_> = Features::NAMES.iter().collect();
        assert_eq!(distinct.len(), Features::COUNT);
        for name in Features::NAMES {
            let parts: Vec<_> = name.split('.').collect();
            let fine = |part: &&str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            assert!(
                (2..=3).contains(&parts.len()) && parts.iter().all(fine),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_is_measured_of_an_empty_window() {
        assert_eq!(Window::new().features().measured(), 0);
    }
}
