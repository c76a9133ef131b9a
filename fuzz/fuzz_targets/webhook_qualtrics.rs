//! A delivery of Qualtrics: the raw bytes, and the same bytes as the message of a sender that proves itself.

#![no_main]

use fuzz::percent_encoded;
use ingest_gateway::webhooks::qualtrics::{read, sign};

const KEY: &[u8] = b"a shared key";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Nobody finds a signature by chance.
    assert!(read(bytes, &[KEY]).is_err());
    let (topic, message) = bytes.split_at(bytes.len().min(40) / 2);
    let topic = if bytes.first().is_some_and(|first| first % 2 == 0) {
        b"brand.surveyengine.completedResponse.SV_1"
    } else {
        topic
    };
    let (topic, encoded) = (percent_encoded(topic), percent_encoded(message));
    let body = format!("Topic={topic}&HMAC={}&MSG={encoded}", sign(KEY, message));
    if let Ok(notice) = read(body.as_bytes(), &[KEY]) {
        fuzz::check_notice(notice);
    }
});
