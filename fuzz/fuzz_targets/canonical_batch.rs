//! A request with a canonical batch, as it comes from a client.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::check_request(text));
