//! The report of one survey as PDF: what was seen in a period, and how to read it.
//!
//! The figures come from the roll-ups, so that a report of a year costs no more than one of a day; only the
//! reasons are counted on a bounded sample of the newest sessions.

mod canvas;
mod charts;
mod counts;
mod figures;
mod fonts;
mod layout;
mod notes;
mod pdf;
mod sections;
mod words;

pub(crate) use figures::ReportFigures;
pub use fonts::FontError;
pub(crate) use fonts::Fonts;
pub(crate) use layout::render;
