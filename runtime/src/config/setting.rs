//! The types that settings have, and how their text is read.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

/// A value that must not be printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A type that a setting may have.
pub trait Setting: Sized {
    /// Whether values must not be printed.
    const SECRET: bool = false;

    /// Reads the text of a setting.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the setting's name.
    fn parse(text: &str) -> Result<Self, String>;
}

macro_rules! settings_by_from_str {
    ($($kind:ty: $expected:literal),*) => {$(
        impl Setting for $kind {
            fn parse(text: &str) -> Result<Self, String> {
                Self::from_str(text).map_err(|_| concat!("must be ", $expected).to_owned())
            }
        }
    )*};
}

settings_by_from_str!(bool: "true or false", u16: "a whole number below 65536", u32: "a whole number",
    u64: "a whole number", usize: "a whole number", f64: "a number", SocketAddr: "host:port with a numeric host");

impl Setting for String {
    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            Err("must not be blank".to_owned())
        } else {
            Ok(text.to_owned())
        }
    }
}

impl Setting for Secret {
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        String::parse(text).map(Self)
    }
}

/// A whole number of seconds (`…_SECONDS` settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub Duration);

/// A whole number of milliseconds (`…_MS` settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Millis(pub Duration);

impl Setting for Seconds {
    fn parse(text: &str) -> Result<Self, String> {
        let seconds = text
            .parse()
            .map_err(|_| "must be a whole number of seconds".to_owned())?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

impl Setting for Millis {
    fn parse(text: &str) -> Result<Self, String> {
        let millis = text
            .parse()
            .map_err(|_| "must be a whole number of milliseconds".to_owned())?;
        Ok(Self(Duration::from_millis(millis)))
    }
}
