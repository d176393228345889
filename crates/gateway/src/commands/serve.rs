//! `lyceum serve` and `lyceum demo`

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;
use lyceum_platform::config::Config;
use lyceum_platform::db::lock_data_dir;
use lyceum_platform::telemetry;

use crate::cli::Demo;
use crate::demo;
use crate::system::{System, runtime};

/// Serves until asked to stop.
pub(super) fn run(config: Config) -> anyhow::Result<()> {
    serve(config, false)
}

/// Serves a demo school on the embedded defaults.
pub(super) fn demo(mut config: Config, options: &Demo) -> anyhow::Result<()> {
    if let Some(port) = options.port {
        config.server.port = port;
        config.server.public_url = format!("http://localhost:{port}");
    }
    serve(config, true)
}

fn serve(config: Config, seeded: bool) -> anyhow::Result<()> {
    let _logs = telemetry::init(&config.telemetry);
    for warning in config.warnings() {
        tracing::warn!(warning, "config.warning");
    }
    let _lock = config.database.is_embedded().then(|| lock_data_dir(&config.data_dir)).transpose()?;
    let address = SocketAddr::new(config.server.host, config.server.port);
    // Bound before anything else, so that a taken port is told at once and the first request waits rather than fails.
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    runtime(2).block_on(async move {
        let stop = super::StopSignals::listen()?;
        let public_url = config.server.public_url.clone();
        let system = System::build(config).await?;
        system.prepare().await?;
        if seeded {
            let seeded = demo::seed(&system).await.context("the demo school could not be made")?;
            super::say(demo::welcome(&public_url, &seeded))?;
        }
        tracing::info!(%address, %public_url, "server.listening");
        let served = system.serve(listener, stop.received()).await;
        system.close().await;
        tracing::info!("server.stopped");
        served
    })
}
