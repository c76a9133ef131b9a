#![doc = include_str!("../README.md")]

pub mod augment;
mod bots;
mod dice;
mod flow;
mod kind;
mod mix;
mod mouse;
mod people;
mod session;
mod stage;
mod survey;

pub use kind::{Family, Kind, Label, UnknownKind};
pub use mix::{Mix, MixError};
pub use session::{Event, Generator, Member, Session};
