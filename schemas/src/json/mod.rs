//! A strict, allocation-free JSON cursor.
//!
//! `serde_json` builds values or typed structs; the gateway needs something else: walk a batch once,
//! know the byte range of each event, judge every field on the way, and forward the accepted bytes
//! unread. This cursor yields tokens of RFC 8259 text over a `&str` (so UTF-8 is checked once, before)
//! and skips what the caller does not want. It accepts exactly what `serde_json` accepts, which a
//! property test holds it to; nesting is bounded.

/// Deepest nesting that is followed; deeper input is malformed for Candor.
const MAX_DEPTH: usize = 32;

/// Why a text is not JSON, with the byte position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{expected} at byte {position}")]
pub(crate) struct JsonError {
    /// What would have been right there.
    pub(crate) expected: &'static str,
    /// Byte position in the text.
    pub(crate) position: usize,
}

/// One scalar, or the opening of a container, as the cursor meets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    Number(f64),
    /// The text between the quotes, still escaped; `escaped` says whether it holds a backslash.
    Text {
        raw: &'a str,
        escaped: bool,
    },
    ArrayStart,
    ObjectStart,
}

/// A position in a JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Byte position after the last consumed token.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn error<T>(&self, expected: &'static str) -> Result<T, JsonError> {
        Err(JsonError {
            expected,
            position: self.at,
        })
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    /// Moves to the next significant byte and says where it is.
    pub(crate) fn start_of_value(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// The text must be over, white space aside.
    pub(crate) fn finish(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        if self.at == self.text.len() {
            Ok(())
        } else {
            self.error("expected the end of the text")
        }
    }

    /// Consumes one scalar or the opening bracket of a container.
    #[inline]
    pub(crate) fn token(&mut self) -> Result<Token<'a>, JsonError> {
        self.skip_space();
        match self.byte() {
            Some(b'"') => {
                let (raw, escaped) = self.string()?;
                Ok(Token::Text { raw, escaped })
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            Some(b'{') => {
                self.at += 1;
                Ok(Token::ObjectStart)
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Token::ArrayStart)
            }
            Some(b't') => self.literal("true", Token::Bool(true)),
            Some(b'f') => self.literal("false", Token::Bool(false)),
            Some(b'n') => self.literal("null", Token::Null),
            _ => self.error("expected a value"),
        }
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(token)
        } else {
            self.error("expected a value")
        }
    }

    /// After `{` (`first`) or a member's value: the next key, or `None` at `}`.
    #[inline]
    pub(crate) fn next_key(&mut self, first: bool) -> Result<Option<&'a str>, JsonError> {
        self.skip_space();
        match self.byte() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.skip_space();
            }
            _ if first => {}
            _ => return self.error("expected `,` or `}`"),
        }
        if self.byte() != Some(b'"') {
            return self.error("expected a member name");
        }
        let (key, _) = self.string()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return self.error("expected `:`");
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// After `[` (`first`) or an element: whether another element follows.
    #[inline]
    pub(crate) fn next_element(&mut self, first: bool) -> Result<bool, JsonError> {
        self.skip_space();
        match self.byte() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => self.error("expected `,` or `]`"),
        }
    }

    /// Consumes what is left of a value whose first token has been taken.
    pub(crate) fn skip_rest(&mut self, token: Token<'a>) -> Result<(), JsonError> {
        self.skip_nested(token, 0)
    }

    fn skip_nested(&mut self, token: Token<'a>, depth: usize) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return self.error("expected less nesting");
        }
        let mut first = true;
        match token {
            Token::ObjectStart => {
                while self.next_key(first)?.is_some() {
                    let value = self.token()?;
                    self.skip_nested(value, depth + 1)?;
                    first = false;
                }
            }
            Token::ArrayStart => {
                while self.next_element(first)? {
                    let value = self.token()?;
                    self.skip_nested(value, depth + 1)?;
                    first = false;
                }
            }
            Token::Null | Token::Bool(_) | Token::Number(_) | Token::Text { .. } => {}
        }
        Ok(())
    }

    /// At a quote: the text up to the closing quote, and whether it holds escapes.
    fn string(&mut self) -> Result<(&'a str, bool), JsonError> {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    let raw = &self.text[start..self.at];
                    self.at += 1;
                    return Ok((raw, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..=0x1f) => return self.error("expected no control character"),
                Some(_) => self.at += 1,
                None => return self.error("expected a closing quote"),
            }
        }
    }

    /// At a backslash: one escape, surrogate pairs included.
    fn escape(&mut self) -> Result<(), JsonError> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => match self.unicode_escape()? {
                0xDC00..=0xDFFF => self.error("expected a leading surrogate first"),
                0xD800..=0xDBFF => match self.unicode_escape()? {
                    0xDC00..=0xDFFF => Ok(()),
                    _ => self.error("expected a trailing surrogate"),
                },
                _ => Ok(()),
            },
            _ => self.error("expected a valid escape"),
        }
    }

    fn unicode_escape(&mut self) -> Result<u32, JsonError> {
        let bytes = self.text.as_bytes();
        let digits = bytes.get(self.at + 2..self.at + 6);
        let (Some([b'\\', b'u']), Some(digits)) = (bytes.get(self.at..self.at + 2), digits) else {
            return self.error("expected `\\uXXXX`");
        };
        let mut code = 0;
        for digit in digits {
            let Some(value) = char::from(*digit).to_digit(16) else {
                return self.error("expected four hexadecimal digits");
            };
            code = code * 16 + value;
        }
        self.at += 6;
        Ok(code)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start {
            self.error("expected a digit")
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Result<f64, JsonError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let integer_end = self.at;
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if integer_end == self.at && text.len() <= 15 {
            // Exact in a double, and the common case: no float parser needed.
            return Ok(small_integer(text));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => self.error("expected a number within double range before"),
        }
    }
}

