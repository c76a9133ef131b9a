//! The web app: files that `scripts/build-ui` makes and the build embeds, and how they are served.
//!
//! The app is one page with many addresses: each address of its pages is answered with the same `index.html`, and the
//! browser does the rest. Nothing is read from the disk, so that no path leads out of the app.

mod files;
mod negotiate;
mod serve;
#[cfg(test)]
mod tests;

pub(crate) use files::App;
pub(crate) use serve::{not_found, page, routes};
