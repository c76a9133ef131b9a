//! The value of a record on the events topic, as anybody who may write there could have made it.

#![no_main]

use schemas::batch::BatchRecord;

libfuzzer_sys::fuzz_target!(|value: &[u8]| {
    if let Ok(record) = BatchRecord::decode(value) {
        fuzz::check_record(&record);
    }
});
