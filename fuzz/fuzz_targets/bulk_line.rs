//! A line of a bulk upload, as it comes from a client.

#![no_main]

use schemas::batch::scan_line;

libfuzzer_sys::fuzz_target!(|text: &str| {
    check(text);
    // Among the members of a good line, so that the fuzzer need not find them first.
    check(&format!(
        "{{\"session_id\":\"x\",{text},\"complete\":true}}"
    ));
});

fn check(text: &str) {
    let Ok(line) = scan_line(text, &fuzz::LIMITS) else {
        return;
    };
    if let Some(start) = line.start {
        let start: serde_json::Value = serde_json::from_str(start).expect("a start is JSON");
        assert!(start.is_object(), "{start}");
    }
    if let Some(batch) = &line.batch {
        fuzz::check_batch(batch);
    }
}
