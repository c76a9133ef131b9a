//! How features are written when a window is put away: what was never seen takes one byte.
//!
//! Owns nothing but the shape: the reader gets back exactly the bits that were written. A value equal to
//! its default is left out only where that equality means equal bits; floating-point members of features
//! are 0.0 until they are first written, and then a count beside them is not 0. Malformed input is an
//! error, never a panic, and never allocates.

/// For `#[serde(with = "crate::compact::unless_default")]`: nothing, or the value.
pub(crate) mod unless_default {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize + Default + PartialEq,
        S: Serializer,
    {
        if *value == T::default() {
            serializer.serialize_none()
        } else {
            serializer.serialize_some(value)
        }
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Deserialize<'de> + Default,
        D: Deserializer<'de>,
    {
        Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
    }
}

/// For `#[serde(with = "crate::compact::sparse")]`: the places of an array that are not at their
/// default, each with the number of places left out before it.
pub(crate) mod sparse {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T, S, const N: usize>(
        places: &[T; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        T: Serialize + Default + PartialEq,
        S: Serializer,
    {
        let mut left_out = 0u32;
        let used = places.iter().filter_map(|place| {
            if *place == T::default() {
                left_out += 1;
                return None;
            }
            Some((std::mem::take(&mut left_out), place))
        });
        let count = places.iter().filter(|place| **place != T::default());
        let mut sequence = serializer.serialize_seq(Some(count.count()))?;
        for entry in used {
            serde::ser::SerializeSeq::serialize_element(&mut sequence, &entry)?;
        }
        serde::ser::SerializeSeq::end(sequence)
    }

    pub(crate) fn deserialize<'de, T, D, const N: usize>(
        deserializer: D,
    ) -> Result<[T; N], D::Error>
    where
        T: Deserialize<'de> + Default + Copy,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_seq(Places(PhantomData))
    }

    struct Places<T, const N: usize>(PhantomData<T>);

    impl<'de, T, const N: usize> Visitor<'de> for Places<T, N>
    where
        T: Deserialize<'de> + Default + Copy,
    {
        type Value = [T; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {N} places")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut places = [T::default(); N];
            let mut next = 0usize;
            while let Some((left_out, value)) = sequence.next_element::<(u32, T)>()? {
                let index = next.saturating_add(usize::try_from(left_out).unwrap_or(usize::MAX));
                let place = places.get_mut(index);
                *place.ok_or_else(|| A::Error::custom("a place beyond the array"))? = value;
                next = index + 1;
            }
            Ok(places)
        }
    }
}

/// For `#[serde(with = "crate::compact::leading")]`: the places of an array that is filled from its
/// beginning, up to the last that is not at its default.
pub(crate) mod leading {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T, S, const N: usize>(
        places: &[T; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        T: Serialize + Default + PartialEq,
        S: Serializer,
    {
        let used = places.iter().rposition(|place| *place != T::default());
        serializer.collect_seq(&places[..used.map_or(0, |last| last + 1)])
    }

    pub(crate) fn deserialize<'de, T, D, const N: usize>(
        deserializer: D,
    ) -> Result<[T; N], D::Error>
    where
        T: Deserialize<'de> + Default + Copy,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_seq(Places(PhantomData))
    }

    struct Places<T, const N: usize>(PhantomData<T>);

    impl<'de, T, const N: usize> Visitor<'de> for Places<T, N>
    where
        T: Deserialize<'de> + Default + Copy,
    {
        type Value = [T; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {N} places")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut places = [T::default(); N];
            let mut free = places.iter_mut();
            while let Some(value) = sequence.next_element()? {
                let place = free.next();
                *place.ok_or_else(|| A::Error::custom("a place beyond the array"))? = value;
            }
            Ok(places)
        }
    }
}

/// For `#[serde(with = "crate::compact::differences")]`: samples up to the last that is not at its default,
/// each as what it differs by from the one before: a movement's next sample is near.
pub(crate) mod differences {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    /// A sample of three numbers.
    pub(crate) trait Numbers: Copy + Default + PartialEq {
        /// The numbers, of at most 16 bits and a sign.
        fn numbers(self) -> [i32; 3];
        /// The sample with these numbers, if there is one.
        fn of(numbers: [i32; 3]) -> Option<Self>;
    }

