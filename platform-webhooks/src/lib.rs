#![doc = include_str!("../README.md")]

mod compose;
pub mod generic;
pub mod qualtrics;

pub use compose::{Body, ComposeError, Delivery, Saying, Sender};

/// Where the gateway takes webhooks; the platform's name comes after it.
pub const ROUTE: &str = "/api/v1/integrations/webhooks/";
