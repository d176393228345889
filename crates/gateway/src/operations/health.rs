//! `/health`, `/health/live`, `/health/ready`

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use lyceum_platform::health::{CheckReport, HealthReport, HealthStatus};
use lyceum_web::{Json, Problem, Public, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::Operations;
use super::insight::Insight;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "up", "version": "0.1.0", "uptime_s": 86_400,
    "checks": {
        "database": {"status": "up", "latency_ms": 0.4}, "redis": {"status": "disabled", "latency_ms": null},
        "storage": {"status": "up", "latency_ms": 0.2}, "email": {"status": "up", "latency_ms": 3.1}
    },
    "system": {
        "cpu_percent": 3.5,
        "memory": {"rss_bytes": 61_865_984, "available_bytes": 6_442_450_944_u64, "total_bytes": 8_589_934_592_u64}
    }
}))]
pub(super) struct HealthView {
    /// `up`, `degraded` (something it can do without for a while is away) or `down`.
    #[schema(example = "up")]
    status: &'static str,
    /// The program's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    /// Seconds since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_s: Option<u64>,
    /// `database`, `redis`, `storage` and `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<BTreeMap<&'static str, CheckView>>,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<SystemView>,
}

/// How one thing is that the server depends on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckView {
    /// `up`, `down`, or `disabled` where it is not in use.
    #[schema(example = "up")]
    status: &'static str,
    /// How long it took to answer, in milliseconds.
    #[schema(example = 0.4)]
    latency_ms: Option<f64>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// CPU and memory.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SystemView {
    /// CPU use of the machine, 0 to 100.
    #[schema(example = 3.5)]
    cpu_percent: f32,
    /// Memory.
    memory: MemoryView,
}

/// Memory in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit belongs into the names that clients see")]
pub(super) struct MemoryView {
    /// Resident memory of the server.
    rss_bytes: u64,
    /// Memory of the machine that can be had without swapping.
    available_bytes: u64,
    /// Memory of the machine.
    total_bytes: u64,
}

/// Whether a probe succeeds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProbeView {
    /// `up` or `down`.
    #[schema(example = "up")]
    status: &'static str,
}

pub(super) async fn health(
    _: Public,
    operations: State<Operations>,
    insight: Insight,
) -> Result<Json<HealthView>, Problem> {
    let report = operations.health.report().await;
    let config = &operations.platform.config;
    let told = insight.operator || config.telemetry.health_details_public;
    let view = if told { detailed(&operations, &report) } else { bare(report.status) };
    Ok(Json::new(view).status(code(report.can_serve())))
}

pub(super) async fn live(_: Public) -> Result<Json<ProbeView>, Problem> {
    Ok(Json::new(ProbeView { status: "up" }))
}

pub(super) async fn ready(_: Public, operations: State<Operations>) -> Result<Json<ProbeView>, Problem> {
    let ready = !operations.readiness.is_draining() && operations.health.can_serve().await;
    let status = if ready { "up" } else { "down" };
    Ok(Json::new(ProbeView { status }).status(code(ready)))
}

const fn code(serving: bool) -> StatusCode {
    if serving { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn bare(status: HealthStatus) -> HealthView {
    HealthView { status: status.as_str(), version: None, uptime_s: None, checks: None, system: None }
}

fn detailed(operations: &Operations, report: &HealthReport) -> HealthView {
    let sample = operations.platform.metrics.process().sample();
    let memory = MemoryView {
        rss_bytes: sample.rss_bytes,
        available_bytes: sample.available_bytes,
        total_bytes: sample.total_bytes,
    };
    HealthView {
        version: Some(env!("CARGO_PKG_VERSION")),
        uptime_s: Some(sample.uptime.as_secs()),
        checks: Some(report.checks.iter().map(|(name, check)| (*name, CheckView::of(check))).collect()),
        system: Some(SystemView { cpu_percent: sample.cpu_percent, memory }),
        ..bare(report.status)
    }
}

impl CheckView {
    fn of(check: &CheckReport) -> Self {
        let CheckReport { status, latency_ms, error } = check;
        Self { status: status.as_str(), latency_ms: *latency_ms, error: error.clone() }
    }
}