    pub(crate) fn serialize<T, S, const N: usize>(
        samples: &[T; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        T: Numbers,
        S: Serializer,
    {
        let used = samples.iter().rposition(|sample| *sample != T::default());
        let mut before = [0; 3];
        let written = samples[..used.map_or(0, |last| last + 1)]
            .iter()
            .map(|sample| {
                let [a, b, c] = std::mem::replace(&mut before, sample.numbers());
                let [x, y, z] = before;
                [x - a, y - b, z - c]
            });
        serializer.collect_seq(written)
    }

    pub(crate) fn deserialize<'de, T, D, const N: usize>(
        deserializer: D,
    ) -> Result<[T; N], D::Error>
    where
        T: Numbers,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_seq(Samples(PhantomData))
    }

    struct Samples<T, const N: usize>(PhantomData<T>);

    impl<'de, T: Numbers, const N: usize> Visitor<'de> for Samples<T, N> {
        type Value = [T; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {N} samples")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut samples = [T::default(); N];
            let mut free = samples.iter_mut();
            let mut before = [0i32; 3];
            while let Some(step) = sequence.next_element::<[i32; 3]>()? {
                for (number, step) in before.iter_mut().zip(step) {
                    *number = number.saturating_add(step);
                }
                let sample = T::of(before).zip(free.next());
                let (sample, place) =
                    sample.ok_or_else(|| A::Error::custom("no sample of the array"))?;
                *place = sample;
            }
            Ok(samples)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Copy, PartialEq, Default)]
    struct Sample(u16, i16, i16);

    impl super::differences::Numbers for Sample {
        fn numbers(self) -> [i32; 3] {
            [i32::from(self.0), i32::from(self.1), i32::from(self.2)]
        }

        fn of([a, b, c]: [i32; 3]) -> Option<Self> {
            Some(Self(
                a.try_into().ok()?,
                b.try_into().ok()?,
                c.try_into().ok()?,
            ))
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Movement {
        #[serde(with = "super::differences")]
        samples: [Sample; 12],
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super::sparse")]
        counts: [u16; 40],
        #[serde(with = "super::leading")]
        first: [u16; 20],
        #[serde(with = "super::unless_default")]
        count: u32,
    }

    proptest! {
        #[test]
        fn a_row_survives_the_round_trip(used in prop::collection::btree_map(0usize..40, any::<u16>(), 0..40), first in prop::collection::vec(any::<u16>(), 0..20), count in prop_oneof![Just(0u32), any::<u32>()]) {
            let mut row = Row { counts: [0; 40], first: [0; 20], count };
            row.first[..first.len()].copy_from_slice(&first);
            used.into_iter().for_each(|(place, value)| row.counts[place] = value);
            let bytes = postcard::to_allocvec(&row).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Row>(&bytes).unwrap(), row);
        }

        #[test]
        fn a_movement_survives_the_round_trip(samples in prop::collection::vec(any::<(u16, i16, i16)>(), 0..=12)) {
            let mut movement = Movement { samples: [Sample::default(); 12] };
            for (place, (a, b, c)) in movement.samples.iter_mut().zip(samples) {
                *place = Sample(a, b, c);
            }
            let bytes = postcard::to_allocvec(&movement).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Movement>(&bytes).unwrap(), movement);
        }

        #[test]
        fn foreign_bytes_are_an_error_or_a_movement(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(movement) = postcard::from_bytes::<Movement>(&bytes) {
                prop_assert!(movement.samples.iter().filter(|sample| **sample != Sample::default()).count() <= bytes.len());
            }
        }

        #[test]
        fn foreign_bytes_are_an_error_or_a_row(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(row) = postcard::from_bytes::<Row>(&bytes) {
                prop_assert!(row.counts.iter().filter(|count| **count != 0).count() <= bytes.len());
            }
        }
    }

    #[test]
    fn nothing_seen_takes_a_byte_each_and_a_place_beyond_the_array_is_refused() {
        let empty = Row {
            counts: [0; 40],
            first: [0; 20],
            count: 0,
        };
        assert_eq!(postcard::to_allocvec(&empty).unwrap(), [0, 0, 0]);
        assert!(postcard::from_bytes::<Row>(&[1, 40, 7, 0, 0]).is_err());
        assert!(postcard::from_bytes::<Row>(&[2, 39, 7, 0, 7, 0, 0]).is_err());
        let full = [[0, 20].as_slice(), &[7; 20], &[0]].concat();
        assert!(postcard::from_bytes::<Row>(&full).is_ok());
        let beyond = [[0, 21].as_slice(), &[7; 21], &[0]].concat();
        assert!(postcard::from_bytes::<Row>(&beyond).is_err());
    }
}
