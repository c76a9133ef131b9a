//! The one place that wraps rdkafka: producer, consumer loop, ledger, dead letters.
