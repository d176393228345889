//! `/metrics`

use lyceum_kernel::ErrorKind;
use lyceum_platform::db::PoolUsage;
use lyceum_web::{Problem, Public, State, Text};
use metrics::gauge;

use super::Operations;
use super::insight::Insight;

pub(super) async fn metrics(_: Public, operations: State<Operations>, insight: Insight) -> Result<Text, Problem> {
    let telemetry = &operations.platform.config.telemetry;
    if !telemetry.metrics_enabled {
        return Err(Problem::not_found());
    }
    if !(insight.operator || telemetry.metrics_public) {
        return Err(Problem::new(
            ErrorKind::Forbidden,
            "forbidden",
            "Metrics are for the ops token or the loopback interface.",
        ));
    }
    for PoolUsage { pool, open, idle } in operations.platform.db.usage() {
        gauge!("lyceum_db_connections", "pool" => pool, "state" => "idle").set(f64::from(idle));
        gauge!("lyceum_db_connections", "pool" => pool, "state" => "used").set(f64::from(open.saturating_sub(idle)));
    }
    gauge!("lyceum_db_statements").set(statements(operations.platform.db.queries()));
    Ok(Text(operations.platform.metrics.render()))
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point; counts fit 2^53")]
const fn statements(count: u64) -> f64 {
    count as f64
}
