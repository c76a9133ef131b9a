//! Simulated respondents and bots: deterministic sessions for tests and demos.
