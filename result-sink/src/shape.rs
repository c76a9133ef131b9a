//! Parts of a verdict that go on as the text that they came in: read to know that they are what they say, and forgotten.
//! Nothing is allocated.

use std::fmt;
use std::marker::PhantomData;

use schemas::verdict::Method;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// From here on a method's score speaks for automation.
const SPEAKS: f64 = 0.5;

/// A list of `T`.
#[derive(Debug)]
pub(crate) struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<T>()?.is_some() {}
        Ok(self)
    }
}

/// A map from `K` to `V`.
#[derive(Debug)]
pub(crate) struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(PhantomData))
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<K, V>()?.is_some() {}
        Ok(self)
    }
}

/// Scores of methods, as those that speak for automation: a bit for each, in the order of [`Method::ALL`].
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Speaking(pub(crate) i32);

impl<'de> Deserialize<'de> for Speaking {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Speaking {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("scores of methods")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut scores: A) -> Result<Self, A::Error> {
        while let Some((method, score)) = scores.next_entry::<Method, f64>()? {
            if let Some(bit) = Method::ALL.iter().position(|each| *each == method) {
                // Of a method that is told twice the last score stands.
                self.0 = self.0 & !(1 << bit) | i32::from(score >= SPEAKS) << bit;
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_speak_are_bits_in_their_order() {
        let scores =
            r#"{"keystroke":0.5,"mouse":0.499,"scroll":0.7,"model":1,"timing":1,"timing":0}"#;
        let speaking: Speaking = serde_json::from_str(scores).unwrap();
        assert_eq!(speaking, Speaking(1 | 64 | 512));
    }

    #[test]
    fn what_is_something_else_is_refused() {
        for (text, is_list, is_map, is_scores) in [
            ("[]", true, false, false),
            ("[1,2]", true, false, false),
            (r#"[1,"a"]"#, false, false, false),
            ("{}", false, true, true),
            (r#"{"mouse":1}"#, false, true, true),
            (r#"{"mouse":"a"}"#, false, false, false),
            (r#"{"nose":1}"#, false, true, false),
            ("null", false, false, false),
        ] {
            let list = serde_json::from_str::<Items<u8>>(text).is_ok();
            let map = serde_json::from_str::<Entries<&str, f64>>(text).is_ok();
            let scores = serde_json::from_str::<Speaking>(text).is_ok();
            assert_eq!((list, map, scores), (is_list, is_map, is_scores), "{text}");
        }
    }
}
