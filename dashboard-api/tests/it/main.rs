//! The API on a real Kafka and a real PostgreSQL: one binary, so that both start once.
#![expect(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod access;
mod analysis;
mod app;
mod console;
mod details;
mod export_bounds;
mod exports;
mod facts;
mod faults;
mod findings;
mod harness;
mod http;
mod integrations;
mod keys;
mod letters;
mod live;
mod logs;
mod openapi;
mod outbox;
mod overview;
mod pages;
mod pipeline;
mod plans;
mod previews;
mod rates;
mod reports;
mod reviews;
mod rows;
mod settings;
mod status;
mod surveys;
mod timings;
mod verdict;
