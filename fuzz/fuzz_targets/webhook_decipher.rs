//! A call from a Decipher survey: the bytes as query, as form and as JSON.

#![no_main]

use ingest_gateway::webhooks::decipher::{BodyForm, Parameters};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let query = std::str::from_utf8(bytes).ok();
    for parameters in [
        Parameters::read(query, (BodyForm::Form, b"status=complete")),
        Parameters::read(None, (BodyForm::Form, bytes)),
        Parameters::read(Some("status=3"), (BodyForm::Json, bytes)),
    ] {
        let notice = parameters.and_then(|parameters| parameters.into_notice(None));
        if let Ok(notice) = notice {
            fuzz::check_notice(notice);
        }
    }
});
