//! The compact form of a batch, version 1: numbers in place of names, a quarter of the bytes.
//!
//! ```json
//! {"v":1,"t":1790000000000,"w":"w-4f1d","q":7,"e":[[0,0,12.5,640],[3,120.5,0,83],[18,300,"panel_step",{"step":3}]]}
//! ```
//!
//! | member | meaning |
//! |---|---|
//! | `v` | the version: 1 |
//! | `t` | base time, milliseconds since 1970 |
//! | `e` | the events |
//! | `w`, `q` | writer and sequence, as `writer` and `sequence` of the canonical form; both or neither |
//!
//! An event is `[type, dt, ...fields]`. `type` is the number of the event's type, `dt` its time in
//! milliseconds since **the base** (fractions and negative numbers are fine): not since the event before
//! it, so that an event can be rejected without a shift of those behind it, and accepted bytes can be
//! forwarded. The fields stand in the order of the type's [layout](LAYOUTS); one that is not given is `null`,
//! or left out at the end. A number is written as it is, a flag as `true`, `false`, 1 or 0, a word as its
//! position in the field's list, an identifier as text. `custom` (18) has a name (identifier or `null`)
//! and an object by the rules of custom events in place of a layout.
//!
//! The allow-list and the reject codes are those of the canonical form (INV-6): text stands only where
//! an identifier belongs, and is one. A type or element that this version does not know is rejected, for
//! nobody knows what it says; a newer writer falls back to the canonical form, or to an older version.
//!
//! In the log the accepted events stand in the same envelope as canonical ones, as they were sent,
//! under `"form":"compact.v1"` with the base time; [`crate::batch::BatchRecord`] reads both into the same events.

mod expand;
mod layout;
mod scan;
mod write;

pub use layout::{LAYOUTS, Layout, describe};
pub use write::write_event;

pub(crate) use expand::expand;
pub(crate) use scan::scan_compact_event;

/// The version of the form that this crate reads and writes.
pub const VERSION: u8 = 1;

/// What `form` says in the record of a compact batch.
pub const FORM: &str = "compact.v1";
