//! W3C Trace Context: a `traceparent` travels with the record only when it is valid.
//!
//! An invalid one is dropped and the request goes on, as the specification asks: tracing must never
//! be the reason why an event is lost.

use axum::http::HeaderMap;
use schemas::header::TRACEPARENT_HEADER;

/// Length of version 00: `vv-` + 32 + `-` + 16 + `-` + 2.
const LENGTH: usize = 55;
/// Longest value of a later version that is passed on.
const MAX_LENGTH: usize = 128;

/// The request's `traceparent`, if it is there once and valid.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(TRACEPARENT_HEADER).iter();
    let text = values.next()?.to_str().ok()?;
    (values.next().is_none() && is_valid(text)).then(|| text.to_owned())
}

fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(head), true) = (bytes.get(..LENGTH), bytes.len() <= MAX_LENGTH) else {
        return false;
    };
    let hexadecimal = |part: &[u8]| {
        part.iter()
            .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(c))
    };
    let not_zero = |part: &[u8]| part.iter().any(|c| *c != b'0');
    let dashes = head[2] == b'-' && head[35] == b'-' && head[52] == b'-';
    let (version, trace, span, flags) = (&head[..2], &head[3..35], &head[36..52], &head[53..]);
    let well_formed = [version, trace, span, flags].into_iter().all(hexadecimal);
    // Version 00 ends here; a later one may go on after another dash.
    let end = match bytes.get(LENGTH) {
        None => true,
        Some(next) => version != b"00" && *next == b'-' && text.is_ascii(),
    };
    dashes && well_formed && version != b"ff" && not_zero(trace) && not_zero(span) && end
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_valid_trace_contexts_pass() {
        assert!(is_valid(GOOD));
        assert!(is_valid(&GOOD.replacen("00", "01", 1)));
        assert!(is_valid(&format!("{}-more", GOOD.replacen("00", "01", 1))));
        let bad = [
            String::new(),
            GOOD[..54].to_owned(),
            format!("{GOOD}-more"),
            GOOD.to_uppercase(),
            GOOD.replacen("00", "ff", 1),
            GOOD.replace('-', "_"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)),
            format!(
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-{}",
                "x".repeat(100)
            ),
        ];
        for text in bad {
            assert!(!is_valid(&text), "{text}");
        }
    }

    #[test]
    fn a_repeated_header_is_dropped() {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT_HEADER, GOOD.parse().unwrap());
        assert_eq!(traceparent(&headers).as_deref(), Some(GOOD));
        headers.append(TRACEPARENT_HEADER, GOOD.parse().unwrap());
        assert_eq!(traceparent(&headers), None);
    }
}
