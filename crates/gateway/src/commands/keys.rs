//! `lyceum keys rotate`

use lyceum_platform::config::Config;

use crate::system::System;

/// Makes a new signing key. Tokens signed by the old one stay valid until they expire.
pub(super) async fn rotate(config: Config) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let kid = system.identity.rotate_signing_key().await?;
    super::say(format_args!("the new signing key is {kid}"))?;
    system.close().await;
    Ok(())
}
