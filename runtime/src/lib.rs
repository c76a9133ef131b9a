//! Config, telemetry, health and shutdown shared by every service.