fn small_integer(text: &str) -> f64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut value: i64 = 0;
    for digit in digits.bytes() {
        value = value * 10 + i64::from(digit - b'0');
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "at most 15 digits, exact in a double"
    )]
    let value = value as f64;
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(text: &str) -> bool {
        let mut cursor = Cursor::new(text);
        let value = cursor.token().and_then(|token| cursor.skip_rest(token));
        value.and_then(|()| cursor.finish()).is_ok()
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":}",
            "NaN",
            "Infinity",
            "01",
            "1.",
            ".5",
            "1e",
            "\"\\x\"",
            "\"\\ud800\"",
            "tru",
            "[1 2]",
            "{\"a\" 1}",
            "{,}",
            "1e999",
            "\"a\nb\"",
            "[,1]",
            "{} {}",
        ] {
            assert!(!accepts(text), "accepted {text:?}");
            assert!(
                serde_json::from_str::<serde_json::Value>(text).is_err(),
                "serde_json takes {text:?}"
            );
        }
    }

    #[test]
    fn bounds_nesting() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(!accepts(&deep));
        let fine = "[".repeat(20) + &"]".repeat(20);
        assert!(accepts(&fine));
    }

    fn json_value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            ".*".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(serde_json::Value::from),
                prop::collection::hash_map(".{0,8}", inner, 0..8)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn accepts_every_printed_value(value in json_value()) {
            prop_assert!(accepts(&value.to_string()));
            prop_assert!(accepts(&serde_json::to_string_pretty(&value).unwrap()));
        }

        #[test]
        fn agrees_with_serde_json_on_damaged_text(value in json_value(), at in any::<prop::sample::Index>(), with in "[ -~]{0,2}") {
            let mut text = value.to_string();
            let mut position = at.index(text.len().max(1)).min(text.len());
            while !text.is_char_boundary(position) { position -= 1; }
            let end = text[position..].chars().next().map_or(position, |c| position + c.len_utf8());
            text.replace_range(position..end, &with);
            prop_assert_eq!(accepts(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn reads_numbers_as_serde_json_does(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let text = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(Cursor::new(&text).token().unwrap(), Token::Number(number));
        }
    }
}
