//! `lyceum openapi`

use anyhow::Context;
use lyceum_platform::config::Config;

use crate::system::System;

/// Prints the document that a running server serves at `/openapi.json`.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let document = system.web.openapi().to_pretty_json().context("the document cannot be written")?;
    super::say(document)?;
    system.close().await;
    Ok(())
}
