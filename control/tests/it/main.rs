//! The control topic on a real broker.
