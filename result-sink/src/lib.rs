//! Persists verdicts and raw events to PostgreSQL, idempotently.
