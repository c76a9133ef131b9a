//! The channels of behaviour. Each counts what its own tests need and judges by itself.

mod answers;
mod device;
mod focus;
mod keys;
mod network;
mod pointer;
mod scroll;
mod timing;

pub(crate) use answers::Answers;
pub(crate) use device::Device;
pub(crate) use focus::Focus;
pub(crate) use keys::Keys;
pub(crate) use network::Network;
pub(crate) use pointer::{Pointer, Surroundings};
pub(crate) use scroll::Scroll;
pub(crate) use timing::Timing;
