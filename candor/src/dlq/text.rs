//! Raw content on a terminal: nothing that it holds may move the cursor or hide what follows.

use std::fmt::Write;

/// `text` with control characters written out; line breaks stay when `lines` says so.
pub(super) fn printable(text: &str, lines: bool) -> String {
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        // Besides controls, characters that turn the direction of writing around.
        let turns = matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c == '\n' && lines || !(c.is_control() || turns) {
            printed.push(c);
        } else {
            printed.extend(c.escape_default());
        }
    }
    printed
}

/// The bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Short bytes as one line: text when they are UTF-8, else hexadecimal digits.
pub(super) fn short(bytes: &[u8], most: usize) -> String {
    let shown = &bytes[..bytes.len().min(most)];
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    match std::str::from_utf8(shown) {
        Ok("") => "-".to_owned(),
        Ok(text) => format!("{}{more}", printable(text, false)),
        Err(_) => format!("0x{}{more}", hex(shown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_printed_controls_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\nc\u{202e}", false),
            "a\\u{1b}[2Jb\\nc\\u{202e}"
        );
        assert_eq!(printable("a\nä", true), "a\nä");
        assert_eq!(short(b"\xff\x00", 9), "0xff00");
        assert_eq!(short(b"abcdef", 3), "abc…");
        assert_eq!(short(b"", 3), "-");
    }
}
