#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

pub mod processes;
