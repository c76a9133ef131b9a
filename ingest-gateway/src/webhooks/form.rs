//! `application/x-www-form-urlencoded`, to the byte: what is signed is what the sender encoded, so
//! nothing is replaced on the way. Escapes that are none stay as they are, as everywhere on the web.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::WebhookError;

/// Most fields of a form; platforms send a dozen.
const MAX_FIELDS: usize = 256;

const TOO_MANY: WebhookError = WebhookError::Malformed {
    expected: "There are at most 256 fields.",
};
const REPEATED: WebhookError = WebhookError::Malformed {
    expected: "No field is given twice.",
};

/// The decoded fields of a form or a query.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(Vec<u8>, Vec<u8>)>);

impl Form {
    /// Decodes a form; no name may be there twice.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, WebhookError> {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            if fields.len() == MAX_FIELDS {
                return Err(TOO_MANY);
            }
            let cut = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match cut {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &b""[..]),
            };
            let name = decode(name);
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(REPEATED);
            }
            fields.push((name, decode(value)));
        }
        Ok(Self(fields))
    }

    /// The value of a field, as bytes.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().find(|(known, _)| known == name.as_bytes());
        found.map(|(_, value)| value.as_slice())
    }

    /// The fields that are text, in their order, and how many are not.
    pub(super) fn texts(self) -> (Vec<(String, String)>, u32) {
        let mut other = 0;
        let mut texts = Vec::new();
        for (name, value) in self.0 {
            match (String::from_utf8(name), String::from_utf8(value)) {
                (Ok(name), Ok(value)) => texts.push((name, value)),
                _ => other += 1,
            }
        }
        (texts, other)
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        let space = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
        encoded.iter().map(space).collect()
    } else {
        encoded.into()
    };
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded_to_the_byte(value: Vec<u8>) {
            let encoded = format!("a=1&MSG={}", percent_encode(&value, NON_ALPHANUMERIC));
            let form = Form::parse(encoded.as_bytes()).unwrap();
            prop_assert_eq!(form.get("MSG"), Some(&value[..]));
            prop_assert_eq!(form.get("a"), Some(&b"1"[..]));
        }

        #[test]
        fn no_bytes_make_it_panic(encoded: Vec<u8>) {
            let _ = Form::parse(&encoded);
        }
    }

    #[test]
    fn plus_is_a_space_and_a_broken_escape_stays() {
        let form = Form::parse(b"a=x+y%20z&&b=100%&c=%zz&d&=e").unwrap();
        let get = |name| form.get(name).map(|value| String::from_utf8_lossy(value));
        assert_eq!(get("a").as_deref(), Some("x y z"));
        assert_eq!(get("b").as_deref(), Some("100%"));
        assert_eq!(get("c").as_deref(), Some("%zz"));
        assert_eq!(get("d").as_deref(), Some(""));
        assert_eq!(get("").as_deref(), Some("e"));
        assert_eq!(get("e"), None);
    }

    #[test]
    fn a_repeated_field_and_a_field_too_many_are_refused() {
        // `%4d` is `M`: what counts is the decoded name.
        assert_eq!(Form::parse(b"M=1&%4d=2").unwrap_err(), REPEATED);
        let many = |count: usize| (0..count).map(|n| format!("f{n}=&")).collect::<String>();
        assert!(Form::parse(many(MAX_FIELDS).as_bytes()).is_ok());
        let refused = Form::parse(many(MAX_FIELDS + 1).as_bytes());
        assert_eq!(refused.unwrap_err(), TOO_MANY);
    }
}
