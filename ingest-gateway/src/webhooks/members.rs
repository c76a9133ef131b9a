//! The members of a JSON object from outside, one level deep, and which of them may be kept.
//!
//! A repeated name is an error: two readers of one text must not see two different values. What is
//! nested is not looked into. Everything is bounded by the body, names and numbers of members besides.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{NaiveDateTime, SecondsFormat};
use schemas::event::field::is_identifier;
use schemas::session::{MAX_PROPERTIES, Properties, Property};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Most members that are read; platforms send a dozen.
const MAX_MEMBERS: usize = 256;

/// The value of a member.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Member {
    Flag(bool),
    Number(f64),
    Text(String),
    /// `null`, or an empty text: nothing is said.
    Nothing,
    /// An array, an object, or a scalar that cannot be held.
    Unusable,
}

impl Member {
    pub(super) fn of_text(text: String) -> Self {
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(text)
        }
    }

    fn of(raw: &str) -> Self {
        fn scalar<'a, T: Deserialize<'a>>(raw: &'a str, of: impl Fn(T) -> Member) -> Member {
            serde_json::from_str(raw).map_or(Member::Unusable, of)
        }
        match raw.as_bytes().first() {
            Some(b'"') => scalar(raw, Self::of_text),
            Some(b't' | b'f') => scalar(raw, Self::Flag),
            Some(b'-' | b'0'..=b'9') => scalar(raw, Self::Number),
            Some(b'n') => Self::Nothing,
            _ => Self::Unusable,
        }
    }

    /// A text, or a whole number as one.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(format!("{number:.0}"))
            }
            _ => None,
        }
    }
}

/// The members of an object, by name.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// Reads an object; `None` for any other text, and for one that repeats a name.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The text of a member's value, to be read as something of its own.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get())
    }

    /// Every member, in the order of the names.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (String, Member)> {
        let members = self.0.into_iter();
        members.map(|(name, value)| (name, Member::of(value.get())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if members.len() == MAX_MEMBERS {
                        return Err(A::Error::custom("too many members"));
                    }
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is repeated"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What is kept of a notice's fields: what the rules of `metadata` admit. The rest is counted.
#[derive(Debug, Default)]
pub(super) struct Admission {
    fields: Properties,
    dropped: u32,
}

impl Admission {
    /// Keeps the field, or counts it; a field that says nothing is neither.
    pub(super) fn add(&mut self, name: &str, member: Member) {
        let property = match member {
            Member::Nothing => return,
            Member::Flag(flag) => Some(Property::Flag(flag)),
            Member::Number(number) => number.is_finite().then_some(Property::Number(number)),
            Member::Text(text) => word(text),
            Member::Unusable => None,
        };
        match property {
            Some(property) if is_identifier(name) && self.fields.len() < MAX_PROPERTIES => {
                self.fields.insert(name.to_owned(), property);
            }
            _ => self.drop_one(),
        }
    }

    /// Counts one field that is not kept.
    pub(super) fn drop_one(&mut self) {
        self.dropped = self.dropped.saturating_add(1);
    }

    /// Takes a member that is a name: an identifier, or a whole number as one. Anything else is counted.
    pub(super) fn identifier(&mut self, member: Member) -> Option<String> {
        if member == Member::Nothing {
            return None;
        }
        let text = member.into_text().filter(|text| is_identifier(text));
        if text.is_none() {
            self.drop_one();
        }
        text
    }

    pub(super) fn finish(self) -> (Properties, u32) {
        (self.fields, self.dropped)
    }
}

/// A word as it is, or a platform's date (`2019-06-25 07:58:25`, UTC) as RFC 3339, which is a word.
fn word(text: String) -> Option<Property> {
    if is_identifier(&text) {
        return Some(Property::Word(text));
    }
    if text.len() != "2019-06-25 07:58:25".len() {
        return None;
    }
    let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
    let time = time.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    is_identifier(&time).then_some(Property::Word(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::session::check_metadata;
    use serde_json::json;

    fn admitted(text: &str) -> (Properties, u32) {
        let mut admission = Admission::default();
        for (name, member) in Members::parse(text).unwrap().into_iter() {
            admission.add(&name, member);
        }
        admission.finish()
    }

    #[test]
    fn scalars_are_kept_dates_are_rewritten_and_the_rest_is_counted() {
        let text = json!({
            "BrandID": "sap-dev", "CompletedDate": "2019-06-25 07:58:25", "finished": true, "score": 1.5,
            "empty": "", "nothing": null,
            "answer": "I like it a lot", "nested": {"a": 1}, "list": [1], "a b": 1, "NotADate": "2019-13-25 07:58:25",
        });
        let (fields, dropped) = admitted(&text.to_string());
        let expected = json!({
            "BrandID": "sap-dev", "CompletedDate": "2019-06-25T07:58:25Z", "finished": true, "score": 1.5,
        });
        assert_eq!(serde_json::to_value(&fields).unwrap(), expected);
        assert_eq!(dropped, 5);
    }

    #[test]
    fn no_more_than_the_allowed_number_is_kept() {
        let many: BTreeMap<String, u32> = (0..40).map(|n| (format!("f{n}"), n)).collect();
        let (fields, dropped) = admitted(&serde_json::to_string(&many).unwrap());
        assert_eq!((fields.len(), dropped), (MAX_PROPERTIES, 8));
        let many: BTreeMap<String, u32> = (0..257).map(|n| (format!("f{n}"), n)).collect();
        assert!(Members::parse(&serde_json::to_string(&many).unwrap()).is_none());
    }

    #[test]
    fn a_repeated_name_makes_the_object_unreadable() {
        assert!(Members::parse(r#"{"a":1,"b":2}"#).is_some());
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            "[]",
            "1",
            "",
            r#"{"a":1}}"#,
        ] {
            assert!(Members::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn scalars_that_cannot_be_held_are_unusable() {
        let text = r#"{"half":"\ud800","huge":1e999,"deep":[[[[1]]]],"fine":-0.5}"#;
        let (fields, dropped) = admitted(text);
        assert_eq!((fields.len(), dropped), (1, 3));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        // Whether it is read or refused, it ends.
        let _ = Members::parse(&deep);
    }

    proptest! {
        #[test]
        fn what_is_kept_always_passes_the_rule_of_metadata(pairs: BTreeMap<String, String>) {
            let (fields, dropped) = admitted(&serde_json::to_string(&pairs).unwrap());
            prop_assert_eq!(check_metadata(&fields), Ok(()));
            let said = pairs.values().filter(|value| !value.is_empty()).count();
            prop_assert_eq!(fields.len() + dropped as usize, said);
        }

        #[test]
        fn no_text_makes_reading_panic(text: String) {
            let _ = Members::parse(&text);
        }
    }
}
