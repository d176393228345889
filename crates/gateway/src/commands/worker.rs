//! `lyceum worker`

use anyhow::ensure;
use lyceum_platform::config::Config;
use lyceum_platform::telemetry;

use crate::system::System;

/// Runs background jobs until asked to stop.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let _logs = telemetry::init(&config.telemetry);
    ensure!(
        !config.database.is_embedded(),
        "a worker of its own needs PostgreSQL (DATABASE_URL); on the embedded database `lyceum serve` runs the jobs"
    );
    let stop = super::StopSignals::listen()?;
    let system = System::build(config).await?;
    system.prepare().await?;
    tracing::info!("worker.started");
    system.work(stop.received()).await;
    system.close().await;
    tracing::info!("worker.stopped");
    Ok(())
}
