//! A delivery of a Standard Webhooks sender: the bytes as headers, and as the body of a sender that proves itself.

#![no_main]

use chrono::DateTime;
use http::{HeaderMap, HeaderValue};
use ingest_gateway::webhooks::generic::{read, sign};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const NOW: i64 = 1_790_000_000;

fn headers(values: [&[u8]; 3]) -> Option<HeaderMap> {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let mut headers = HeaderMap::new();
    for (name, value) in names.into_iter().zip(values) {
        headers.insert(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let now = DateTime::from_timestamp(NOW, 0).expect("a moment of this century");
    let third = bytes.len() / 3;
    let parts = [
        &bytes[..third],
        &bytes[third..2 * third],
        &bytes[2 * third..],
    ];
    if let Some(headers) = headers(parts) {
        assert!(read(&headers, bytes, &[SECRET], now).is_err());
    }
    let signature = sign(SECRET, "msg_1", NOW, bytes).expect("the secret is one");
    let good = headers([b"msg_1", NOW.to_string().as_bytes(), signature.as_bytes()]);
    let good = good.expect("good headers");
    if let Ok(notice) = read(&good, bytes, &[SECRET], now) {
        fuzz::check_notice(notice);
    }
});
