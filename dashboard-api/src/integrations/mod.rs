//! Integrations of survey platforms: how they stand, what came of their webhooks, and a test console.

mod address;
mod console;
mod deliveries;
mod report;
mod status;

pub use address::{GatewayUrl, PublicUrl};
pub(crate) use console::{Console, TestAsk, TestEvent, Trial};
pub(crate) use deliveries::{DeliveryFilter, DeliveryPage};
pub(crate) use report::TestReport;
pub(crate) use status::{IntegrationsStatus, KeyHint};
