//! The candor command: dev, score, loadgen, topics, migrate.
