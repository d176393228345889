//! `lyceum jobs retry`

use lyceum_platform::config::Config;
use lyceum_platform::jobs::outbox::{self, Parked};

use crate::system::System;

/// Puts parked jobs back in the queue.
pub(super) async fn retry(config: Config, kind: Option<String>) -> anyhow::Result<()> {
    let system = System::build(config).await?;
    let which = kind.as_deref().map_or(Parked::All, Parked::Kind);
    let now = system.platform.clock.now();
    let retried = outbox::retry_parked(&system.platform.db.write(), which, now).await?;
    super::say(format_args!("{retried} jobs are in the queue again"))?;
    system.close().await;
    Ok(())
}
