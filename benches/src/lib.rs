//! Measurements of the whole pipeline and its parts.
