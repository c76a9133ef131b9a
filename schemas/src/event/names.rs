//! Names to their numbers with one look at a table and one comparison.
//!
//! A `match` over 75 strings compares them one after another, for every field of every event. The table
//! is made by the compiler: it looks for a multiplier under which no two names meet, and a name for which
//! there is none does not compile.

/// A perfect hash of a closed list of names.
#[derive(Debug)]
pub(super) struct NameTable<const SLOTS: usize> {
    names: &'static [&'static str],
    seed: u32,
    /// Position in `names` and one; 0 is free.
    slots: [u8; SLOTS],
}

/// How many multipliers are tried.
const ATTEMPTS: u32 = 1000;

impl<const SLOTS: usize> NameTable<SLOTS> {
    /// The table of `names`.
    ///
    /// # Panics
    /// At compile time, when no multiplier separates the names: then it needs more slots.
    pub(super) const fn new(names: &'static [&'static str]) -> Self {
        assert!(SLOTS.is_power_of_two() && names.len() < u8::MAX as usize);
        let mut attempt = 0;
        while attempt < ATTEMPTS {
            let seed = 0x9E37_79B1u32.wrapping_add(attempt.wrapping_mul(0x85EB_CA6A));
            if let Some(slots) = Self::place(names, seed) {
                return Self { names, seed, slots };
            }
            attempt += 1;
        }
        panic!("no multiplier separates the names")
    }

    const fn place(names: &[&str], seed: u32) -> Option<[u8; SLOTS]> {
        let mut slots = [0; SLOTS];
        let mut index = 0;
        while index < names.len() {
            let slot = Self::slot(names[index].as_bytes(), seed);
            if slots[slot] != 0 {
                return None;
            }
            #[expect(clippy::cast_possible_truncation, reason = "asserted by `new`")]
            {
                slots[slot] = index as u8 + 1;
            }
            index += 1;
        }
        Some(slots)
    }

    /// First, middle and last byte and the length tell all listed names apart.
    const fn slot(name: &[u8], seed: u32) -> usize {
        if name.is_empty() {
            return 0;
        }
        let last = name.len() - 1;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "names of other lengths may meet; they are compared"
        )]
        let length = name.len() as u8;
        let word = u32::from_le_bytes([name[0], name[name.len() / 2], name[last], length]);
        (word.wrapping_mul(seed) >> (32 - SLOTS.trailing_zeros())) as usize
    }

    /// Position of `name` in the list.
    #[inline]
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let slot = self.slots[Self::slot(name.as_bytes(), self.seed)];
        let index = usize::from(slot).checked_sub(1)?;
        (self.names[index] == name).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    static TABLE: NameTable<16> = NameTable::new(&["x", "y", "scroll_x", "scroll_y", "hold"]);

    proptest! {
        #[test]
        fn the_table_finds_what_the_list_holds_and_nothing_else(name in prop_oneof!["[a-z_]{0,9}", prop::sample::select(TABLE.names).prop_map(str::to_owned)]) {
            prop_assert_eq!(TABLE.position(&name), TABLE.names.iter().position(|listed| *listed == name));
        }
    }
}
