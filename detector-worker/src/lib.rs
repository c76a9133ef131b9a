//! Stateless detector: consumes events, keeps session windows, publishes verdicts.
