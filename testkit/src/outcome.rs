//! How this crate fails: it panics at the caller's line with a sentence and the whole chain of causes.

use std::error::Error;
use std::fmt::Write;

/// Gives up with a sentence instead of returning an error.
pub(crate) trait OrFail<T> {
    /// The value, or a panic that says what could not be done and why.
    fn or_fail(self, what: &str) -> T;
}

impl<T, E: Error> OrFail<T> for Result<T, E> {
    #[track_caller]
    fn or_fail(self, what: &str) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{what}: {}", chain(&error)),
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// A variable of the test run, `None` when unset or empty.
#[expect(
    clippy::disallowed_methods,
    reason = "names servers for the test run; no service is configured by it"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
