//! HTTP gateway: validates batches of events and acknowledges them once Kafka has.
