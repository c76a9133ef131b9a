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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super::sparse")]
        counts: [u16; 40],
        #[serde(with = "super::unless_default")]
        count: u32,
    }

    proptest! {
        #[test]
        fn a_row_survives_the_round_trip(used in prop::collection::btree_map(0usize..40, any::<u16>(), 0..40), count in prop_oneof![Just(0u32), any::<u32>()]) {
            let mut row = Row { counts: [0; 40], count };
            used.into_iter().for_each(|(place, value)| row.counts[place] = value);
            let bytes = postcard::to_allocvec(&row).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Row>(&bytes).unwrap(), row);
        }

        #[test]
        fn foreign_bytes_are_an_error_or_a_row(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(row) = postcard::from_bytes::<Row>(&bytes) {
                prop_assert!(row.counts.iter().filter(|count| **count != 0).count() <= bytes.len());
            }
        }
    }

    #[test]
    fn nothing_seen_takes_two_bytes_and_a_place_beyond_the_array_is_refused() {
        let empty = Row {
            counts: [0; 40],
            count: 0,
        };
        assert_eq!(postcard::to_allocvec(&empty).unwrap(), [0, 0]);
        assert!(postcard::from_bytes::<Row>(&[1, 40, 7, 0]).is_err());
        assert!(postcard::from_bytes::<Row>(&[2, 39, 7, 0, 7, 0]).is_err());
    }
}
