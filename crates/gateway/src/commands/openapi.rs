//! `lyceum openapi`

use lyceum_platform::config::Config;

use crate::system::System;

/// Prints the document that a running server serves at `/openapi.json`.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let document: serde_json::Value = serde_json::from_slice(system.web.openapi()?)?;
    super::say(format_args!("{document:#}"))?;
    system.close().await;
    Ok(())
}
