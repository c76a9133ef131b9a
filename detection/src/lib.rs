//! Features, methods, rules and verdict: pure and deterministic.
