//! A request with a compact batch. What the fuzzer makes stands among good events of a good envelope, so
//! that it need not find the envelope first; and stands alone.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzz::check_request(text);
    fuzz::check_request(&format!(
        "{{\"v\":1,\"t\":1790000000000,\"e\":[[0,1,2],{text},[5,3]]}}"
    ));
});
