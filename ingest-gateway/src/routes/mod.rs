//! The gateway's routes, one file each.

pub(crate) mod bulk;
pub(crate) mod complete;
pub(crate) mod events;
pub(crate) mod sessions;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

/// A session id as it stands in the path, not judged yet.
pub(crate) type SessionPath = Result<Path<String>, PathRejection>;

/// The text in the path; one that is not UTF-8 is no session's.
pub(crate) fn session_text(path: &SessionPath) -> &str {
    path.as_ref().map_or("", |Path(text)| text)
}
