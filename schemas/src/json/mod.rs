//! A strict, allocation-free JSON cursor.
//!
//! `serde_json` builds values or typed structs; the gateway needs something else: walk a batch once,
//! know the byte range of each event, judge every field on the way, and forward the accepted bytes
//! unread. This cursor yields tokens of RFC 8259 text over a `&str` (so UTF-8 is checked once, before)
//! and skips what the caller does not want. It accepts exactly what `serde_json` accepts, which a
//! property test holds it to; nesting is bounded.

mod number;
mod text;

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

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
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

    /// Consumes `expected` if the text goes on with exactly that.
    #[inline]
    pub(crate) fn take<const N: usize>(&mut self, expected: &[u8; N]) -> bool {
        let rest = self.text.as_bytes().get(self.at..);
        let taken = rest.and_then(<[u8]>::first_chunk) == Some(expected);
        if taken {
            self.at += N;
        }
        taken
    }

    /// Consumes a number if one is next; `None` leaves everything to [`Self::token`], errors too.
    ///
    /// This and the next are for the common case on the hot path: their results fit in registers,
    /// and a token that is handed over in memory costs more time than reading it.
    #[inline(always)]
    pub(crate) fn take_number(&mut self) -> Option<f64> {
        self.skip_space();
        match self.byte() {
            Some(b'-' | b'0'..=b'9') => {
                let mut at = self.at;
                let value = number::number(self.text.as_bytes(), &mut at)?;
                self.at = at;
                Some(value)
            }
            _ => None,
        }
    }

    /// Consumes a text without escapes if one is next.
    #[inline(always)]
    pub(crate) fn take_text(&mut self) -> Option<&'a str> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return None;
        }
        let end = text::end_of_plain(self.text.as_bytes(), self.at + 1);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        let raw = &self.text[self.at + 1..end];
        self.at = end + 1;
        Some(raw)
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
    #[inline(always)]
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
    #[inline(always)]
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
    #[inline]
    pub(crate) fn skip_rest(&mut self, token: Token<'a>) -> Result<(), JsonError> {
        match token {
            Token::ObjectStart | Token::ArrayStart => self.skip_nested(token, 0),
            Token::Null | Token::Bool(_) | Token::Number(_) | Token::Text { .. } => Ok(()),
        }
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
    #[inline(always)]
    fn string(&mut self) -> Result<(&'a str, bool), JsonError> {
        let start = self.at + 1;
        self.at = text::end_of_plain(self.text.as_bytes(), start);
        let mut escaped = false;
        while self.byte() != Some(b'"') {
            escaped = true;
            self.special()?;
            self.at = text::end_of_plain(self.text.as_bytes(), self.at);
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        Ok((raw, escaped))
    }

    /// Inside a string, at what is neither plain nor its end: an escape, or the text is broken.
    #[cold]
    fn special(&mut self) -> Result<(), JsonError> {
        match self.byte() {
            Some(b'\\') => self.escape(),
            Some(_) => self.error("expected no control character"),
            None => self.error("expected a closing quote"),
        }
    }

    #[inline(always)]
    fn number(&mut self) -> Result<f64, JsonError> {
        match number::number(self.text.as_bytes(), &mut self.at) {
            Some(value) => Ok(value),
            None => self.error("expected a number within double range"),
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
}

#[cfg(test)]
mod tests;
