//! What operators and orchestrators watch: health and metrics.

mod health;
mod insight;
mod metrics;

use std::sync::Arc;

use lyceum_platform::Platform;
use lyceum_platform::health::Health;
use lyceum_web::{Readiness, Routes, get};

/// What the operations routes know.
#[derive(Debug)]
pub struct Operations {
    platform: Platform,
    health: Health,
    readiness: Readiness,
}

/// The routes under `/health` and `/metrics`.
pub fn routes(platform: &Platform, readiness: Readiness) -> Routes {
    let health = Health::of(&platform.config, platform.db.clone(), platform.redis.clone());
    let operations = Arc::new(Operations { platform: platform.clone(), health, readiness });
    Routes::new("operations", "Health and metrics, for operators and orchestrators.")
        .state(operations)
        .add(
            get("/health", health::health)
                .summary("How the server and what it depends on are")
                .describe(
                    "200 while the server can serve, also when something it can do without for a while is away (`degraded`); \
                     503 when it cannot. Strangers may be told the status only: details are for the ops token \
                     (`Authorization: Bearer`), the loopback interface, or everybody where the configuration says so.",
                )
                .also(503, "The server cannot serve."),
        )
        .add(
            get("/health/live", health::live)
                .summary("Whether the process is alive")
                .describe("200 as long as the process answers at all; it asks nothing it depends on."),
        )
        .add(
            get("/health/ready", health::ready)
                .summary("Whether to send requests here")
                .describe("200 while the database answers and the server is not shutting down, else 503.")
                .also(503, "Send requests elsewhere."),
        )
        .add(
            get("/metrics", metrics::metrics)
                .summary("Metrics in Prometheus' text format")
                .describe(
                    "For the ops token (`Authorization: Bearer`), the loopback interface, or everybody where the \
                     configuration says so.",
                )
                .problem("forbidden", 403, "The caller is no operator.")
                .problem("not-found", 404, "Metrics are switched off."),
        )
}
