//! End-to-end tests live in `tests/`: the four services as separate processes, as an operator runs them.
